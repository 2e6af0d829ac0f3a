import type { Outcome } from '../record/outcome.ts'

/* What the callers of one run get beside its end. record/same-payload.ts decides whether a caller may join a run. */

/** What is true when a caller leaves. */
export type Leaving = {
  /** What is known of the operation now. */
  readonly outcome: Outcome
  /** What was known before this caller left; undefined if the record had not been read by then. */
  readonly knownBefore: Outcome | undefined
  /** Other callers keep the run going. */
  readonly goesOn: boolean
  /** The record has been read. */
  readonly isReady: boolean
}

/**
 * What a caller gets that has left. If other callers keep the run going, the operation may still be executed. Otherwise
 * only the run's own end may report "not executed": another process may have taken the operation over unseen, or begun
 * it, and a `resume` could send a kept request until the store has dropped it. Nothing is in the air then, so the run
 * lets go at once.
 */
export function outcomeOnLeaving(leaving: Leaving): Outcome | 'of-the-end' {
  const { outcome, knownBefore, goesOn, isReady } = leaving
  if (outcome === 'executed') return 'executed'
  if (goesOn || !isReady || knownBefore === 'unknown') return 'unknown'
  return 'of-the-end'
}

/** What is known while a run goes on, which may execute the operation at any moment. */
export function outcomeWhileRunning(outcome: Outcome): 'executed' | 'unknown' {
  return outcome === 'executed' ? 'executed' : 'unknown'
}
