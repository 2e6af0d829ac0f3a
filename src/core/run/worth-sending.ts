import type { Progress } from './run-progress.ts'
import type { Verdict } from '../answers/verdict.ts'

/*
 * Whether another send can bring more than the last answer did. Here the question is only whether a send makes sense.
 * Whether it is allowed (P4, P8) is decided by the step and the gate.
 */

/** Whether another attempt is worth making after the last answer. */
export function wantsAnotherAttempt(progress: Progress): boolean {
  const { last, lastAsk } = progress
  if (lastAsk?.kind === 'absent') return true
  if (last === undefined) return lastAsk === undefined || lastAsk.kind === 'inconclusive'
  // After an ask that found nothing out, a send is worth as much as before. If the ask was to explain a refusal, the
  // run asks about that again.
  const isRefused = last.kind === 'rejected' || last.kind === 'conflict'
  if (lastAsk !== undefined && (lastAsk.kind !== 'inconclusive' || isRefused)) return false
  switch (last.kind) {
    case 'not-sent':
      return true
    case 'unknown':
      return !last.terminal && last.hint !== 'stop'
    case 'try-again':
      return last.hint !== 'stop'
    case 'rejected':
    case 'conflict':
      return !last.conclusive && (last.hint === 'retry' || last.asksAgain !== undefined)
    case 'mismatch':
    case 'processing':
    case 'succeeded':
      return false
    default:
      return last satisfies never
  }
}

/** Whether the same request, sent again as a poll, can bring another answer than the last one. */
export function repeatMayTell(last: Verdict | undefined): boolean {
  switch (last?.kind) {
    case 'conflict':
      return last.hint === 'retry'
    case 'mismatch':
      return false
    case 'unknown':
      return !last.terminal && last.hint !== 'stop'
    case 'rejected':
    case 'try-again':
      return last.hint !== 'stop'
    case undefined:
    case 'not-sent':
    case 'processing':
    case 'succeeded':
      return true
    default:
      return last satisfies never
  }
}
