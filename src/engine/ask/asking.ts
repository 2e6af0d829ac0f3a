import { answerTime } from '../../core/answers/answer-time.ts'
import type { AnswerTime } from '../../core/answers/answer-time.ts'
import type { AskReading } from '../../core/answers/weighed-reading.ts'
import type { Asked } from '../../core/run/run-events.ts'
import type { Part } from '../../runtime/part.ts'
import type { RunFacts } from '../run/run-facts.ts'

export type AskAt = 'poll-url' | 'status' | 'result'

/** The code that asks (ask.ts). It is loaded separately, because most runs never ask. */
export type Asking = Pick<Part<{ readonly ask: (x: RunFacts, at: AskAt) => Promise<Asked> }>, 'now' | 'load'>

/**
 * Asks once. If the code cannot be loaded, that counts as a failed ask: nothing is known, and the run asks again later.
 */
export async function askOnce(asking: Asking, x: RunFacts, at: AskAt): Promise<Asked> {
  const askedMs = x.engine.runtime.monotonic()
  const part = asking.now ?? (await asking.load().catch(() => undefined))
  if (part !== undefined) return part.ask(x, at)
  return silence('a part of the client could not be loaded, so nothing was asked', answerTime({}, askedMs))
}

export const NOTHING = {
  result: undefined,
  failure: undefined,
  resultUrl: undefined,
  read: undefined,
  mistake: undefined,
}

/** An ask without a response. */
export function silence(reason: string, time: AnswerTime): Asked {
  const reading: AskReading = { kind: 'inconclusive', reason }
  return { type: 'asked', answer: undefined, reading, time, retryAfterMs: undefined, ...NOTHING }
}
