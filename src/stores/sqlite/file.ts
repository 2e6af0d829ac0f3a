import type { SqliteDatabase } from './database.ts'
import { databaseOpener } from './database-opener.ts'
import { durability, type Durability } from './durability.ts'
import { refuseReadOnly } from './errors.ts'
import { createForOwner, identityOf, placeOf } from './identity.ts'
import { canSyncLog, openLog, type Log } from './log.ts'
import { rewriteLog } from './rewrite.ts'
import { createSchema, inTransaction, keepMemory, schemaOf } from './schema.ts'
import { growingSequence, sequenceOf } from './sequence.ts'
import { prepareStatements, type Statements } from './statements.ts'
import { readTidemark, resetTidemark, tidemark } from './tidemark.ts'
import { closedError, StoreError } from '../store-error.ts'

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
  /** Throws where it is not there, or less than it was. */
  readonly lastOfSequence: () => number
  readonly isInTransaction: () => boolean
  /** Throws where the path leads to another file by now: what is written here would be read by nobody. */
  readonly checkStillThere: () => void
  /** What of it is on the disk. */
  readonly durable: Durability
  /** What has this number is on the disk, and is about to be acknowledged: see tidemark.ts. */
  readonly cameTo: (last: number) => void
  /** Undoes the transaction that is under way, if there is one; whether it could. */
  readonly undo: () => boolean
  readonly checkpoint: () => void
  readonly close: () => void
}

/** What a file is opened with. */
export type FileOptions = {
  readonly now: () => number
  readonly busyTimeoutMs: number
  readonly openLog?: (path: string) => Log
}

/** A file that is opened at its first use. */
export function sqliteFile(path: string, options: FileOptions): SqliteFile {
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
      opened = openFile(path, options)
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

function openFile(path: string, options: FileOptions): OpenFile {
  const { db, isNew } = openOrCreate(path, options.now)
  try {
    const statements = prepareStatements(db)
    // As SQLite has it, without symbolic links.
    const realPath = db.location() ?? path
    const log = (options.openLog ?? openLog)(realPath)
    const place = placeOf(path)
    const mark = tidemark(realPath)
    const lastOfSequence = growingSequence(statements, path)
    const last = lastOfSequence()
    mark.cameTo(last)
    // What is in the database and not in the log was synced when it was put there.
    const isOfOthers = !isNew && log.size() > 0
    const reached = isNew ? 0 : last
    const durable = durability(
      {
        path,
        identity: realPath,
        sync: canSyncLog() ? log.sync : async () => syncByCommit(db, statements),
        rewrite: () => rewriteLog(db, { statements, lastOfSequence }, log, path),
        busyTimeoutMs: options.busyTimeoutMs,
      },
      isOfOthers ? undefined : reached,
    )
    return {
      statements,
      lastOfSequence,
      durable,
      cameTo: mark.cameTo,
      undo: () => undo(db),
      isInTransaction: () => db.isTransaction,
      checkStillThere: () => {
        if (placeOf(path) === place && log.isThere()) return
        throw new StoreError('failed', `The SQLite store ${path} was moved or removed while it was in use.`, {
          reason: 'lost',
        })
      },
      checkpoint: () => db.exec('PRAGMA wal_checkpoint(PASSIVE)'),
      close: () => {
        mark.close()
        durable.close()
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
export function openDatabase(path: string): SqliteDatabase {
  return openOrCreate(path, Date.now).db
}

function openOrCreate(
  path: string,
  now: () => number,
): { readonly db: SqliteDatabase; readonly isNew: boolean } {
  refuseReadOnly(path)
  createForOwner(path)
  const db = databaseOpener()(path)
  try {
    const found = inTransaction(db, 'BEGIN', () => schemaOf(db, path))
    makeDurable(db, path)
    // Looked at again, under the write lock: another process may have been faster.
    const isNew =
      found === 'none' &&
      inTransaction(db, 'BEGIN IMMEDIATE', () => {
        if (schemaOf(db, path) !== 'none') return false
        createSchema(db, identityOf(path), now())
        return true
      })
    if (!isNew) {
      const realPath = db.location() ?? path
      const mark = readTidemark(realPath)
      const last = sequenceOf(db, path)
      keepMemory(db, identityOf(path), { nowAt: now(), mark, last })
      if (mark !== undefined && last < mark) markAgain(db, realPath)
    }
    // Checkpoints are for checkpoints.ts.
    db.exec(`PRAGMA synchronous = ${canSyncLog() ? 'NORMAL' : 'FULL'}; PRAGMA wal_autocheckpoint = 0`)
    return { db, isNew }
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}

/** Of what was noticed, once it is written down. Under the lock, because others may have gone on from there. */
function markAgain(db: SqliteDatabase, path: string): void {
  inTransaction(db, 'BEGIN IMMEDIATE', () => {
    const last = sequenceOf(db, path)
    if (last < (readTidemark(path) ?? 0)) resetTidemark(path, last)
  })
}

function closeDatabase(db: SqliteDatabase): void {
  try {
    db.close()
  } catch {
    // Nothing depends on it: what is committed is in the log.
  }
}

/**
 * A log that is synced at every commit (https://sqlite.org/pragma.html, synchronous = FULL) stops the event loop for
 * as long as the disk takes, with the lock held. So what opens the file is committed in that way, and from then on the
 * same sync is done by log.ts, after the commit and before any write is acknowledged. NORMAL leaves the syncs
 * around a checkpoint to SQLite; fullfsync is for macOS, and nothing elsewhere.
 */
function makeDurable(db: SqliteDatabase, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
  if (mode !== 'wal') {
    throw new StoreError(
      'failed',
      `The SQLite store ${path} cannot have a write-ahead log (its journal mode stays ${String(mode)}): put it on a local disk.`,
    )
  }
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
}

function undo(db: SqliteDatabase): boolean {
  try {
    if (db.isTransaction) db.exec('ROLLBACK')
    return true
  } catch {
    return false
  }
}

/** Under FULL every commit is synced by SQLite, with all that was committed before it. */
function syncByCommit(db: SqliteDatabase, statements: Statements): void {
  inTransaction(db, 'BEGIN IMMEDIATE', () => statements.mark.run('synced'))
}
