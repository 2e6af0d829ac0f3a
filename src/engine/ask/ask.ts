import { isAbsenceProof } from '../../core/run/absence.ts'
import type { AnswerTime } from '../../core/answers/answer-time.ts'
import { answerTime, isOfNow } from '../../core/answers/answer-time.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { parsedUrl } from '../../core/names/parsed-url.ts'
import { retryAfterMs } from '../../core/answers/retry-after.ts'
import { afterAnsweredAsk, afterFailedAsk } from '../../core/run/retry-budget.ts'
import { afterAsk, afterResultAsk } from '../../core/run/run-progress.ts'
import { apply } from '../run/apply.ts'
import type { Reach } from './ask-request.ts'
import { request, specOf } from './ask-request.ts'
import type { RunContext } from '../run/run-context.ts'
import type { AskSpec } from '../plan.ts'
import { resultUrlOf, takeResult } from './result-url.ts'
import { failureOf, resultOf } from '../answer/server-response.ts'
import type { AskReading } from './status-reading.ts'
import { readAnswer } from './status-reading.ts'
import { ownOrigin } from '../request/stored-payload.ts'
import { resultOfData } from '../answer/result-from-data.ts'

/*
 * Asking what became of an operation: polls, status queries and seals. An ask carries no key and executes
 * nothing, so it needs no claim; it goes to the operation's own origin only, or without credentials to one
 * that the profile trusts. A failed ask says nothing about the operation.
 */

/** Asks once and takes the answer into the record (in memory) and the run's progress. */
export async function ask(x: RunContext, at: 'poll-url' | 'status' | 'result'): Promise<void> {
  const { budgets, runtime } = x.engine
  // What it asks about is what is known before the answer: of work that goes on, or what became of it.
  const isPoll = at === 'poll-url' || (at === 'status' && x.record?.state === 'processing')
  x.enter(isPoll ? 'polling' : 'asking')
  const askedMs = runtime.monotonic()
  const answered = await request(x, specAt(x, at), 'status.request', reachOf(x, at))
  const silence = typeof answered === 'string' ? answered : undefined
  const answer = typeof answered === 'string' ? undefined : answered
  const budget = budgets.of(x.spender)
  const isAnswered = answer !== undefined && answer.status < 500
  budgets.set(x.spender, isAnswered ? afterAnsweredAsk(budget) : afterFailedAsk(budget))
  const told = retryAfterMs(answer?.headers['retry-after'], runtime.now())
  const reading =
    answer === undefined
      ? inconclusive(silence ?? 'no answer')
      : await heard(x, at, answer, answerTime(answer.headers, askedMs))
  x.progress =
    at === 'result'
      ? afterResultAsk(x.progress, told)
      : afterAsk(x.progress, reading, reading.retryAfterMs ?? told)
  // What a proof took back is no doubt of this run any more: the next one may be another runner's.
  if (x.record?.ambiguous === 0) x.progress = { ...x.progress, ambiguousHere: 0 }
  x.emit({
    type: isPoll ? 'poll' : 'query',
    reading: reading.kind,
    status: answer?.status,
  })
}

/**
 * What an answer tells, taken into the record. That it was heard is for later: what an earlier answer said is what makes
 * a "not found" proof or none.
 */
async function heard(
  x: RunContext,
  at: 'poll-url' | 'status' | 'result',
  answer: Answer,
  time: AnswerTime,
): Promise<AskReading> {
  if (at === 'result') return takeResult(x, answer)
  const reading = believed(x, await readAnswer(x, at, answer), time)
  learn(x, reading, answer, time)
  return reading
}

function reachOf(x: RunContext, at: 'poll-url' | 'status' | 'result'): Reach {
  if (at === 'status') return 'own-origin'
  if (at === 'result' || x.progress.pollUrl !== undefined) return 'trusted-origins'
  const ownedBy = x.payload?.url.origin ?? ownOrigin(x.engine)
  return ownedBy === x.record?.target.origin ? 'trusted-origins' : 'no-credentials'
}

