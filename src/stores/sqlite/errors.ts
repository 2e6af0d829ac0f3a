import { accessSync, constants, existsSync, statSync, type BigIntStats } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError, type StoreFailureReason } from '../store-error.ts'

/** Primary result codes (https://sqlite.org/rescode.html). An extended code holds its primary code in the low byte. */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const PROTOCOL = 15
const NOTADB = 26

/**
 * The primary result code of an error of SQLite, or undefined if the error has none. bun:sqlite names the property
 * differently.
 */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, error.name === 'SQLiteError' ? 'errno' : 'errcode')
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Whether another connection holds a lock, so that waiting helps. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === BUSY || code === LOCKED || code === PROTOCOL
}

/** Whether there was no room left. The transaction can then be undone, and the connection stays usable. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === FULL
}

/** The error for commits that could not be written to the disk. */
export function notOnDisk(cause: unknown, path: string): StoreError {
  const why = cause instanceof Error ? cause.message : 'the log could not be written to the disk'
  return new StoreError(
    'failed',
    `The SQLite store ${path} could not be used: ${why}. What was written last may not be on the disk: nothing in ` +
      'the file is believed until all of it is.',
    { cause, reason: 'lost' },
  )
}

/** Explains an error of the file at `path` as a StoreError. An error that the store itself threw stays as it is. */
export function errorOfSqlite(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const { kind, what, reason } = explain(error, path)
  return new StoreError(kind, `The SQLite store ${path} ${what}`, { cause: error, reason })
}

const READ_ONLY = 'cannot be written: the file or its folder is read-only, or was moved. Nothing was written.'

/**
 * Without this check SQLite opens a read-only file for reading, and leaves a read-only log beside it that later
 * blocks writing. With the check, the store works as soon as the file becomes writable.
 */
export function refuseReadOnly(path: string): void {
  if (statsOf(path) === undefined) return
  try {
    accessSync(path, constants.W_OK)
  } catch (cause) {
    throw new StoreError('failed', `The SQLite store ${path} ${READ_ONLY}`, { cause, reason: 'blocked' })
  }
}

type Explanation = {
  readonly kind: StoreError['kind']
  readonly what: string
  readonly reason?: StoreFailureReason
}

function explain(error: unknown, path: string): Explanation {
  switch (resultCode(error)) {
    case NOTADB:
      return { kind: 'corrupt', what: 'is not a database: it was left as it is. Give another path.' }
    case CORRUPT:
      return { kind: 'corrupt', what: 'is damaged: move it away, or restore it, before it is used again.' }
    case READONLY:
      return failed(READ_ONLY, 'blocked')
    case FULL:
      return failed('cannot grow: the disk is full, or a quota is used up. Nothing was written.', 'full')
    case CANTOPEN:
      return failed(`cannot be opened: ${whyNotOpened(path)}. Nothing was written.`, 'blocked')
    case IOERR:
      return failed('could not be read or written: the disk or a limit of this process refused it.', 'lost')
    default:
      return failed(
        `could not be used: ${error instanceof Error ? error.message : String(error)}.`,
        reasonOfSystem(error),
      )
  }
}

function failed(what: string, reason?: StoreFailureReason): Explanation {
  return { kind: 'failed', what, ...(reason !== undefined && { reason }) }
}

/** The reason for an error of the operating system, from the store's own reading and writing of the log. */
function reasonOfSystem(error: unknown): StoreFailureReason | undefined {
  switch ((error as { readonly code?: unknown } | undefined)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'full'
    case 'EIO':
      return 'lost'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'blocked'
    default:
      return undefined
  }
}

function whyNotOpened(path: string): string {
  const folder = dirname(path)
  if (!existsSync(folder)) return `the folder ${folder} does not exist, or may not be entered`
  if (statsOf(path)?.isDirectory()) return 'the path is a folder'
  return 'this process may not read or create the file or the -wal and -shm files beside it'
}

/** The stats of the file at `path`, or undefined if there is no file or this process may not see it. */
export function statsOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true })
  } catch {
    return undefined
  }
}
