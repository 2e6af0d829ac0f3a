import { DatabaseSync } from 'node:sqlite'
import type { StoredState } from './checker.ts'

/** Read beside the store, by a connection of its own that leaves the log as it is. */
export function storedState(path: string, id: string): StoredState {
  return withFile(path, db => {
    const row = db.prepare(`SELECT value FROM records WHERE value LIKE '%"id":"' || ? || '"%'`).get(id)
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as StoredState)
  })
}

export function integrityOf(path: string): unknown {
  return withFile(path, db => db.prepare('PRAGMA integrity_check').get()?.['integrity_check'])
}

function withFile<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 })
  try {
    return work(db)
  } finally {
    db.close()
  }
}
