import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished } from 'vitest'
import type { RecordStore } from '../../src/public/store.ts'
import { sqliteFile } from '../../src/stores/sqlite/file.ts'
import { openLog } from '../../src/stores/sqlite/log.ts'
import { sqliteReader } from '../../src/stores/sqlite/reader.ts'
import { applyDelete, applySet } from '../../src/stores/sqlite/transaction.ts'
import { sqliteWriter } from '../../src/stores/sqlite/writer.ts'
import { tempFolder } from './temp-folder.ts'

/* A disk that takes its time, and one that fails. */

export const EIO = new Error('EIO: i/o error, fdatasync')
export const NOT_ON_DISK = {
  name: 'StoreError',
  kind: 'failed',
  reason: 'lost',
  message: expect.stringContaining('could not be used: EIO: i/o error, fdatasync.'),
}

export function put(store: RecordStore, key: string): Promise<string | undefined> {
  return store.set(key, 'x', { expected: null, open: true })
}

export async function collected<T>(records: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const record of records) found.push(record)
  return found
}

export type SlowDisk = ReturnType<typeof slowDisk>

/** A file whose syncs end when the test says so. */
export function slowDisk(path = join(tempFolder(), 'store.db')) {
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
  onTestFinished(() => {
    connection.close()
    file.close()
  })

  async function write(key: string) {
    try {
      return await writer.write(transaction =>
        applySet(transaction, key, 'x', { expected: null, open: true }),
      )
    } finally {
      ended.push(key)
    }
  }

  /** Until other connections see so many rows, and the sync after them has begun. */
  async function commits(count: number): Promise<void> {
    for (let turn = 0; rows.get()?.['count'] !== count; turn += 1) {
      if (turn === 10_000) throw new Error(`There are still not ${count} rows after 10,000 turns.`)
      await nextTurn()
    }
    await nextTurn()
  }

  return Object.assign(disk, {
    ended,
    reader,
    write,
    commits,
    /** The first record of all, written and synced. */
    has: async (key: string) => {
      const written = write(key)
      await commits(1)
      waiting.shift()?.()
      await written
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
