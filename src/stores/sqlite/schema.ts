import type { SqliteDatabase } from './database.ts'
import { isSameFile, type FileIdentity } from './identity.ts'
import { StoreError } from '../store-error.ts'

/** The program that made the file (`PRAGMA application_id`, "sonc"), and the layout of its tables (`user_version`). */
const APPLICATION_ID = 0x73_6f_6e_63
const SCHEMA_VERSION = 1

/**
 * `place` orders records by when they became open. `sequence` supplies places and versions. The sequence only grows,
 * also across deletes and processes, so no version ever repeats. The first index holds only open records and the
 * second only records that can expire, so their cost does not depend on the number of settled records.
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
 * `since`: the file holds everything written from this time on, epoch ms. `identity`: the file for which that is
 * true; a copy has another identity. `mark`: see rewrite.ts. Version 0.1.0 does not know this table and leaves it
 * alone.
 */
const MEMORY = `
  CREATE TABLE IF NOT EXISTS memory (since REAL NOT NULL, identity TEXT NOT NULL, mark TEXT NOT NULL) STRICT;
`

/** Whether the file holds our tables or is empty. Throws if another application or a newer version made the file. */
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
 * Writes down since when the file holds everything, unless that is known. A file whose identity is not the one it was
 * written down for is a copy that replaced the original: it lacks what was written after the copy was made, so it
 * counts from now on. The same goes for a file whose sequence is behind the mark: a backup was written into it.
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
    // A file of version 0.1.0 holds no such time, so it counts from the file's time of birth.
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

/** Runs the work in one transaction, which is undone if the work throws. */
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

/** The single number that a pragma returns. */
function pragma(db: SqliteDatabase, name: 'application_id' | 'user_version'): unknown {
  return db.prepare(`PRAGMA ${name}`).get()?.[name]
}
