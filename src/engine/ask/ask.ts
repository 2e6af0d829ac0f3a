import type { AnswerTime } from '../../core/answers/answer-time.ts'
import { answerTime } from '../../core/answers/answer-time.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { retryAfterMs } from '../../core/answers/retry-after.ts'
import { ASKED_NOT_EXECUTED, failureOf, resultOf } from '../../core/record/stored-answer.ts'
import { parsedUrl } from '../../core/names/parsed-url.ts'
import { reachOf } from '../../core/run/ask-reach.ts'
import type { AskReading } from '../../core/answers/weighed-reading.ts'
import type { Asked } from '../../core/run/run-events.ts'
import type { OperationError } from '../../public/errors.ts'
import { resultOfData } from '../answer/result-from-data.ts'
import type { AskSpec } from '../plan.ts'
import type { RunFacts } from '../run/run-facts.ts'
import type { AskAt } from './asking.ts'
import { NOTHING, silence } from './asking.ts'
import { originsOf, request, specOf } from './ask-request.ts'
import { readResult, resultUrlOf } from './result-url.ts'
import { readAnswer } from './status-reading.ts'

/*
 * Asking what became of an operation: polls and status requests. The client adds no idempotency key to an ask, and an
 * ask executes nothing, so it needs no claim. It goes only to the operation's own origin, or without credentials to one
 * that the profile trusts. A failed ask proves nothing about the operation.
 */

/** Asks once. Resolves with the result, including what the definition's callbacks make of it. */
export async function ask(x: RunFacts, at: AskAt): Promise<Asked> {
  const { runtime } = x.engine
  const askedMs = runtime.monotonic()
  const answered = await request(
    x,
    specAt(x, at),
    'status.request',
    reachOf({ at, isNamedToThisRun: x.progress.pollUrl !== undefined, ...originsOf(x) }),
  )
  if (typeof answered === 'string') return silence(answered, answerTime({}, askedMs))
  const told = retryAfterMs(answered.headers, runtime.now())
  return { ...(await heard(x, at, answered, answerTime(answered.headers, askedMs))), retryAfterMs: told }
}

/** The meaning of a response, ready to be stored. */
async function heard(
  x: RunFacts,
  at: AskAt,
  answer: Answer,
  time: AnswerTime,
): Promise<Omit<Asked, 'retryAfterMs'>> {
  const asked = { type: 'asked' as const, answer, time }
  if (at === 'result') {
    const reading = readResult(x, answer)
    const result = reading.kind === 'executed' ? resultOf(answer, true) : undefined
    return { ...asked, reading, ...NOTHING, result }
  }
  const { reading, read, mistake: misjudged } = await readAnswer(x, at, answer)
  const { mistake, ...kept } = toKeep(x, reading, answer)
  return { ...asked, reading, ...NOTHING, ...kept, read, mistake: mistake ?? misjudged }
}

function toKeep(
  x: RunFacts,
  reading: AskReading,
  answer: Answer,
): Partial<Pick<Asked, 'result' | 'failure' | 'resultUrl'>> & {
  readonly mistake?: OperationError | undefined
} {
  switch (reading.kind) {
    case 'executed': {
      const resultUrl = reading.form === 'elsewhere' ? resultUrlOf(x, reading.resultAt) : undefined
      if (reading.form === 'data') return { ...resultOfData(x, 'status.read.data', reading.data), resultUrl }
      const isElsewhere = answer.status === 204 || resultUrl !== undefined
      return { result: isElsewhere ? undefined : resultOf(answer, true), resultUrl }
    }
    case 'not-executed': {
      const failure = failureOf(answer, 'rejected', ASKED_NOT_EXECUTED)
      if (reading.error === undefined) return { failure }
      const { result, mistake } = resultOfData(x, 'status.read.error', reading.error)
      return { failure: { ...failure, error: result?.text }, mistake }
    }
    default:
      return {}
  }
}

function specAt(x: RunFacts, at: AskAt): AskSpec {
  const { record, progress, plan } = x
  if (at === 'status' && plan.status !== undefined) return specOf(x, plan.status, 'status.request')
  const stored = record?.state === 'processing' || record?.state === 'pending' ? record.statusUrl : undefined
  const url = at === 'result' ? progress.resultUrl : (progress.pollUrl ?? stored)
  // A URL object, not a string, so that the http layer adds no prefix to the URL that the server named.
  return { url: parsedUrl(url ?? '') ?? '' }
}
