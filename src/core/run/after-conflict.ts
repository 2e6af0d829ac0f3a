import type { Outcome } from '../record/outcome.ts'
import type { TargetFault } from '../record/target-fault.ts'
import type { End, StoppedEnd } from './end.ts'

/*
 * What follows a conflict, if the definition has `onConflict`:
 *
 *   conflict          `onConflict` returns  then
 *   proven            undefined             the conflict stands
 *                     its own change        executed (its own retry met what its first attempt had done)
 *                     another's             a new generation with the next input
 *                     the next input        a new generation with it
 *   not proven        undefined             the conflict stands, unknown
 *                     its own change        executed
 *                     another's             proof that nothing was executed: written first, then a new generation
 *                     the next input        a mistake: `onConflict` must also say whose the change is
 *
 * The next generation is work of the same call, with the profile, account and origin with which the call began.
 */

/** Whose change stood in the way, as `onConflict` reports. `input`: it returned only what to do next. */
export type Whose = 'ours' | 'others' | 'input'

/** Whether the conflict of an end is proven; undefined if the end is no conflict for `onConflict`. */
export function conflictOf(end: End): 'proven' | 'unproven' | undefined {
  if (end.kind === 'failed') return end.record.failure.code === 'conflict' ? 'proven' : undefined
  if (end.kind === 'stopped' && end.code === 'conflict' && end.outcome !== 'executed') return 'unproven'
  return undefined
}

/** Whether to call `onConflict` now, while the server's answer is here. `turn` counts from one. */
export function mayAskOnConflict(now: {
  readonly turn: number
  readonly conflictTurns: number
  readonly isStopped: boolean
  readonly remainingMs: number
}): boolean {
  return now.turn <= now.conflictTurns && !now.isStopped && now.remainingMs > 0
}

export function afterConflict(
  conflict: 'proven' | 'unproven',
  whose: Whose,
): 'settle' | 'begin-over' | 'write-proof-and-begin-over' | 'mistake' {
  if (whose === 'ours') return 'settle'
  if (conflict === 'proven') return 'begin-over'
  return whose === 'others' ? 'write-proof-and-begin-over' : 'mistake'
}

/** Account, profile or origin were switched meanwhile, so the next step is for another call. */
export function conflictElsewhere(fault: TargetFault, outcome: Outcome): StoppedEnd {
  const { reason, advice } = fault
  return { kind: 'stopped', code: 'conflict', reason: `after a conflict, ${reason}`, outcome, advice }
}

/** `onConflict` returned something that cannot be used. */
export function conflictMistaken(
  { message, cause }: { readonly message: string; readonly cause?: unknown },
  outcome: Outcome,
): StoppedEnd {
  return { kind: 'stopped', code: 'configuration', reason: message, outcome, cause }
}

/** `onConflict` failed: the conflict stands, with that failure as its cause. */
export function conflictUnanswered(
  error: { readonly message: string },
  cause: unknown,
  outcome: Outcome,
): StoppedEnd {
  return { ...conflictMistaken(error, outcome), code: 'conflict', cause }
}
