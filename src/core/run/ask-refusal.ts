import type { TargetFault } from '../record/target-fault.ts'

/*
 * Whether an ask may leave, a poll, a status request or a cancel: asked before its request is made, once more immediately
 * before its first byte, because hooks take time and put the credentials on of who is logged in then, and before it follows
 * a redirect. What an ask cannot find out is unknown, so that a refusal says nothing of the operation.
 */

/** What is true when an ask is about to leave. */
export type AskMoment = {
  /** The run is asked to stop, or the time of this ask is over. */
  readonly isOver: boolean
  /** Until the run's deadline. */
  readonly remainingMs: number
  /** Whoever the operation belongs to is still logged in. */
  readonly isSameScope: boolean
  /** Why the key means something else now: another account, profile or origin. */
  readonly targetFault: TargetFault | undefined
}

/** Why nothing may be asked now; undefined where nothing forbids it. */
export function askRefusal(moment: AskMoment): string | undefined {
  if (moment.isOver || moment.remainingMs <= 0) return 'no time is left'
  if (!moment.isSameScope) return 'another user is logged in'
  return moment.targetFault?.reason
}
