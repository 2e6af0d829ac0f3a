import type { Advice } from './advice.ts'
import type { ErrorCode } from './error-code.ts'
import type { Reason } from './end-reason.ts'
import type { FailedRecord, SucceededRecord } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import type { Mistake } from './mistake.ts'

/** How a run ended. `stopped` has the reason, and what is known of the operation. */
export type End =
  | { readonly kind: 'executed'; readonly record: SucceededRecord; readonly replayed: boolean }
  | { readonly kind: 'failed'; readonly record: FailedRecord }
  | StoppedEnd

export type StoppedEnd = {
  readonly kind: 'stopped'
  readonly code: ErrorCode
  readonly reason: string
  readonly outcome: Outcome
  /** When the server asks to be tried again, epoch ms. */
  readonly retryAt?: number | undefined
  readonly cause?: unknown
  /** What can help, if the reason calls for other advice than code and outcome do. */
  readonly advice?: Advice | undefined
  /** The run itself let nothing of the operation leave, whatever was sent before. */
  readonly nothingSent?: true | undefined
  /** What the end is about for a person, if the code alone does not show it. */
  readonly about?: Reason | undefined
  /** A mistake whose error is passed on as it is. */
  readonly mistake?: Mistake | undefined
}

/** The server reported a conflict. Another payload under the key has a code of its own, `payload-mismatch`. */
export function isConflict(end: End): boolean {
  return (
    (end.kind === 'failed' && end.record.failure.code === 'conflict') ||
    (end.kind === 'stopped' && end.code === 'conflict')
  )
}
