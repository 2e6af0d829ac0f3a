import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Clocks } from '../record/key-horizon.ts'
import { isAgeInDoubt, isKeyExpired } from '../record/key-horizon.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { Progress } from './run-progress.ts'

export type AbsenceFacts = Clocks & {
  /** What the definition declares; undefined: absence is never proof. */
  readonly absentAfterMs: number | undefined
  /** When the answer was made, monotonic ms. */
  readonly madeMs: number
  readonly horizon: HorizonPolicy
}

/**
 * Whether a "not found" proves that nothing was executed. By itself it proves nothing: the first attempt may still be on
 * its way. It does where the definition says after how long it does, and then only
 *
 * - of a record that is `pending`: where the server said that it is at work, something has arrived;
 * - to the run that saw every doubtful attempt end, so that nothing of them is still to leave;
 * - within the key's horizon: later the server may have forgotten what it executed;
 * - by an answer that is no older than it has to be.
 */
export function isAbsenceProof(record: OperationRecord, progress: Progress, facts: AbsenceFacts): boolean {
  const { absentAfterMs, madeMs, horizon } = facts
  const { lastEndedAt, ambiguousHere } = progress
  if (absentAfterMs === undefined || lastEndedAt === undefined) return false
  if (record.state !== 'pending' || record.inFlight !== undefined || progress.isKnownThere) return false
  if (isKeyExpired(record, horizon, facts) || isAgeInDoubt(record, horizon, facts)) return false
  return record.ambiguous === ambiguousHere && madeMs >= lastEndedAt + absentAfterMs
}
