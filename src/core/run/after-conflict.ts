import type { Outcome } from '../record/outcome.ts'
import type { TargetFault } from '../record/target-fault.ts'
import type { End, StoppedEnd } from './end.ts'

/*
 * What follows on a conflict, where the definition has `onConflict`:
 *
 *   conflict          `onConflict` says     then
 *   proven            undefined             the conflict stands
 *                     its own change        executed (a retry of its own met what its first attempt had done)
 *                     another's             a new generation with the next input
 *                     the next input        a new generation with it
 *   not proven        undefined             the conflict stands, unknown
 *                     its own change        executed
 *                     another's             the caller's proof that nothing was executed: written first, then a new generation
 *                     the next input        a mistake: whose the change is must be said
 *
 * The next generation is this call's own work, with the profile, account and origin of its beginning.
 */

/** Whose the change is that stood in the way, as `onConflict` says; `input`: it says only what is to be done next. */
export type Whose = 'ours' | 'others' | 'input'

/** What an end says of a conflict; undefined where it is none that `onConflict` is asked about. */
export function conflictOf(end: End): 'proven' | 'unproven' | undefined {
  if (end.kind === 'failed') return end.record.failure.code === 'conflict' ? 'proven' : undefined
  if (end.kind === 'stopped' && end.code === 'conflict' && end.outcome !== 'executed') return 'unproven'
  return undefined
}

/** Whether `onConflict` is asked now, where the server's answer is at hand: `turn` counts from one. */
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

/** Account, profile or origin were switched meanwhile: what comes next is for another call. */
export function conflictElsewhere(fault: TargetFault, outcome: Outcome): StoppedEnd {
  const { reason, advice } = fault
  return { kind: 'stopped', code: 'conflict', reason: `after a conflict, ${reason}`, outcome, advice }
}

/** What `onConflict` gave cannot be used. */
export function conflictMistaken(
  { message, cause }: { readonly message: string; readonly cause?: unknown },
  outcome: Outcome,
): StoppedEnd {
  return { kind: 'stopped', code: 'configuration', reason: message, outcome, cause }
}

/** `onConflict` failed: the conflict stands, and that is its cause. */
export function conflictUnanswered(
  error: { readonly message: string },
  cause: unknown,
  outcome: Outcome,
): StoppedEnd {
  return { ...conflictMistaken(error, outcome), code: 'conflict', cause }
}
