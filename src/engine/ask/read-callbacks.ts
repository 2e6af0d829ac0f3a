import type { SealReading } from '../../core/answers/cancel-answer.ts'
import type { Read } from '../../core/answers/weighed-reading.ts'
import { isObject } from '../../guards/option-checks.ts'
import { hearThrown, synchronous } from '../../guards/synchronous.ts'
import type { CancelAnswer, StatusAnswer } from '../plan.ts'

/* Interprets the values that `status.read` and `cancel.read` return. */

export function statusSaid(given: StatusAnswer, path: string): Read {
  const said = answerOf(given, path, ['outcome', 'processing', 'absent'])
  if (said['outcome'] === 'executed') return { kind: 'executed', data: said['data'], form: 'data' }
  if (said['outcome'] === 'not-executed') return { kind: 'not-executed', error: said['error'] }
  if (said['absent'] === true) return { kind: 'absent' }
  if (said['processing'] !== true)
    return { kind: 'inconclusive', reason: 'status.read gave none of its answers, or several at once' }
  const { retryAfter } = said
  const retryAfterMs =
    typeof retryAfter === 'number' && retryAfter >= 0 && retryAfter < 2 ** 31 ? retryAfter : undefined
  return { kind: 'processing', retryAfterMs }
}

/**
 * The value that a reader returned, if it is exactly one of the known answers. Two at once contradict each other, and
 * neither counts.
 */
function answerOf(given: unknown, path: string, names: readonly string[]): Partial<Record<string, unknown>> {
  const said = synchronous(given, path)
  if (!isObject(said)) return {}
  // A promise in an unused field may reject.
  for (const value of Object.values(said)) hearThrown(value)
  return names.filter(name => said[name] !== undefined && said[name] !== false).length === 1 ? said : {}
}

export function sealSaid(given: CancelAnswer, path: string): SealReading {
  const said = answerOf(given, path, ['sealed', 'outcome', 'processing'])
  if (said['sealed'] === true) return { kind: 'sealed' }
  if (said['outcome'] === 'executed') return { kind: 'executed', data: said['data'], form: 'data' }
  if (said['processing'] === true) return { kind: 'processing' }
  return { kind: 'inconclusive', reason: 'cancel.read gave none of its answers, or several at once' }
}
