import type { Progress } from './run-progress.ts'
import type { Verdict } from '../answers/verdict.ts'

/*
 * Whether another send can bring more than the last answer did. This is a matter of sense only; whether it
 * may be sent at all (P4, P8) is the step's and the gate's to say.
 */

/** Whether the last answer leaves another attempt worth making. */
export function wantsAnotherAttempt(progress: Progress): boolean {
  const { last, lastAsk } = progress
  if (lastAsk?.kind === 'absent') return true
  if (last === undefined) return lastAsk === undefined || lastAsk.kind === 'inconclusive'
  // After an ask that found nothing out, what was worth sending is so still; a refusal that it was to explain is asked about again.
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

/** Whether sending the same again as a poll can bring another word than the last one. */
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
