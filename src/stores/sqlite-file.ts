import { DatabaseSync } from 'node:sqlite'
import { refuseReadOnly, statsOf } from './sqlite-errors.ts'
import { canSyncLog, openLog } from './sqlite-log.ts'
import { createSchema, schemaOf } from './sqlite-schema.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'
import { closedError, StoreError } from './store-error.ts'

export type SqliteFile = {
  readonly path: string
  /** Opens the file where it is not open. Throws what SQLite throws, also where the lock is not free. */
  readonly use: () => OpenFile
  /** What is in the write-ahead log goes to the database now, as far as nobody is in the way. */
  readonly checkpoint: () => void
  /** After an error: what was not committed is undone, and the next use opens the file anew. */
  readonly reopenLater: () => void
  /** For good. What is in the write-ahead log goes to the database, where nobody else is in the way. */
  readonly close: () => void
}

export type OpenFile = {
  readonly statements: Statements
  readonly isInTransaction: () => boolean
  /** Throws where the path leads to another file by now: what is written here would be read by nobody. */
  readonly checkStillThere: () => void
  /** Resolves when what was committed is on the disk. */
  readonly sync: () => Promise<void>
  readonly checkpoint: () => void
  readonly close: () => void
}

/** A file that is opened at its first use. */
export function sqliteFile(path: string): SqliteFile {
  let opened: OpenFile | undefined
  let isClosed = false

  function reopenLater(): void {
    const last = opened
    opened = undefined
    last?.close()
  }

  return {
    path,
    use: () => {
      if (opened) return opened
      if (isClosed) throw closedError(`SQLite store ${path}`)
      opened = openFile(path)
      return opened
    },
    checkpoint: () => opened?.checkpoint(),
    reopenLater,
    close: () => {
      isClosed = true
      reopenLater()
    },
  }
}

function openFile(path: string): OpenFile {
  const db = openDatabase(path)
  try {
    const statements = prepareStatements(db)
    const log = openLog(path)
    const identity = identityOf(path)
    return {
      statements,
      sync: log.sync,
      isInTransaction: () => db.isTransaction,
      checkStillThere: () => {
        if (identityOf(path) === identity) return
        throw new StoreError('failed', `The SQLite store ${path} was moved or removed while it was in use.`)
      },
      checkpoint: () => db.exec('PRAGMA wal_checkpoint(PASSIVE)'),
      close: () => {
        log.close()
        closeDatabase(db)
      },
    }
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}

/** Opens or creates the database; nothing is written to a file that is not ours. Throws what SQLite throws. */
export function openDatabase(path: string): DatabaseSync {
  refuseReadOnly(path)
  // timeout 0: SQLite must not wait, see sqlite-patience.ts.
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    const found = inTransaction(db, 'BEGIN', () => schemaOf(db, path))
    makeDurable(db, path)
    // Looked at again, under the write lock: another process may have been faster.
    if (found === 'none') {
      inTransaction(db, 'BEGIN IMMEDIATE', () => {
        if (schemaOf(db, path) === 'none') createSchema(db)
      })
    }
    // Checkpoints are for sqlite-checkpoints.ts.
    db.exec(`PRAGMA synchronous = ${canSyncLog() ? 'NORMAL' : 'FULL'}; PRAGMA wal_autocheckpoint = 0`)
    return db
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}

function closeDatabase(db: DatabaseSync): void {
  try {
    db.close()
  } catch {
    // Nothing depends on it: what is committed is in the log.
  }
}

/**
 * A log that is synced at every commit (https://sqlite.org/pragma.html, synchronous = FULL) stops the event loop for
 * as long as the disk takes, with the lock held. So what opens the file is committed in that way, and from then on the
 * same sync is done by sqlite-log.ts, after the commit and before any write is acknowledged. NORMAL leaves the syncs
 * around a checkpoint to SQLite; fullfsync is for macOS, and nothing elsewhere.
 */
function makeDurable(db: DatabaseSync, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
  if (mode !== 'wal') {
    throw new StoreError(
      'failed',
      `The SQLite store ${path} cannot have a write-ahead log (its journal mode stays ${String(mode)}): put it on a local disk.`,
    )
  }
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
}

function inTransaction<T>(db: DatabaseSync, begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
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

/** Device and number of the file, as text; they are beyond 2^53 on some systems. */
function identityOf(path: string): string {
  const stats = statsOf(path)
  return stats ? `${stats.dev} ${stats.ino}` : 'none'
}
