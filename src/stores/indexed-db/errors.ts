import { missingError, StoreError, type StoreFailureReason } from '../store-error.ts'

/** What the store was doing when IndexedDB refused: opening the database for the first time, again, or using it. */
export type Doing = 'opening' | 'reopening' | 'working'

/** Explains an error of IndexedDB as a StoreError. An error that the store itself threw stays as it is. */
export function errorOfIndexedDB(error: unknown, name: string, doing: Doing = 'working'): StoreError {
  if (error instanceof StoreError) return error
  if (error instanceof EndUnknown) return endUnknown(error, name)
  const isMissing = globalThis.indexedDB === undefined
  if (doing === 'opening' && isMissing) return missingError('indexedDBStore', 'indexedDB', error)
  const cause = error instanceof NothingWritten ? error.cause : error
  const { kind, what, reason } = doing === 'working' || isMissing ? explain(cause) : explainOpening(cause)
  return new StoreError(kind, `The IndexedDB store "${name}" ${what}`, { cause: error, reason })
}

/**
 * Errors about a request or the site, which a dead connection never causes
 * (https://w3c.github.io/IndexedDB/#exceptions). Every other error may come from a dead connection, which browsers
 * report differently: InvalidStateError, AbortError, and WebKit's UnknownError, which comes without a `close` event.
 */
const OF_A_LIVING_HANDLE = new Set<unknown>([
  'ConstraintError',
  'DataCloneError',
  'DataError',
  'NotFoundError',
  'QuotaExceededError',
  'ReadOnlyError',
  'SecurityError',
  'VersionError',
])

/** Whether a new connection may work where this one failed. */
export function mayBeDeadHandle(error: unknown): boolean {
  return !OF_A_LIVING_HANDLE.has(nameOf(error))
}

/** Whether the transaction wrote nothing, so that its writes can be tried again. */
export function isUndone(error: unknown): boolean {
  return error instanceof NothingWritten
}

/** The transaction failed before its commit was requested, or was undone for a reason of its own. */
export class NothingWritten extends Error {
  override readonly name = 'NothingWritten'
}

/**
 * The commit was requested, and then the connection died: either all of it is stored, or nothing. An AbortError
 * proves neither, because a transaction also reports it when its connection is gone.
 */
export class EndUnknown extends Error {
  override readonly name = 'EndUnknown'
}

function endUnknown(error: EndUnknown, name: string): StoreError {
  return new StoreError(
    'failed',
    `The IndexedDB store "${name}" lost its connection while it was writing: ${textOf(error.cause)}. What was being ` +
      'written may be stored, or may not.',
    { cause: error, reason: 'lost' },
  )
}

type Explanation = {
  readonly kind: StoreError['kind']
  readonly what: string
  readonly reason?: StoreFailureReason
}

const BLOCKED = 'may not be used: the browser blocks the data of this site. Nothing was read or written.'

function explain(error: unknown): Explanation {
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return failed('has no room: the quota of this site is used up. Nothing was written.', 'full')
    case 'SecurityError':
      return failed(BLOCKED, 'blocked')
    case 'InvalidStateError':
      return failed('was closed by the browser. Nothing was read or written.', 'lost')
    case 'VersionError':
      return corrupt(
        'was written by a newer version of stillonce: it was left as it is. Load the page again, or update stillonce.',
      )
    case 'NotFoundError':
      return corrupt('is the database of another application: it was left as it is. Give another name.')
    default:
      return failed(`could not be used: ${textOf(error)}.`, 'lost')
  }
}

/** Explains the errors of a browser whose IndexedDB is null, or always throws, as in some private modes. */
function explainOpening(error: unknown): Explanation {
  switch (nameOf(error)) {
    case 'TypeError':
    case 'InvalidStateError':
    case 'NotAllowedError':
    case 'NotSupportedError':
      return failed(BLOCKED, 'blocked')
    default:
      return explain(error)
  }
}

function failed(what: string, reason: StoreFailureReason): Explanation {
  return { kind: 'failed', what, reason }
}

function corrupt(what: string): Explanation {
  return { kind: 'corrupt', what }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A DOMException from another frame is not an instance of this frame's class, so only its name counts. */
function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined
}
