import type { OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import type { Advice } from './advice.ts'
import type { ErrorCode } from './error-code.ts'

/** How an operation can still be found out about. */
export type WaysToFindOut = {
  readonly record: OperationRecord | undefined
  readonly honoursKeys: boolean
  /** The definition has a status request. */
  readonly hasStatus: boolean
}

/**
 * The advice for what may have executed, where the usual one could not help: `settle` finds nothing out where nothing can
 * be asked, and `run` sends again only under a key that the server honours. Undefined where the usual advice helps.
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
