import type { OperationRecord } from '../record/operation-record.ts'
import { saidOfRead } from '../record/may-be-said.ts'
import type { Outcome } from '../record/outcome.ts'
import type { ErrorCode } from '../run/error-code.ts'

/*
 * What the list of a `resume` reports of one operation. The list is returned when the last operation has ended. An
 * operation that was not executed may have been begun again by then, so it is read once more. Every other outcome
 * stays.
 */

export type SaidOfOne = {
  readonly outcome: Outcome | 'skipped'
  readonly reason: string
  readonly code?: ErrorCode | undefined
}

export function isLookedUpAgain({ outcome }: SaidOfOne): boolean {
  return outcome === 'not-executed'
}

/** The report after that read. `record` is undefined if there is no record any more, or if it could not be read. */
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