function specAt(x: RunContext, at: 'poll-url' | 'status' | 'result'): AskSpec {
  const { record, progress, plan } = x
  if (at === 'status' && plan.status !== undefined) return specOf(x, plan.status, 'status.request')
  const stored = record?.state === 'processing' || record?.state === 'pending' ? record.statusUrl : undefined
  const url = at === 'result' ? progress.resultUrl : (progress.pollUrl ?? stored)
  // A URL, not a text: a prefix of the http layer is no part of what the server named.
  return { url: parsedUrl(url ?? '') ?? '' }
}

/**
 * What an old answer, which a cache gave again, is worth: one from before the operation says nothing of it, and a refusal
 * from before the last attempt's end says nothing of that attempt.
 */
function believed(x: RunContext, reading: AskReading, time: AnswerTime): AskReading {
  if (isOfNow(time) || x.record?.firstSentAt === undefined) return reading
  const isOfBefore = time.leastAgeMs > Math.max(0, x.nowAt - x.record.firstSentAt)
  switch (reading.kind) {
    case 'executed':
    case 'not-executed': {
      const isOlder = isOfBefore || (reading.kind === 'not-executed' && !isFresh(x, time))
      const old = inconclusive('the answer is an old one, out of a cache')
      if (!isOlder) return reading
      return isOfBefore ? old : { ...old, isThere: true }
    }
    case 'inconclusive':
    case 'absent':
      return isOfBefore ? { ...reading, isThere: undefined } : reading
    case 'processing':
      return reading
    default:
      return reading satisfies never
  }
}

/** Made after this run's last attempt ended; a run that made none knows only that nothing was sent since it began. */
function isFresh(x: RunContext, { madeMs }: AnswerTime): boolean {
  return madeMs >= (x.progress.lastEndedAt ?? x.startedMs)
}

function learn(x: RunContext, reading: AskReading, answer: Answer, time: AnswerTime): void {
  switch (reading.kind) {
    case 'executed': {
      const resultUrl = reading.form === 'elsewhere' ? resultUrlOf(x, reading.resultAt) : undefined
      const whole = answer.status === 204 || resultUrl !== undefined ? undefined : resultOf(answer, true)
      const result = reading.form === 'data' ? resultOfData(x, 'status.read.data', reading.data) : whole
      x.progress = { ...x.progress, resultUrl }
      return apply(x, { kind: 'learn', told: { kind: 'executed', result } })
    }
    case 'not-executed': {
      const failure = failureOf(answer, 'rejected', 'the server says that it was not executed')
      const told =
        reading.error === undefined ? undefined : resultOfData(x, 'status.read.error', reading.error)
      x.lastAnswer = answer
      return apply(x, {
        kind: 'learn',
        told: { kind: 'not-executed', failure: { ...failure, error: told?.text } },
      })
    }
    case 'processing':
      // An old answer is worth this poll: it changes nothing of what is known.
      return isFresh(x, time) ? apply(x, { kind: 'learn', told: { kind: 'processing' } }) : undefined
    case 'absent':
      return learnAbsence(x, reading, time)
    case 'inconclusive':
      return undefined
    default:
      return reading satisfies never
  }
}

function learnAbsence(
  x: RunContext,
  reading: Extract<AskReading, { kind: 'absent' }>,
  { madeMs }: AnswerTime,
): void {
  const { record, progress, horizon, clocks } = x
  const { absentAfterMs } = x.plan
  if (record === undefined || reading.isProof === false) return
  if (!isAbsenceProof(record, progress, { absentAfterMs, madeMs, horizon, ...clocks })) return
  apply(x, { kind: 'learn', told: { kind: 'absent' } })
  x.progress = { ...x.progress, ambiguousHere: 0 }
}

function inconclusive(reason: string): Extract<AskReading, { kind: 'inconclusive' }> {
  return { kind: 'inconclusive', reason }
}
