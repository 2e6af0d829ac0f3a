import { closeSync, fdatasync, fstatSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { openDatabase, sqliteFile, type SqliteFile } from '../../src/stores/sqlite-file.ts'
import { openLog } from '../../src/stores/sqlite-log.ts'
import { applySet } from '../../src/stores/sqlite-transaction.ts'
import { sqliteWriter } from '../../src/stores/sqlite-writer.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { tempFolder } from './temp-folder.ts'

vi.mock('node:fs', { spy: true })
beforeEach(() => {
  vi.clearAllMocks()
})

describe('the log', () => {
  test('is synced for every write, and is the one that SQLite writes', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    await store.set('so1/a/b/2', 'x', { expected: null, open: true })

    const descriptors = vi.mocked(fdatasync).mock.calls.map(([descriptor]) => descriptor)
    expect(descriptors.length).toBe(2)
    for (const descriptor of descriptors) expect(fstatSync(descriptor).ino).toBe(statSync(`${path}-wal`).ino)
    await store.close?.()
  })

  test('is synced once for the writes of one turn', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    const keys = Array.from({ length: 100 }, (_, index) => `so1/a/b/${index}`)
    await Promise.all(keys.map(key => store.set(key, 'x', { expected: null, open: true })))
    expect(fdatasync).toHaveBeenCalledTimes(1)
    await store.close?.()
  })

  test('is not synced for a write that lost, or a delete of nothing', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    await store.set('so1/a/b/c', 'x', { expected: null, open: true })
    vi.mocked(fdatasync).mockClear()
    expect(await store.set('so1/a/b/c', 'x', { expected: null, open: true })).toBeUndefined()
    expect(await store.delete('so1/a/b/c', { expected: '7' })).toBe(false)
    expect(fdatasync).not.toHaveBeenCalled()
    expect(await store.delete('so1/a/b/c', { expected: '1' })).toBe(true)
    expect(fdatasync).toHaveBeenCalledTimes(1)
    await store.close?.()
  })

  test('that cannot be synced fails the write, and is opened anew for the next one', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    vi.mocked(fdatasync).mockImplementationOnce((_descriptor, done) => {
      done(new Error('EIO: i/o error, fdatasync'))
    })
    await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'failed',
      message: expect.stringContaining('could not be used: EIO: i/o error, fdatasync.'),
    })
    expect(openSync).toHaveBeenCalledTimes(1)
    expect(await store.set('so1/a/b/3', 'x', { expected: null, open: true })).toBe('3')
    expect(openSync).toHaveBeenCalledTimes(2)
    await store.close?.()
  })

  test('is not closed before its sync has ended', async () => {
    const path = join(tempFolder(), 'store.db')
    const db = openDatabase(path)
    const log = openLog(path)
    const synced = log.sync()
    log.close()
    expect(closeSync).not.toHaveBeenCalled()
    await synced
    expect(closeSync).toHaveBeenCalledTimes(1)
    db.close()
  })

  test('is closed with the store', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    await store.set('so1/a/b/c', 'x', { expected: null, open: true })
    await store.close?.()
    expect(openSync).toHaveBeenCalledTimes(1)
    expect(closeSync).toHaveBeenCalledTimes(1)
  })
})

describe('a write', () => {
  test('resolves when its log is synced, not when it is committed', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const write = disk.write('so1/a/b/c')
    await disk.commits(1)
    expect(disk.ended).toEqual([])

    disk.finishSync()
    expect(await write).toBe('1')
    disk.close()
  })

  test('that is committed during a sync waits for the next one', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const first = disk.write('so1/a/b/1')
    await disk.commits(1)
    const second = disk.write('so1/a/b/2')
    const third = disk.write('so1/a/b/3')
    await disk.commits(3)
    expect(disk.syncs).toBe(1)

    disk.finishSync()
    expect(await first).toBe('1')
    await disk.turns(20)
    expect(disk.ended).toEqual(['so1/a/b/1'])
    expect(disk.syncs).toBe(2)

    disk.finishSync()
    expect(await Promise.all([second, third])).toEqual(['2', '3'])
    disk.close()
  })

  test('that lost is not answered before those that it came after', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const winner = disk.write('so1/a/b/c')
    await disk.commits(1)
    const loser = disk.write('so1/a/b/c')
    await disk.turns(20)
    expect(disk.ended).toEqual([])
    disk.finishSync()
    expect(await winner).toBe('1')
    expect(await loser).toBeUndefined()
    disk.close()
  })

  test('is rejected when its log cannot be synced, and the next one is done', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const write = disk.write('so1/a/b/1').catch((error: unknown) => error)
    await disk.commits(1)
    disk.finishSync(new Error('EIO: i/o error, fdatasync'))
    expect(await write).toMatchObject({
      name: 'StoreError',
      kind: 'failed',
      message: expect.stringContaining('could not be used: EIO: i/o error, fdatasync.'),
    })

    const next = disk.write('so1/a/b/2')
    await disk.commits(2)
    disk.finishSync()
    expect(await next).toBe('2')
    disk.close()
  })
})

/** A file whose syncs end when the test says so. */
function slowDisk(path: string) {
  const real = sqliteFile(path)
  const waiting: ((error?: Error) => void)[] = []
  const ended: string[] = []
  const disk = { syncs: 0 }
  const sync = () =>
    new Promise<void>((resolve, reject) => {
      disk.syncs += 1
      waiting.push(error => (error ? reject(error) : resolve()))
    })
  const file: SqliteFile = { ...real, use: () => ({ ...real.use(), sync }) }
  const writer = sqliteWriter(file, Date.now, 10_000)
  real.use()
  const reader = new DatabaseSync(path, { readOnly: true })
  const rows = reader.prepare('SELECT count(*) AS count FROM records')

  return Object.assign(disk, {
    ended,
    close: () => {
      reader.close()
      file.close()
    },
    finishSync: (error?: Error) => waiting.shift()?.(error),
    write: async (key: string) => {
      const options = { expected: null, open: true }
      try {
        return await writer.write(transaction => applySet(transaction, key, 'x', options))
      } finally {
        ended.push(key)
      }
    },
    /** Until other connections see so many rows, and the sync after them has begun. */
    commits: async (count: number) => {
      for (let turn = 0; rows.get()?.['count'] !== count; turn += 1) {
        if (turn === 10_000) throw new Error(`There are still not ${count} rows after 10,000 turns.`)
        await nextTurn()
      }
      await nextTurn()
    },
    turns: async (count: number) => {
      for (let turn = 0; turn < count; turn += 1) await nextTurn()
    },
  })
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
