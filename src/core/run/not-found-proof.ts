import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Clocks } from '../record/key-horizon.ts'
import { isAgeInDoubt, isKeyExpired } from '../record/key-horizon.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { Progress } from './run-progress.ts'

export type AbsenceFacts = Clocks & {
  /** After how long a "not found" is proof, as the definition declares; undefined: never. */
  readonly absentAfterMs: number | undefined
  /** When the answer was made, monotonic ms. */
  readonly madeMs: number
  readonly horizon: HorizonPolicy
}

/**
 * Whether a "not found" proves that nothing was executed. Alone it proves nothing, because the first attempt may still
 * be on its way. It is proof only if the definition declares after how long, and if all of these hold:
 *
 * - The record is `pending`. Once the server was at work on the operation, something has arrived.
 * - This run saw every doubtful attempt end, so that no part of them can still leave.
 * - The key is within its horizon. Later the server may have forgotten what it executed.
 * - The answer was made long enough after the last attempt ended.
 */
export function isAbsenceProof(record: OperationRecord, progress: Progress, facts: AbsenceFacts): boolean {
  const { absentAfterMs, madeMs, horizon } = facts
  const { lastEndedAt, ambiguousHere } = progress
  if (absentAfterMs === undefined || lastEndedAt === undefined) return false
  if (record.state !== 'pending' || record.inFlight !== undefined || progress.isKnownThere) return false
  if (isKeyExpired(record, horizon, facts) || isAgeInDoubt(record, horizon, facts)) return false
  return record.ambiguous === ambiguousHere && madeMs >= lastEndedAt + absentAfterMs
}
