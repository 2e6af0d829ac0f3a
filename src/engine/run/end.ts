import { isOpen } from '../../core/record/operation-record.ts'
import type { FailedRecord, SucceededRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import type { ErrorCode, OperationError } from '../../public/errors.ts'
import { isOperationError } from '../../public/errors.ts'
import type { RunContext, StopRequest } from './run-context.ts'
import { StoreFailure } from '../stored/journal.ts'

/** How a run ended. `stopped` says why it stopped, and beside it what is known of the operation. */
export type End =
  | { readonly kind: 'executed'; readonly record: SucceededRecord; readonly replayed: boolean }
  | { readonly kind: 'failed'; readonly record: FailedRecord }
  | StoppedEnd

export type StoppedEnd = {
  readonly kind: 'stopped'
  readonly code: ErrorCode
  readonly reason: string
  readonly outcome: Outcome
  readonly retryAt?: number | undefined
  readonly cause?: unknown
  /** A configuration error whose message stands as it is. */
  readonly error?: OperationError | undefined
}

/** The end of a settled record. */
export function settledEnd(x: RunContext): End {
  const { record } = x
  if (record?.state === 'succeeded') {
    const replayed = x.recalled || record.result?.replayed === true
    return { kind: 'executed', record, replayed }
  }
  if (record?.state === 'failed') return { kind: 'failed', record }
  return stopped(x, 'unresolved', 'nothing is known of it')
}

export function stopped(x: RunContext, code: ErrorCode, reason: string, retryAt?: number): StoppedEnd {
  return {
    kind: 'stopped',
    code,
    reason,
    outcome: x.outcome,
    retryAt,
    cause: code === 'aborted' ? undefined : x.lastCause,
  }
}

/** Whether a run ends as a mistake of its own: an error that a callback passes on from elsewhere is none. */
export function isMistake(error: unknown): error is OperationError {
  return isOperationError(error) && error.code === 'configuration'
}

/** A mistake in options or definition. It was made without knowing the operation, so its own outcome is none. */
export function configured(x: RunContext, error: OperationError): StoppedEnd {
  return {
    kind: 'stopped',
    code: 'configuration',
    reason: error.message,
    outcome: x.outcome,
    cause: error.cause,
  }
}

/** The store failed: what is known of the operation is what it told before. */
export function storeEnd(x: RunContext, failure: unknown): StoppedEnd {
  const corrupt = failure instanceof StoreFailure && failure.corrupt
  const reason = failure instanceof Error ? failure.message : 'the store failed'
  const cause = failure instanceof StoreFailure ? (failure.cause ?? undefined) : failure
  return {
    kind: 'stopped',
    code: corrupt ? 'store-corrupt' : 'store-failed',
    reason,
    // A record that cannot be understood may be that of an executed operation.
    outcome: corrupt || mayBeResumed(x) || (!x.holding && x.hearsLate()) ? 'unknown' : x.outcome,
    cause,
  }
}

/** A request that is stored, and that this run could not drop, may be sent by a resume. */
function mayBeResumed(x: RunContext): boolean {
  const { stored } = x.journal
  return !x.holding && stored !== undefined && isOpen(stored) && stored.request !== undefined
}

/** A run that yields to one that may send tells its callers nothing: they are carried over. */
export function stopCode(request: StopRequest): 'aborted' | 'forgotten' | 'sealed' {
  return request === 'forgotten' || request === 'sealed' ? request : 'aborted'
}
