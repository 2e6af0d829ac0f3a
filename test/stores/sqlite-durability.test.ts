import {
  closeSync,
  copyFileSync,
  fdatasync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openDatabase, sqliteFile } from '../../src/stores/sqlite-file.ts'
import { openLog } from '../../src/stores/sqlite-log.ts'
import { applyDelete, applySet } from '../../src/stores/sqlite-transaction.ts'
import { sqliteReader } from '../../src/stores/sqlite-reader.ts'
import { sqliteWriter } from '../../src/stores/sqlite-writer.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { startChild } from './child.ts'
import { tempFolder } from './temp-folder.ts'

vi.mock('node:fs', { spy: true })
const original = await vi.importActual<{ readonly fdatasync: typeof fdatasync }>('node:fs')
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

  test('is not closed before its sync has ended', async () => {
    const path = join(tempFolder(), 'store.db')
    const db = openDatabase(path)
    const log = openLog(path)
    vi.mocked(closeSync).mockClear()
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
    expect(closeSync).toHaveBeenCalledTimes(vi.mocked(openSync).mock.calls.length)
  })

  test('is the one beside the file that a symbolic link leads to', async () => {
    const folder = tempFolder()
    const path = join(folder, 'store.db')
    mkdirSync(join(folder, 'links'))
    symlinkSync(path, join(folder, 'links', 'link.db'))
    // A log of another time, beside the link.
    writeFileSync(join(folder, 'links', 'link.db-wal'), '')
    const store = sqliteStore(join(folder, 'links', 'link.db'))
    await store.set('so1/a/b/c', 'x', { expected: null, open: true })
    const [descriptor = -1] = vi.mocked(fdatasync).mock.calls[0] ?? []
    expect(fstatSync(descriptor).ino).toBe(statSync(`${path}-wal`).ino)
    await store.close?.()
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

  test('waits for the sync also where another that waits with it wrote nothing', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const first = disk.write('so1/a/b/1')
    await disk.commits(1)
    // Both are committed while the first is synced, in transactions of their own.
    const second = disk.write('so1/a/b/2')
    await disk.commits(2)
    const loser = disk.write('so1/a/b/1')
    await disk.turns(20)
    disk.finishSync()
    await first
    await disk.turns(20)
    expect([disk.ended, disk.syncs]).toEqual([['so1/a/b/1'], 2])
    disk.finishSync()
    expect([await second, await loser]).toEqual(['2', undefined])
    disk.close()
  })

  test('that removed something waits for the sync, whatever waits with it', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const first = disk.write('so1/a/b/1')
    await disk.commits(1)
    const loser = disk.write('so1/a/b/1')
    await disk.turns(20)
    const removed = disk.remove('so1/a/b/1', '1')
    await disk.commits(0)
    disk.finishSync()
    expect(await first).toBe('1')
    await disk.turns(20)
    expect([disk.ended, disk.syncs]).toEqual([['so1/a/b/1'], 2])
    disk.finishSync()
    expect([await removed, await loser]).toEqual([true, undefined])
    disk.close()
  })

  test('is rejected with all that waited with it when the log cannot be synced', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const write = disk.write('so1/a/b/1').catch((error: unknown) => error)
    await disk.commits(1)
    const behind = disk.write('so1/a/b/2').catch((error: unknown) => error)
    disk.finishSync(EIO)
    expect(await write).toMatchObject(NOT_ON_DISK)
    // It was not committed on top of what is not there: the log is written anew first, and synced.
    await disk.syncsBegun(2)
    disk.finishSync()
    await disk.syncsBegun(3)
    disk.finishSync()
    expect(await behind).toBe('2')
    disk.close()
  })
})

