import type { End } from './end.ts'

/*
 * What a call gets if its run does not come to its end. A store or a callback that never returns must not keep callers
 * past their deadline (P6).
 */

/** What is known when the time of a call is up. */
export type Overdue = {
  /** How the run ended, if a callback of the definition (`onConflict`, `response`) is still at work on that end. */
  readonly ended: End | undefined
  /**
   * The success that the run's own evidence has proven. Another run's success may be of another payload, and is not
   * given here.
   */
  readonly proven: End | undefined
}

export type OverdueGets =
  | { readonly gets: 'end'; readonly end: End }
  /** The success. Its result is included only if `response` returns within one more timeout. */
  | { readonly gets: 'success'; readonly end: End }
  /** `response` was given the result and has not returned. */
  | { readonly gets: 'success-without-result'; readonly replayed: boolean }
  | { readonly gets: 'unknown'; readonly reason: string }

/** A success that is known by now is given, whatever holds the run up. Nothing else is known of a run that goes on. */
export function gotWhenOverdue({ ended, proven }: Overdue): OverdueGets {
  if (ended?.kind === 'executed') return { gets: 'success-without-result', replayed: ended.replayed }
  if (ended !== undefined) return { gets: 'end', end: ended }
  if (proven !== undefined) return { gets: 'success', end: proven }
  return { gets: 'unknown', reason: 'the deadline has passed, and the store or a callback has not come back' }
}

/**
 * Whether the operation may be let go. A store that has not returned may still write, so only the run's own end lets
 * the operation go.
 */
export function letsGoWhenOverdue({ ended }: Pick<Overdue, 'ended'>): boolean {
  return ended !== undefined
}

/**
 * Whether the time of a call is up. The watchdog looks one timeout after the deadline, so that a request that is in the
 * air at the deadline can still end the run. A watchdog that looks very late was woken from sleep: the run has not had
 * its turn yet, and gets time to end on its own.
 */
export function isOverdue(watch: {
  readonly remainingMs: number
  /** How late the watchdog looks, ms. */
  readonly lateMs: number
  readonly timeoutMs: number
}): boolean {
  return watch.remainingMs <= 0 && watch.lateMs <= watch.timeoutMs
}
