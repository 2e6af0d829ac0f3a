import type { OperationRecord } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import type { Advice } from '../run/advice.ts'
import type { ErrorCode } from '../run/error-code.ts'

/** A refused change of what is stored. Nothing is written. */
export type RefusedChange = {
  readonly refused: {
    readonly code: ErrorCode
    readonly outcome: Outcome
    readonly reason: string
    readonly advice?: Advice | undefined
  }
  /** The change is a proof that another generation succeeded: the alarm of a possible duplicate. */
  readonly late?: OperationRecord | undefined
}

/** What to write; undefined if the record stays as it is. */
export type StoredChange = OperationRecord | undefined | RefusedChange

export function ofAnotherKey(outcome: Outcome): RefusedChange {
  const reason = 'the call is about another key than the one that is stored now, so nothing was changed'
  return { refused: { code: 'conflict', outcome, reason, advice: 'name-the-key' } }
}
