import type { OperationRecord } from '../record/operation-record.ts'
import { saidOfRead } from '../record/may-be-said.ts'
import type { Outcome } from '../record/outcome.ts'
import type { ErrorCode } from '../run/error-code.ts'

/*
 * What the list of a `resume` says of one operation. The list is given when the last operation has ended: what was not
 * executed by then may have been begun anew meanwhile, and is read once more. Every other word stays.
 */

export type SaidOfOne = {
  readonly outcome: Outcome | 'skipped'
  readonly reason: string
  readonly code?: ErrorCode | undefined
}

export function isLookedUpAgain({ outcome }: SaidOfOne): boolean {
  return outcome === 'not-executed'
}

/** After that read; without a record where there is none any more, or it could not be read. */
export function saidAtLast(said: SaidOfOne, record: OperationRecord | undefined): SaidOfOne {
  if (!isLookedUpAgain(said)) return said
  const outcome = record === undefined ? 'unknown' : saidOfRead(record)
  switch (outcome) {
    case 'not-executed':
      return said
    case 'executed':
      return { outcome, reason: 'executed' }
    case 'unknown':
      return {
        outcome,
        reason: 'the operation was begun again, or settled, while others were resumed',
        code: 'unresolved',
      }
    default:
      return outcome satisfies never
  }
}
