import type { Outcome } from '../record/outcome.ts'

/* What the callers of one run get beside its end. Whether a caller may join a run: record/same-payload.ts. */

/** What is true when a caller leaves. */
export type Leaving = {
  /** What is known of the operation now. */
  readonly outcome: Outcome
  /** What was known before this caller left; undefined where the record had not been read then. */
  readonly knownBefore: Outcome | undefined
  /** Other callers keep the run going. */
  readonly goesOn: boolean
  /** The record has been read. */
  readonly isReady: boolean
}

/**
 * What a caller that has left gets. Where others go on, the operation may be executed yet. Else "not executed" is for the
 * run's own end to say: another process may have taken the operation over unseen, or begun it, and `resume` could send a
 * stored request until the store has given it up. Nothing is in the air then, so the run lets go at once.
 */
export function outcomeOnLeaving(leaving: Leaving): Outcome | 'of-the-end' {
  const { outcome, knownBefore, goesOn, isReady } = leaving
  if (outcome === 'executed') return 'executed'
  if (goesOn || !isReady || knownBefore === 'unknown') return 'unknown'
  return 'of-the-end'
}

/** What is known of an operation whose run goes on: it may be executed at any moment. */
export function outcomeWhileRunning(outcome: Outcome): 'executed' | 'unknown' {
  return outcome === 'executed' ? 'executed' : 'unknown'
}