describe('a read', () => {
  test('gives what is on the disk at once', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const write = disk.write('so1/a/b/1')
    await disk.commits(1)
    disk.finishSync()
    await write
    void disk.write('so1/a/b/2').catch(() => {})
    await disk.commits(2)
    expect((await disk.reader.get('so1/a/b/1'))?.version).toBe('1')
    expect(await disk.reader.get('so1/a/b/none')).toBeUndefined()
    disk.close()
  })

  test.each([
    ['get', async (disk: SlowDisk) => [await disk.reader.get('so1/a/b/1')]],
    ['listOpen', async (disk: SlowDisk) => collected(disk.reader.listOpen('so1/'))],
  ])('of what is only committed waits for the disk: %s', async (_name, read) => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    void disk.write('so1/a/b/1')
    await disk.commits(1)
    let isRead = false
    const reading = read(disk).finally(() => {
      isRead = true
    })
    await disk.turns(20)
    expect([isRead, disk.syncs]).toEqual([false, 1])
    disk.finishSync()
    expect(await reading).toMatchObject([{ version: '1' }])
    expect(disk.syncs).toBe(1)
    disk.close()
  })

  test('of what another handle committed after a sync began waits for a sync of its own', async () => {
    const path = join(tempFolder(), 'store.db')
    const disk = slowDisk(path)
    void disk.write('so1/a/b/1')
    await disk.commits(1)
    beside(path, "UPDATE sequence SET last = 2; INSERT INTO records VALUES (2, 'so1/x', 'x', '2', 1, NULL)")
    const reading = disk.reader.get('so1/x')
    disk.finishSync()
    await disk.syncsBegun(2)
    disk.finishSync()
    expect((await reading)?.version).toBe('2')
    disk.close()
  })

  test('after a failed sync believes nothing: not what was there before, and not what was written', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const first = disk.write('so1/a/b/1')
    await disk.commits(1)
    disk.finishSync()
    await first
    const second = disk.write('so1/a/b/2').catch((error: unknown) => error)
    await disk.commits(2)
    disk.finishSync(EIO)
    expect(await second).toMatchObject(NOT_ON_DISK)
    for (const key of ['so1/a/b/1', 'so1/a/b/2', 'so1/a/b/none'])
      await expect(disk.reader.get(key)).rejects.toMatchObject(NOT_ON_DISK)
    await expect(collected(disk.reader.listOpen('so1/'))).rejects.toMatchObject(NOT_ON_DISK)
    disk.close()
  })

  test('that waits is rejected with the sync that it waited for', async () => {
    const disk = slowDisk(join(tempFolder(), 'store.db'))
    const write = disk.write('so1/a/b/1').catch((error: unknown) => error)
    await disk.commits(1)
    const reading = disk.reader.get('so1/a/b/1').catch((error: unknown) => error)
    await disk.turns(2)
    disk.finishSync(EIO)
    expect([await write, await reading]).toMatchObject([NOT_ON_DISK, NOT_ON_DISK])
    disk.close()
  })
})

describe('after a failed sync', () => {
  /** Syncs fail from now on, or only the next so many. */
  function failSyncs(count = Infinity): void {
    let left = count
    const { fdatasync: real } = original
    vi.mocked(fdatasync).mockImplementation((descriptor, done) => {
      left -= 1
      if (left >= 0) setImmediate(done, EIO)
      else real(descriptor, done)
    })
  }
  afterEach(() => {
    vi.mocked(fdatasync).mockReset()
  })

  test('the log is written once more, byte by byte, before anything is believed again', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    failSyncs(1)
    await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject(
      NOT_ON_DISK,
    )
    vi.mocked(writeSync).mockClear()
    const before = readFileSync(`${path}-wal`)
    expect(await store.set('so1/a/b/3', 'x', { expected: null, open: true })).toBe('3')
    const [, bytes, , , position] = vi.mocked(writeSync).mock.calls[0] as unknown[]
    expect(position).toBe(0)
    expect(
      Buffer.from(bytes as Uint8Array)
        .subarray(0, before.length)
        .equals(before),
    ).toBe(true)
    // What was refused is on the disk by now, and what reads it may rely on it.
    expect((await store.get('so1/a/b/2'))?.version).toBe('2')
    await store.close?.()
  })

  test('a sync that ends well proves nothing by itself', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    failSyncs(1)
    await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject(
      NOT_ON_DISK,
    )
    vi.mocked(writeSync).mockImplementation(() => {
      throw EIO
    })
    onTestFinished(() => void vi.mocked(writeSync).mockReset())
    await expect(store.set('so1/a/b/3', 'x', { expected: null, open: true })).rejects.toMatchObject({
      kind: 'failed',
    })
    await expect(store.get('so1/a/b/1')).rejects.toMatchObject({ kind: 'failed' })
    await store.close?.()
  })

  test('as long as syncs fail nothing is written, read or listed, by no handle of the process', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    const link = join(tempFolder(), 'link.db')
    symlinkSync(path, link)
    const other = sqliteStore(link)
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    expect((await other.get('so1/a/b/1'))?.version).toBe('1')
    failSyncs()
    await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject(
      NOT_ON_DISK,
    )
    for (const handle of [store, other]) {
      await expect(handle.get('so1/a/b/1')).rejects.toMatchObject(NOT_ON_DISK)
      await expect(handle.set('so1/a/b/9', 'x', { expected: null, open: true })).rejects.toMatchObject(
        NOT_ON_DISK,
      )
      await expect(collected(handle.listOpen(''))).rejects.toMatchObject(NOT_ON_DISK)
    }
    vi.mocked(fdatasync).mockReset()
    expect(await other.set('so1/a/b/9', 'x', { expected: null, open: true })).toBeDefined()
    await Promise.all([store.close?.(), other.close?.()])
  })

  test('readers try again by themselves after a while', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    failSyncs(1)
    await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject(
      NOT_ON_DISK,
    )
    await expect(store.get('so1/a/b/1')).rejects.toMatchObject(NOT_ON_DISK)
    const nowMs = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(nowMs + 1_000)
    onTestFinished(() => clock.mockRestore())
    expect((await store.get('so1/a/b/1'))?.version).toBe('1')
    await store.close?.()
  })

  test('a log that lost a page is not taken for whole, whatever the syncs say', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.set('so1/a/b/1', 'x', { expected: null, open: true })
    failSyncs(1)
    await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject(
      NOT_ON_DISK,
    )
    const log = openSync(`${path}-wal`, 'r+')
    writeSync(log, Buffer.alloc(4_096), 0, 4_096, 2 * 4_096)
    closeSync(log)
    await expect(store.set('so1/a/b/3', 'x', { expected: null, open: true })).rejects.toMatchObject({
      kind: 'failed',
      reason: 'lost',
      message: expect.stringContaining('has lost a part of its log'),
    })
    await expect(store.get('so1/a/b/1')).rejects.toMatchObject({ kind: 'failed' })
  })
})

