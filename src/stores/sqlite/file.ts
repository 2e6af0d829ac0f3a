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
  /** Opens the file unless it is open. Throws the error of SQLite, also if the lock is not free. */
  readonly use: () => OpenFile
  /** Copies the write-ahead log into the database now, as far as no other connection prevents it. */
  readonly checkpoint: () => void
  /** After an error: undoes what was not committed, and lets the next use open the file again. */
  readonly reopenLater: () => void
  /**
   * Closes the file for good. The write-ahead log is copied into the database unless another connection has the
   * database open.
   */
  readonly close: () => void
}

export type OpenFile = {
  readonly statements: Statements
  /** The last number of the sequence. Throws if the sequence is missing or has gone back. */
  readonly lastOfSequence: () => number
  readonly isInTransaction: () => boolean
  /** Throws if the path now leads to another file, because nobody would ever read what is written to this one. */
  readonly checkStillThere: () => void
  /** How much of the file is on the disk. */
  readonly durable: Durability
  /** Notes that everything up to this number is on the disk and will now be acknowledged: see tidemark.ts. */
  readonly cameTo: (last: number) => void
  /** Undoes the current transaction, if there is one. Returns whether that succeeded. */
  readonly undo: () => boolean
  readonly checkpoint: () => void
  readonly close: () => void
}

/** Options for opening a file. */
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
    // The path as SQLite has resolved it, without symbolic links.
    const realPath = db.location() ?? path
    const log = (options.openLog ?? openLog)(realPath)
    const place = placeOf(path)
    const mark = tidemark(realPath)
    const lastOfSequence = growingSequence(statements, path)
    const last = lastOfSequence()
    mark.cameTo(last)
    // Everything that is in the database but not in the log was synced by the checkpoint that copied it.
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

/**
 * Opens or creates the database. Writes nothing to a file that belongs to another application. Throws the errors of
 * SQLite.
 */
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
    // The schema is checked again under the write lock, because another process may have created it first.
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
    // checkpoints.ts does the checkpoints.
    db.exec(`PRAGMA synchronous = ${canSyncLog() ? 'NORMAL' : 'FULL'}; PRAGMA wal_autocheckpoint = 0`)
    return { db, isNew }
  } catch (error) {
    closeDatabase(db)
    throw error
  }
}

/**
 * Sets the mark back after an older database was noticed and that was written down. Under the lock the sequence is
 * read again, because other processes may have gone on from there.
 */
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
    // A failure to close loses nothing: every commit is in the log.
  }
}

/**
 * A log that is synced at every commit (https://sqlite.org/pragma.html, synchronous = FULL) blocks the event loop for
 * as long as the disk takes, with the lock held. So only the transactions that open the file are committed that way.
 * After that, log.ts does the same sync, after the commit and before any write is acknowledged. NORMAL leaves the
 * syncs around a checkpoint to SQLite. fullfsync matters on macOS and does nothing elsewhere.
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

/** Under FULL, SQLite syncs every commit, together with all earlier commits. */
function syncByCommit(db: SqliteDatabase, statements: Statements): void {
  inTransaction(db, 'BEGIN IMMEDIATE', () => statements.mark.run('synced'))
}
