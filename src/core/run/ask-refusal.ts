import type { TargetFault } from '../record/target-fault.ts'

/*
 * Whether an ask (a poll, a status request or a cancel) may leave. The check is made before the request is made, again
 * immediately before its first byte, because hooks take time and add the credentials of the user who is logged in then,
 * and again before a redirect is followed. What an ask cannot find out stays unknown, so a refused ask changes nothing
 * about the operation.
 */

/** What is true when an ask is about to leave. */
export type AskMoment = {
  /** The run is asked to stop, or the time of this ask is over. */
  readonly isOver: boolean
  /** Time left until the run's deadline, ms. */
  readonly remainingMs: number
  /** The user to whom the operation belongs is still logged in. */
  readonly isSameScope: boolean
  /** Why the key means something else now: another account, profile or origin. */
  readonly targetFault: TargetFault | undefined
}

/** Why nothing may be asked now; undefined if nothing forbids it. */
export function askRefusal(moment: AskMoment): string | undefined {
  if (moment.isOver || moment.remainingMs <= 0) return 'no time is left'
  if (!moment.isSameScope) return 'another user is logged in'
  return moment.targetFault?.reason
}
