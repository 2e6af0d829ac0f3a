import { isAbsenceProof } from '../core/absence.ts'
import type { AnswerTime } from '../core/answer-time.ts'
import { answerTime } from '../core/answer-time.ts'
import type { Answer } from '../core/evidence.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { afterAnsweredAsk, afterFailedAsk } from '../core/retry-budget.ts'
import { afterAsk, afterResultAsk } from '../core/run-progress.ts'
import { apply } from './apply.ts'
import type { Reach } from './ask-request.ts'
import { request, specOf } from './ask-request.ts'
import type { Execution } from './execution.ts'
import type { AskSpec } from './plan.ts'
import { resultUrlOf, takeResult } from './result-url.ts'
import { failureOf, jsonText, resultFromData, resultOf } from './server-response.ts'
import type { Reading } from './status-reading.ts'
import { readAnswer } from './status-reading.ts'
import { ownOrigin } from './stored-payload.ts'

/*
 * Asking what became of an operation: polls, status queries and seals. An ask carries no key and executes
 * nothing, so it needs no claim; it goes to the operation's own origin only, or without credentials to one
 * that the profile trusts. A failed ask says nothing about the operation.
 */

/** Asks once and takes the answer into the record (in memory) and the run's progress. */
export async function ask(x: Execution, at: 'poll-url' | 'status' | 'result'): Promise<void> {
  const { budgets, runtime } = x.engine
  // What it asks about is what is known before the answer: of work that goes on, or what became of it.
  const isPoll = at === 'poll-url' || (at === 'status' && x.record?.state === 'processing')
  x.enter(isPoll ? 'polling' : 'asking')
  const askedMs = runtime.monotonic()
  const answer = await request(x, specAt(x, at), 'status.request', reachOf(x, at))
  const heard =
    typeof answer === 'string'
      ? undefined
      : { answer, time: answerTime(answer.headers, askedMs, runtime.monotonic()) }
  const answered = heard !== undefined && heard.answer.status < 500
  budgets.set(
    x.origin,
    answered ? afterAnsweredAsk(budgets.of(x.origin)) : afterFailedAsk(budgets.of(x.origin)),
  )
  const told = retryAfterMs(heard?.answer.headers['retry-after'], runtime.now())
  let reading: Reading
  if (at === 'result') {
    reading = takeResult(x, heard?.answer)
    x.progress = afterResultAsk(x.progress, told)
  } else {
    const read = heard === undefined ? inconclusive(String(answer)) : await readAnswer(x, at, heard.answer)
    reading = believed(x, read, heard?.time)
    // Before the answer counts as heard: what an earlier one said is what makes a "not found" proof or none.
    if (heard !== undefined) learn(x, reading, heard.answer, heard.time)
    x.progress = afterAsk(x.progress, reading, reading.retryAfterMs ?? told)
  }
  // What a proof took back is no doubt of this run any more: the next one may be another runner's.
  if (x.record?.ambiguous === 0) x.progress = { ...x.progress, ambiguousHere: 0 }
  x.emit({
    type: isPoll ? 'poll' : 'query',
    reading: reading.kind,
    status: heard?.answer.status,
  })
}

function reachOf(x: Execution, at: 'poll-url' | 'status' | 'result'): Reach {
  if (at === 'status') return 'own-origin'
  if (at === 'result' || x.progress.pollUrl !== undefined) return 'trusted-origins'
  const ownedBy = x.payload?.url.origin ?? ownOrigin(x.engine)
  return ownedBy === x.record?.target.origin ? 'trusted-origins' : 'no-credentials'
}

function specAt(x: Execution, at: 'poll-url' | 'status' | 'result'): AskSpec {
  const { record, progress, plan } = x
  if (at === 'status' && plan.status !== undefined) return specOf(x, plan.status, 'status.request')
  const stored = record?.state === 'processing' || record?.state === 'pending' ? record.statusUrl : undefined
  const url = at === 'result' ? progress.resultUrl : (progress.pollUrl ?? stored)
  // A URL, not a text: a prefix of the http layer is no part of what the server named.
  return { url: URL.parse(url ?? '') ?? '' }
}

/**
 * What an old answer, which a cache gave again, is worth: one from before the operation says nothing of it, and a refusal
 * from before the last attempt's end says nothing of that attempt.
 */
function believed(x: Execution, reading: Reading, time: AnswerTime | undefined): Reading {
  if (time === undefined || time.leastAgeMs === 0 || x.record?.firstSentAt === undefined) return reading
  if (reading.kind !== 'executed' && reading.kind !== 'not-executed') return reading
  const keyAgeMs = Math.max(0, x.nowAt - x.record.firstSentAt)
  const isOlder = time.leastAgeMs > keyAgeMs || (reading.kind === 'not-executed' && !isFresh(x, time))
  return isOlder ? inconclusive('the answer is an old one, out of a cache') : reading
}

/** Made after this run's last attempt ended; a run that made none knows only that nothing was sent since it began. */
function isFresh(x: Execution, { madeMs }: AnswerTime): boolean {
  return madeMs >= (x.progress.lastEndedAt ?? x.startedMs)
}

function learn(x: Execution, reading: Reading, answer: Answer, time: AnswerTime): void {
  switch (reading.kind) {
    case 'executed': {
      const resultUrl = reading.form === 'elsewhere' ? resultUrlOf(x, reading.resultAt) : undefined
      const whole = answer.status === 204 || resultUrl !== undefined ? undefined : resultOf(answer, true)
      const result = reading.form === 'data' ? resultFromData(reading.data) : whole
      x.progress = { ...x.progress, resultUrl }
      return apply(x, { kind: 'learn', told: { kind: 'executed', result } })
    }
    case 'not-executed': {
      const failure = failureOf(answer, 'rejected', 'the server says that it was not executed')
      const error = jsonText(reading.error)
      x.lastAnswer = answer
      return apply(x, { kind: 'learn', told: { kind: 'not-executed', failure: { ...failure, error } } })
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
  x: Execution,
  reading: Extract<Reading, { kind: 'absent' }>,
  { madeMs }: AnswerTime,
): void {
  const { record, progress, horizon, nowAt } = x
  const { absentAfterMs } = x.plan
  if (record === undefined || reading.isProof === false) return
  if (!isAbsenceProof(record, progress, { absentAfterMs, madeMs, horizon, nowAt })) return
  apply(x, { kind: 'learn', told: { kind: 'absent' } })
  x.progress = { ...x.progress, ambiguousHere: 0 }
}

function inconclusive(reason: string): Reading {
  return { kind: 'inconclusive', reason }
}
