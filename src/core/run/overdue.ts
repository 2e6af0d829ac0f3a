import type { End } from './end.ts'

/*
 * What a call gets whose run does not come to its end: a store or a callback that never comes back must not keep callers
 * past their deadline (P6).
 */

/** What is known when the time of a call is up. */
export type Overdue = {
  /** How the run ended, while a callback of the definition is still at it: `onConflict`, `response`. */
  readonly ended: End | undefined
  /** The success that the run's own evidence has proven; another's may be of another payload, and is not given here. */
  readonly proven: End | undefined
}

export type OverdueGets =
  | { readonly gets: 'end'; readonly end: End }
  /** The success, and its result only where `response` comes back in one more timeout. */
  | { readonly gets: 'success'; readonly end: End }
  /** `response` has had the result, and has not come back. */
  | { readonly gets: 'success-without-result'; readonly replayed: boolean }
  | { readonly gets: 'unknown'; readonly reason: string }

/** A success that is known by now is given, whatever holds the run up; nothing else is known of one that goes on. */
export function gotWhenOverdue({ ended, proven }: Overdue): OverdueGets {
  if (ended?.kind === 'executed') return { gets: 'success-without-result', replayed: ended.replayed }
  if (ended !== undefined) return { gets: 'end', end: ended }
  if (proven !== undefined) return { gets: 'success', end: proven }
  return { gets: 'unknown', reason: 'the deadline has passed, and the store or a callback has not come back' }
}

/** A store that has not come back may still write: only the run's own end lets go of the operation then. */
export function letsGoWhenOverdue({ ended }: Pick<Overdue, 'ended'>): boolean {
  return ended !== undefined
}

/**
 * Whether the time of a call is up: one timeout after its deadline, so that what is in the air then can end the run. Woken
 * from sleep, the run has not had its turn yet, and is given time to end by itself.
 */
export function isOverdue(watch: {
  readonly remainingMs: number
  /** How much later than it was due the watchdog looks. */
  readonly lateMs: number
  readonly timeoutMs: number
}): boolean {
  return watch.remainingMs <= 0 && watch.lateMs <= watch.timeoutMs
}