test('a log that others left is written once more before anything of it is believed', async () => {
  const path = join(tempFolder(), 'store.db')
  const writer = startChild('writer', path, 'dies')
  await writer.next()
  writer.process.kill('SIGKILL')
  await writer.ended
  vi.clearAllMocks()
  const store = sqliteStore(path)
  expect((await store.get('so1/kill/order/dies-0-0'))?.value).toBe('value of so1/kill/order/dies-0-0')
  expect(vi.mocked(writeSync).mock.calls.length).toBeGreaterThan(0)
  expect(fdatasync).toHaveBeenCalledTimes(1)
  await store.close?.()
})

test('after a loss of power all is there that was acknowledged, read or listed', async () => {
  const folder = tempFolder()
  const path = join(folder, 'store.db')
  const durable = join(folder, 'after.db')
  // What the disk has: a copy of each file, at each sync.
  const { fdatasync: real } = original
  vi.mocked(fdatasync).mockImplementation((descriptor, done) => {
    const log = readFileSync(`${path}-wal`)
    real(descriptor, error => {
      copyFileSync(path, durable)
      writeFileSync(`${durable}-wal`, log)
      done(error)
    })
  })
  onTestFinished(() => void vi.mocked(fdatasync).mockReset())
  const store = sqliteStore(path)
  const other = sqliteStore(path)
  const known = new Map<string, string>()
  for (let round = 0; round < 5; round += 1) {
    const keys = [0, 1, 2].map(index => `so1/power/b/${round}-${index}`)
    const writes = keys.map(key =>
      store.set(key, 'x', { expected: null, open: true }).then(version => known.set(key, String(version))),
    )
    await Promise.race(writes)
    for (const key of keys) {
      const found = await other.get(key)
      if (found !== undefined) known.set(key, found.version)
    }
  }
  const after = sqliteStore(durable)
  for (const [key, version] of known) expect((await after.get(key))?.version).toBe(version)
  expect(known.size).toBe(15)
  await Promise.all([store.close?.(), other.close?.(), after.close?.()])
})

const EIO = new Error('EIO: i/o error, fdatasync')
const NOT_ON_DISK = {
  name: 'StoreError',
  kind: 'failed',
  reason: 'lost',
  message: expect.stringContaining('could not be used: EIO: i/o error, fdatasync.'),
}

async function collected<T>(records: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const record of records) found.push(record)
  return found
}

type SlowDisk = ReturnType<typeof slowDisk>

/** By another connection, which is closed again. */
function beside(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

/** A file whose syncs end when the test says so. */
function slowDisk(path: string) {
  const openSlowLog = (realPath: string) => ({ ...openLog(realPath), sync })
  const waiting: ((error?: Error) => void)[] = []
  const ended: string[] = []
  const disk = { syncs: 0 }
  const sync = () =>
    new Promise<void>((resolve, reject) => {
      disk.syncs += 1
      waiting.push(error => (error ? reject(error) : resolve()))
    })
  const file = sqliteFile(path, { now: Date.now, busyTimeoutMs: 10_000, openLog: openSlowLog })
  const writer = sqliteWriter(file, Date.now, 10_000)
  file.use()
  const reader = sqliteReader(file, Date.now, 10_000)
  const connection = new DatabaseSync(path, { readOnly: true })
  const rows = connection.prepare('SELECT count(*) AS count FROM records')

  return Object.assign(disk, {
    ended,
    reader,
    close: () => {
      connection.close()
      file.close()
    },
    syncsBegun: async (count: number) => {
      for (let turn = 0; disk.syncs < count; turn += 1) {
        if (turn === 10_000) throw new Error(`There were still not ${count} syncs after 10,000 turns.`)
        await nextTurn()
      }
    },
    remove: async (key: string, expected: string) => {
      try {
        return await writer.write(transaction => applyDelete(transaction, key, expected))
      } finally {
        ended.push(`removed ${key}`)
      }
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
