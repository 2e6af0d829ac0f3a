import {
  closeSync,
  fdatasync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { openDatabase } from '../../src/stores/sqlite/file.ts'
import { openLog } from '../../src/stores/sqlite/log.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import type { SlowDisk } from './slow-disk.ts'
import { collected, EIO, NOT_ON_DISK, put, slowDisk } from './slow-disk.ts'
import { tempFolder } from './temp-folder.ts'

vi.mock('node:fs', { spy: true })
beforeEach(() => {
  vi.clearAllMocks()
})

describe('the log', () => {
  test('is synced for every write, and is the one that SQLite writes', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await put(store, 'so1/a/b/1')
    await put(store, 'so1/a/b/2')

    const descriptors = vi.mocked(fdatasync).mock.calls.map(([descriptor]) => descriptor)
    expect(descriptors.length).toBe(2)
    for (const descriptor of descriptors) expect(fstatSync(descriptor).ino).toBe(statSync(`${path}-wal`).ino)
    await store.close?.()
  })

  test('is synced once for the writes of one turn', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    const keys = Array.from({ length: 100 }, (_, index) => `so1/a/b/${index}`)
    await Promise.all(keys.map(key => put(store, key)))
    expect(fdatasync).toHaveBeenCalledTimes(1)
    await store.close?.()
  })

  test('is not synced for a write that lost, or a delete of nothing', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    await put(store, 'so1/a/b/c')
    vi.mocked(fdatasync).mockClear()
    expect(await put(store, 'so1/a/b/c')).toBeUndefined()
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
    await put(store, 'so1/a/b/c')
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
    await put(store, 'so1/a/b/c')
    const [descriptor = -1] = vi.mocked(fdatasync).mock.calls[0] ?? []
    expect(fstatSync(descriptor).ino).toBe(statSync(`${path}-wal`).ino)
    await store.close?.()
  })
})

describe('a write', () => {
  test('resolves when its log is synced, not when it is committed', async () => {
    const disk = slowDisk()
    const write = disk.write('so1/a/b/c')
    await disk.commits(1)
    expect(disk.ended).toEqual([])

    disk.finishSync()
    expect(await write).toBe('1')
  })

  test('that is committed during a sync waits for the next one', async () => {
    const disk = slowDisk()
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
  })

  test('that lost is not answered before those that it came after', async () => {
    const disk = slowDisk()
    const winner = disk.write('so1/a/b/c')
    await disk.commits(1)
    const loser = disk.write('so1/a/b/c')
    await disk.turns(20)
    expect(disk.ended).toEqual([])
    disk.finishSync()
    expect(await winner).toBe('1')
    expect(await loser).toBeUndefined()
  })

  test('waits for the sync also where another that waits with it wrote nothing', async () => {
    const disk = slowDisk()
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
  })

  test('that removed something waits for the sync, whatever waits with it', async () => {
    const disk = slowDisk()
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
  })

  test('is rejected with all that waited with it when the log cannot be synced', async () => {
    const disk = slowDisk()
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
  })
})

describe('a read', () => {
  test('gives what is on the disk at once', async () => {
    const disk = slowDisk()
    await disk.has('so1/a/b/1')
    void disk.write('so1/a/b/2').catch(() => {})
    await disk.commits(2)
    expect((await disk.reader.get('so1/a/b/1'))?.version).toBe('1')
    expect(await disk.reader.get('so1/a/b/none')).toBeUndefined()
  })

  test.each([
    ['get', async (disk: SlowDisk) => [await disk.reader.get('so1/a/b/1')]],
    ['listOpen', async (disk: SlowDisk) => collected(disk.reader.listOpen('so1/'))],
  ])('of what is only committed waits for the disk: %s', async (_name, read) => {
    const disk = slowDisk()
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
  })

  test('after a failed sync believes nothing: not what was there before, and not what was written', async () => {
    const disk = slowDisk()
    await disk.has('so1/a/b/1')
    const second = disk.write('so1/a/b/2').catch((error: unknown) => error)
    await disk.commits(2)
    disk.finishSync(EIO)
    expect(await second).toMatchObject(NOT_ON_DISK)
    for (const key of ['so1/a/b/1', 'so1/a/b/2', 'so1/a/b/none'])
      await expect(disk.reader.get(key)).rejects.toMatchObject(NOT_ON_DISK)
    await expect(collected(disk.reader.listOpen('so1/'))).rejects.toMatchObject(NOT_ON_DISK)
  })

  test('that waits is rejected with the sync that it waited for', async () => {
    const disk = slowDisk()
    const write = disk.write('so1/a/b/1').catch((error: unknown) => error)
    await disk.commits(1)
    const reading = disk.reader.get('so1/a/b/1').catch((error: unknown) => error)
    await disk.turns(2)
    disk.finishSync(EIO)
    expect([await write, await reading]).toMatchObject([NOT_ON_DISK, NOT_ON_DISK])
  })
})

/** By another connection, which is closed again. */
function beside(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}
