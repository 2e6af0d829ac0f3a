import type { OperationRecord } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import type { Advice } from '../run/advice.ts'
import type { ErrorCode } from '../run/error-code.ts'

/** A change of what is stored that was refused: nothing is written. */
export type RefusedChange = {
  readonly refused: {
    readonly code: ErrorCode
    readonly outcome: Outcome
    readonly reason: string
    readonly advice?: Advice | undefined
  }
  /** The change is the proof of another generation's success: the alarm of a possible duplicate. */
  readonly late?: OperationRecord | undefined
}

/** What is to be written; undefined where the record stays as it is. */
export type StoredChange = OperationRecord | undefined | RefusedChange

export function ofAnotherKey(outcome: Outcome): RefusedChange {
  const reason = 'the call is about another key than the one that is stored now, so nothing was changed'
  return { refused: { code: 'conflict', outcome, reason, advice: 'name-the-key' } }
}
