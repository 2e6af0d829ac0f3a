import type { Advice } from './advice.ts'
import type { ErrorCode } from './error-code.ts'
import type { Reason } from './end-reason.ts'
import type { FailedRecord, SucceededRecord } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import type { Mistake } from './mistake.ts'

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
  /** Epoch ms: when the server asks to be tried again. */
  readonly retryAt?: number | undefined
  readonly cause?: unknown
  /** What can help, where the reason knows better than code and outcome. */
  readonly advice?: Advice | undefined
  /** The run let nothing of the operation leave, whatever was sent before it. */
  readonly nothingSent?: true | undefined
  /** What it is about for a person, where the code does not say it. */
  readonly about?: Reason | undefined
  /** A mistake whose error stands as it is. */
  readonly mistake?: Mistake | undefined
}

/** The server says that another payload went under the key, or that a change stands in the way. */
export function isConflict(end: End): boolean {
  return (
    (end.kind === 'failed' && end.record.failure.code === 'conflict') ||
    (end.kind === 'stopped' && end.code === 'conflict')
  )
}
