import { DatabaseSync } from 'node:sqlite'
import { refuseReadOnly, statsOf } from './sqlite-errors.ts'
import { createSchema, schemaOf } from './sqlite-schema.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'
import { closedError, StoreError } from './store-error.ts'

export type SqliteFile = {
  readonly path: string
  /** The statements of the open file. Opens it where it is not open; throws what SQLite throws, also when it is busy. */
  readonly use: () => Statements
  /** Whether a transaction is under way. */
  readonly inTransaction: () => boolean
  /** Throws where the path leads to another file by now: what is written here would be read by nobody. */
  readonly checkStillThere: () => void
  /** After an error: what was not committed is undone, and the next use opens the file anew. */
  readonly reopenLater: () => void
  /** For good. What is in the write-ahead log goes to the database, where nobody else is in the way. */
  readonly close: () => void
}

/** A file that is opened at its first use. */
export function sqliteFile(path: string): SqliteFile {
  let opened:
    | { readonly db: DatabaseSync; readonly statements: Statements; readonly identity: string }
    | undefined
  let closed = false

  function reopenLater(): void {
    const db = opened?.db
    opened = undefined
    try {
      db?.close()
    } catch {
      // Nothing depends on it: what is committed is in the log.
    }
  }

  return {
    path,
    use: () => {
      if (opened) return opened.statements
      if (closed) throw closedError(`SQLite store ${path}`)
      const db = openDatabase(path)
      try {
        opened = { db, statements: prepareStatements(db), identity: identityOf(path) }
      } catch (error) {
        db.close()
        throw error
      }
      return opened.statements
    },
    inTransaction: () => opened?.db.isTransaction === true,
    checkStillThere: () => {
      if (opened && identityOf(path) !== opened.identity) {
        throw new StoreError('failed', `The SQLite store ${path} was moved or removed while it was in use.`)
      }
    },
    reopenLater,
    close: () => {
      closed = true
      reopenLater()
    },
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
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * A commit returns when its bytes are on the disk. In WAL mode only FULL says so (https://sqlite.org/pragma.html,
 * synchronous); on macOS only F_FULLFSYNC does (fullfsync, which is nothing elsewhere).
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
