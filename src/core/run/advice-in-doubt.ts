import type { OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import type { Advice } from './advice.ts'
import type { ErrorCode } from './error-code.ts'

/** The ways in which the outcome of an operation can still be found out. */
export type WaysToFindOut = {
  readonly record: OperationRecord | undefined
  readonly honoursKeys: boolean
  /** The definition has a status request. */
  readonly hasStatus: boolean
}

/**
 * The advice for an operation that may have been executed, if the usual advice could not help: `settle` finds out
 * nothing if there is nothing to ask, and `run` sends again only under a key that the server honours. Undefined if the
 * usual advice helps.
 */
export function adviceInDoubt(
  { code, outcome }: { readonly code: ErrorCode; readonly outcome: Outcome },
  { record, honoursKeys, hasStatus }: WaysToFindOut,
): Advice | undefined {
  if (outcome !== 'unknown' || record === undefined || !isOpen(record) || !mayHaveExecuted(record))
    return undefined
  if (hasStatus || record.statusUrl !== undefined) return undefined
  switch (code) {
    case 'rejected':
    case 'conflict':
      return honoursKeys ? 'look-and-run' : 'look-and-conclude'
    case 'aborted':
    case 'unresolved':
    case 'still-processing':
      return honoursKeys ? undefined : 'conclude'
    default:
      return undefined
  }
}
