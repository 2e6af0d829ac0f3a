import type { Answer } from '../answers/evidence.ts'
import { isOfNow } from '../answers/answer-time.ts'
import type { AnswerTime } from '../answers/answer-time.ts'
import { isAbsenceProof } from './not-found-proof.ts'
import { afterEvent, onCourse } from './knowledge.ts'
import { configured } from './make-end.ts'
import type { Next } from './next.ts'
import { first, follow, letGo, announce, turn } from './next.ts'
import { afterAnsweredAsk, afterFailedAsk } from './retry-budget.ts'
import type { AskReading } from '../answers/weighed-reading.ts'
import type { Asked, Now } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import { afterAsk, afterResultAsk } from './run-progress.ts'
import type { RunActivity, RunKnowledge } from './run-state.ts'

/*
 * What asks teach: the answer to a poll or a status request is taken into the record (in memory), the progress and the
 * budget.
 */

type Held<Name extends RunActivity['name']> = Extract<RunActivity, { name: Name }>

/**
 * Takes in what an ask brought. Earlier answers decide whether a "not found" is proof; this answer counts for the next
 * one.
 */
export function asked(
  before: RunKnowledge,
  { at, isPoll }: Held<'asking'>,
  event: Asked,
  now: Now,
  policy: RunPolicy,
): Next {
  const { answer, retryAfterMs } = event
  const isAnswered = answer !== undefined && answer.status < 500
  const budget = isAnswered ? afterAnsweredAsk(now.budget) : afterFailedAsk(now.budget)
  const read: RunKnowledge = {
    ...(event.read === undefined ? before : onCourse(before, { misread: event.read.misread })),
    lastCause: event.read?.cause ?? before.lastCause,
    mistake: event.mistake ?? before.mistake,
  }
  const reading =
    answer === undefined || at === 'result'
      ? event.reading
      : believed(read, event.reading, event.time, now, policy)
  const learnt = answer === undefined ? read : learn(read, reading, event, answer, at, now, policy)
  const progress =
    at === 'result'
      ? afterResultAsk(learnt.course.progress, { isAnswered, retryAfterMs })
      : afterAsk(learnt.course.progress, reading, {
          isAnswered,
          status: answer?.status,
          retryAfterMs: reading.retryAfterMs ?? retryAfterMs,
        })
  // A proof has cleared every doubt of this run. The next doubt may be another runner's.
  const isCleared = learnt.record?.ambiguous === 0
  const knows = onCourse(learnt, { progress: isCleared ? { ...progress, ambiguousHere: 0 } : progress })
  return first(
    [
      { do: 'budget', budget },
      announce({ type: isPoll ? 'poll' : 'query', reading: reading.kind, status: answer?.status }),
    ],
    follow(knows, { decision: 'keep', after: { decision: 'asked' } }),
  )
}

/** What the ask brought is written down, and the run goes on or ends. */
export function askKept(knows: RunKnowledge, now: Now, policy: RunPolicy): Next {
  const { record, mistake } = knows
  // A value that cannot be kept takes nothing from a success.
  const hasResult = record?.state === 'succeeded' && record.result !== undefined
  return mistake === undefined || hasResult
    ? turn(knows)
    : letGo(knows, configured(knows, mistake, now, policy))
}

/**
 * Weighs an old answer that a cache gave again. An answer from before the operation is no evidence about it, and a
 * refusal from before the last attempt's end is no evidence about that attempt.
 */
function believed(
  knows: RunKnowledge,
  reading: AskReading,
  time: AnswerTime,
  now: Now,
  policy: RunPolicy,
): AskReading {
  const firstSentAt = knows.record?.firstSentAt
  if (isOfNow(time) || firstSentAt === undefined) return reading
  const isOfBefore = time.leastAgeMs > Math.max(0, now.nowAt - firstSentAt)
  switch (reading.kind) {
    case 'executed':
    case 'not-executed': {
      const isOlder = isOfBefore || (reading.kind === 'not-executed' && !isFresh(knows, time, policy))
      const old: AskReading = { kind: 'inconclusive', reason: 'the answer is an old one, out of a cache' }
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

/**
 * Whether the answer was made after this run's last attempt ended. A run without attempts knows only that nothing was
 * sent since it began.
 */
function isFresh(
  { course: { progress } }: RunKnowledge,
  { madeMs }: AnswerTime,
  { startedMs }: RunPolicy,
): boolean {
  return madeMs >= (progress.lastEndedAt ?? startedMs)
}

function learn(
  knows: RunKnowledge,
  reading: AskReading,
  event: Asked,
  answer: Answer,
  at: 'poll-url' | 'status' | 'result',
  now: Now,
  policy: RunPolicy,
): RunKnowledge {
  switch (reading.kind) {
    case 'executed': {
      const { resultUrl, result } = event
      const told =
        at === 'result' ? knows : onCourse(knows, { progress: { ...knows.course.progress, resultUrl } })
      return afterEvent(told, { kind: 'learn', told: { kind: 'executed', result } }, now, policy)
    }
    case 'not-executed': {
      const { failure } = event
      if (failure === undefined) return knows
      const told = { kind: 'not-executed' as const, failure }
      return afterEvent(onCourse(knows, { lastAnswer: answer }), { kind: 'learn', told }, now, policy)
    }
    case 'processing':
      // An old answer serves as the answer to this poll, but changes nothing that is known.
      return isFresh(knows, event.time, policy)
        ? afterEvent(knows, { kind: 'learn', told: { kind: 'processing' } }, now, policy)
        : knows
    case 'absent':
      return learnAbsence(knows, reading, event.time, now, policy)
    case 'inconclusive':
      return knows
    default:
      return reading satisfies never
  }
}

function learnAbsence(
  knows: RunKnowledge,
  reading: Extract<AskReading, { kind: 'absent' }>,
  { madeMs }: AnswerTime,
  now: Now,
  policy: RunPolicy,
): RunKnowledge {
  const {
    record,
    course: { progress },
  } = knows
  if (record === undefined || reading.isProof === false) return knows
  const facts = { absentAfterMs: policy.absentAfterMs, madeMs, horizon: policy, ...now.clocks }
  if (!isAbsenceProof(record, progress, facts)) return knows
  const learnt = afterEvent(knows, { kind: 'learn', told: { kind: 'absent' } }, now, policy)
  return onCourse(learnt, { progress: { ...learnt.course.progress, ambiguousHere: 0 } })
}
