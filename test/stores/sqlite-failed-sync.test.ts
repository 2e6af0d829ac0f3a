import {
  closeSync,
  copyFileSync,
  fdatasync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RecordStore } from '../../src/public/store.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { startChild } from './child.ts'
import { collected, EIO, NOT_ON_DISK, put } from './slow-disk.ts'
import { tempFolder } from './temp-folder.ts'

vi.mock('node:fs', { spy: true })
const original = await vi.importActual<{ readonly fdatasync: typeof fdatasync }>('node:fs')
beforeEach(() => {
  vi.clearAllMocks()
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

  /** A store with a record that is on the disk, and another whose sync has failed. */
  async function withFailedSync(path = join(tempFolder(), 'store.db')): Promise<RecordStore> {
    const store = sqliteStore(path)
    await put(store, 'so1/a/b/1')
    failSyncs(1)
    await expect(put(store, 'so1/a/b/2')).rejects.toMatchObject(NOT_ON_DISK)
    return store
  }

  test('the log is written once more, byte by byte, before anything is believed again', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = await withFailedSync(path)
    vi.mocked(writeSync).mockClear()
    const before = readFileSync(`${path}-wal`)
    expect(await put(store, 'so1/a/b/3')).toBe('3')
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
    const store = await withFailedSync()
    vi.mocked(writeSync).mockImplementation(() => {
      throw EIO
    })
    onTestFinished(() => void vi.mocked(writeSync).mockReset())
    await expect(put(store, 'so1/a/b/3')).rejects.toMatchObject({
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
    await put(store, 'so1/a/b/1')
    expect((await other.get('so1/a/b/1'))?.version).toBe('1')
    failSyncs()
    await expect(put(store, 'so1/a/b/2')).rejects.toMatchObject(NOT_ON_DISK)
    for (const handle of [store, other]) {
      await expect(handle.get('so1/a/b/1')).rejects.toMatchObject(NOT_ON_DISK)
      await expect(put(handle, 'so1/a/b/9')).rejects.toMatchObject(NOT_ON_DISK)
      await expect(collected(handle.listOpen(''))).rejects.toMatchObject(NOT_ON_DISK)
    }
    vi.mocked(fdatasync).mockReset()
    expect(await put(other, 'so1/a/b/9')).toBeDefined()
    await Promise.all([store.close?.(), other.close?.()])
  })

  test('readers try again by themselves after a while', async () => {
    const store = await withFailedSync()
    await expect(store.get('so1/a/b/1')).rejects.toMatchObject(NOT_ON_DISK)
    const nowMs = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(nowMs + 1_000)
    onTestFinished(() => clock.mockRestore())
    expect((await store.get('so1/a/b/1'))?.version).toBe('1')
    await store.close?.()
  })

  test('a log that lost a page is not taken for whole, whatever the syncs say', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = await withFailedSync(path)
    const log = openSync(`${path}-wal`, 'r+')
    writeSync(log, Buffer.alloc(4_096), 0, 4_096, 2 * 4_096)
    closeSync(log)
    await expect(put(store, 'so1/a/b/3')).rejects.toMatchObject({
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
    const writes = keys.map(key => put(store, key).then(version => known.set(key, String(version))))
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
