import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { RecordStore } from '../../src/entries/index.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { openClient, orders, told } from './clients.ts'
import { startServer } from './server.ts'

/** A sqlite store that does not wait long for others. It is closed with the test. */
export function storeAt(path: string, busyTimeout = 100): RecordStore {
  const store = sqliteStore(path, { busyTimeout })
  onTestFinished(() => store.close?.())
  return store
}

/** A file that holds the record of an operation whose answer was lost. */
export async function fileWithOpenRecord(): Promise<string> {
  const path = join(tempFolder(), 'store.db')
  const server = await startServer([({ reset }) => reset()])
  const store = sqliteStore(path)
  await told(orders(openClient('fetch', server.origin, { store, retry: { attempts: 1 } })))
  await store.close?.()
  return path
}

export function withDatabase<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path)
  try {
    return work(db)
  } finally {
    db.close()
  }
}

/** Takes the write lock of a file, until the function that it gives is called. */
export function lock(path: string): () => void {
  const db = new DatabaseSync(path)
  db.exec('BEGIN IMMEDIATE')
  const unlock = () => {
    if (!db.isOpen) return
    db.exec('ROLLBACK')
    db.close()
  }
  onTestFinished(unlock)
  return unlock
}

/** The records of a file, read beside the store. */
export function recordsIn(path: string): StoredRecord[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = db.prepare('SELECT value FROM records').all()
    return rows.map(({ value }) => JSON.parse(String(value)) as StoredRecord)
  } finally {
    db.close()
  }
}

type StoredRecord = { readonly key: string; readonly attempts: number }
