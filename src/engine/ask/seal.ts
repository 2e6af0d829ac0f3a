import { definitionPath } from '../plan.ts'
import { sealSaid } from './read-callbacks.ts'
import { answerTime, isOfNow } from '../../core/answers/answer-time.ts'
import type { SealReading } from '../../core/answers/cancel-answer.ts'
import { readCancel, sealOfKey, whyNoSeal } from '../../core/answers/cancel-answer.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { request, specOf } from './ask-request.ts'
import type { AskPlan, CancelAnswer } from '../plan.ts'
import { withOutcome } from '../../public/errors.ts'
import { ownPart, serverResponse } from '../answer/server-response.ts'
import { keyNamedBy } from './status-reading.ts'
import { hearThrown, isPromiseGiven } from '../../guards/synchronous.ts'

/** Asks the server to refuse the key from now on. Only a clear confirmation counts as a seal. */
export async function requestSeal(
  x: RunFacts,
  plan: AskPlan<CancelAnswer>,
): Promise<{ readonly reading: SealReading; readonly answer: Answer | undefined }> {
  const { runtime } = x.engine
  const askedMs = runtime.monotonic()
  const answer = await request(x, specOf(x, plan, 'cancel.request'), 'cancel.request')
  if (typeof answer === 'string') return { reading: inconclusive(answer), answer: undefined }
  const fault = whyNoSeal(answer, isOfNow(answerTime(answer.headers, askedMs)))
  if (fault !== undefined) return { reading: inconclusive(fault), answer }
  return { reading: sealOfKey(readingOf(x, plan, answer), keyNamedBy(x, answer)), answer }
}

function readingOf(x: RunFacts, plan: AskPlan<CancelAnswer>, answer: Answer): SealReading {
  const { parseJson } = x.engine.transport
  if (plan.read === undefined) {
    const reading = readCancel(answer, x.plan.settings.profile.cancel)
    return reading.kind === 'executed' && reading.form === 'data'
      ? { ...reading, data: ownPart(answer, reading.data, parseJson) }
      : reading
  }
  if (answer.body.kind === 'cut') return inconclusive('the answer to the cancel was cut')
  try {
    return sealSaid(plan.read(serverResponse(answer, parseJson)), `${definitionPath(x.plan)}.cancel.read`)
  } catch (error) {
    // The server may or may not have sealed the key.
    if (isPromiseGiven(error)) throw withOutcome(error, 'unknown')
    hearThrown(error)
    return inconclusive('cancel.read threw')
  }
}

function inconclusive(reason: string): SealReading {
  return { kind: 'inconclusive', reason }
}
