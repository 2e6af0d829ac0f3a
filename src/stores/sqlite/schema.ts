import type { SqliteDatabase } from './database.ts'
import { isSameFile, type FileIdentity } from './identity.ts'
import { StoreError } from '../store-error.ts'

/** `so1` and a version: who made the file (`PRAGMA application_id`, "sonc") and which layout it has (`user_version`). */
const APPLICATION_ID = 0x73_6f_6e_63
const SCHEMA_VERSION = 1

/**
 * `place` is a record's place in the order in which records became open. `sequence` gives places and versions; it
 * only grows, also across deletes and processes, so that a version never repeats. The first index holds what is
 * open and nothing else, the second what can expire: what they cost does not depend on how much is settled.
 */
const SCHEMA = `
  CREATE TABLE records (
    place INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL,
    version TEXT NOT NULL,
    open INTEGER NOT NULL,
    expires_at REAL
  ) STRICT;
  CREATE INDEX open_records ON records (key) WHERE open = 1;
  CREATE INDEX expiring_records ON records (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE sequence (last INTEGER NOT NULL) STRICT;
  INSERT INTO sequence (last) VALUES (0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`

/**
 * `since`: from when on the file holds all that was written, epoch ms. `identity`: which file that is true of; a copy
 * has another one. `mark`: see rewrite.ts. A table that version 0.1.0 does not know, and leaves alone.
 */
const MEMORY = `
  CREATE TABLE IF NOT EXISTS memory (since REAL NOT NULL, identity TEXT NOT NULL, mark TEXT NOT NULL) STRICT;
`

/** Whether the file holds our tables or nothing yet; throws where it is somebody else's, or newer than this code. */
export function schemaOf(db: SqliteDatabase, path: string): 'ours' | 'none' {
  const application = pragma(db, 'application_id')
  const version = pragma(db, 'user_version')
  if (application === APPLICATION_ID && version === SCHEMA_VERSION) return 'ours'
  if (application === APPLICATION_ID) {
    throw new StoreError(
      'corrupt',
      `The SQLite store ${path} was written by a newer version of stillonce (its layout is ${String(version)}, this version knows ` +
        `${SCHEMA_VERSION}): it was left as it is. Update stillonce.`,
    )
  }
  const holdsTables = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
  if (application === 0 && version === 0 && !holdsTables) return 'none'
  throw new StoreError(
    'corrupt',
    `The file ${path} is the database of another application: it was left as it is. Give the store a path of its own.`,
  )
}

export function createSchema(db: SqliteDatabase, identity: FileIdentity, nowAt: number): void {
  db.exec(SCHEMA)
  writeMemory(db, identity, nowAt)
}

/**
 * Writes down since when the file remembers, where that is not known. A file that is another one than that which it was
 * written down in is a copy, put in its place: what was written after the copy was made is not in it, so it remembers
 * from now on. So does one that is behind the mark of how far it had come: a backup was written into it.
 */
export function keepMemory(
  db: SqliteDatabase,
  identity: FileIdentity,
  { nowAt, mark, last }: { readonly nowAt: number; readonly mark: number | undefined; readonly last: number },
): void {
  const found = memoryOf(db)
  const isBehind = mark !== undefined && last < mark
  if (!isBehind && found !== undefined && isSameFile(JSON.parse(found.identity) as FileIdentity, identity))
    return
  inTransaction(db, 'BEGIN IMMEDIATE', () => {
    // A file of version 0.1.0 says nothing of itself: it is as old as the system says.
    const bornAt = memoryOf(db) === undefined ? identity.bornAt : undefined
    writeMemory(db, identity, Math.min(bornAt ?? nowAt, nowAt))
  })
}

function writeMemory(db: SqliteDatabase, identity: FileIdentity, since: number): void {
  db.exec(MEMORY)
  db.exec('DELETE FROM memory')
  db.prepare("INSERT INTO memory (since, identity, mark) VALUES (?, ?, '')").run(
    since,
    JSON.stringify(identity),
  )
}

type MemoryRow = { readonly since: number; readonly identity: string }

function memoryOf(db: SqliteDatabase): MemoryRow | undefined {
  const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'memory'").get() !== undefined
  return isThere
    ? (db.prepare('SELECT since, identity FROM memory').get() as MemoryRow | undefined)
    : undefined
}

/** Runs the work in one transaction; what it throws undoes it. */
export function inTransaction<T>(db: SqliteDatabase, begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
  db.exec(begin)
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** The one number that a pragma gives. */
function pragma(db: SqliteDatabase, name: 'application_id' | 'user_version'): unknown {
  return db.prepare(`PRAGMA ${name}`).get()?.[name]
}
