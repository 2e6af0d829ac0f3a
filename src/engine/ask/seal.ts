import { sealSaid } from './read-callbacks.ts'
import { answerTime, isOfNow } from '../../core/answers/answer-time.ts'
import type { SealReading } from '../../core/answers/cancel-answer.ts'
import { readCancel } from '../../core/answers/cancel-answer.ts'
import { isRedirect, redirectTarget } from '../../core/answers/answer-marks.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { request, specOf } from './ask-request.ts'
import type { AskPlan, CancelAnswer } from '../plan.ts'
import { withOutcome } from '../../public/errors.ts'
import { ownPart, serverResponse } from '../answer/server-response.ts'
import { keyNamedBy } from './status-reading.ts'
import { hearThrown, isPromiseGiven } from '../../guards/synchronous.ts'

/** Asks the server to refuse the key from now on. Only its clear word is a seal. */
export async function requestSeal(
  x: RunFacts,
  plan: AskPlan<CancelAnswer>,
): Promise<{ readonly reading: SealReading; readonly answer: Answer | undefined }> {
  const { runtime } = x.engine
  const askedMs = runtime.monotonic()
  const answer = await request(x, specOf(x, plan, 'cancel.request'), 'cancel.request')
  if (typeof answer === 'string') return { reading: inconclusive(answer), answer: undefined }
  if (answer.ledTo !== undefined || isRedirect(answer))
    return {
      reading: inconclusive(`the cancel was redirected${redirectTarget(answer)}: it was not delivered`),
      answer,
    }
  // What a cache kept was the answer to another cancel.
  if (!isOfNow(answerTime(answer.headers, askedMs)))
    return { reading: inconclusive('the answer to the cancel is an old one, out of a cache'), answer }
  return { reading: keyed(x, readingOf(x, plan, answer), answer), answer }
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
    return sealSaid(plan.read(serverResponse(answer, parseJson)), `operation(${x.plan.name}).cancel.read`)
  } catch (error) {
    // The server may have sealed it, or not.
    if (isPromiseGiven(error)) throw withOutcome(error, 'unknown')
    hearThrown(error)
    return inconclusive('cancel.read threw')
  }
}

/** Where the server's answers name the key, a proxy that changed the URL may have had another one sealed. */
function keyed(x: RunFacts, reading: SealReading, answer: Answer): SealReading {
  switch (keyNamedBy(x, answer)) {
    case 'own':
      return reading
    case 'another':
      return inconclusive('the answer to the cancel names another key')
    case 'none':
      return reading.kind === 'sealed'
        ? inconclusive(
            'the answer to the cancel does not name the key, as this server does: it proves nothing',
          )
        : reading
    default:
      return reading
  }
}

function inconclusive(reason: string): SealReading {
  return { kind: 'inconclusive', reason }
}
