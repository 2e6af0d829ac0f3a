import type { Answer } from '../core/evidence.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { afterAnsweredAsk, afterFailedAsk } from '../core/retry-budget.ts'
import { afterAsk } from '../core/run-progress.ts'
import type { StatusReading } from '../core/status-answer.ts'
import { readStatus } from '../core/status-answer.ts'
import { apply } from './apply.ts'
import type { Reach } from './ask-request.ts'
import { request, specOf } from './ask-request.ts'
import type { Execution } from './execution.ts'
import type { AskSpec } from './plan.ts'
import { failureOf, jsonText, resultFromData, resultOf, serverResponse } from './server-response.ts'
import { ownOrigin } from './stored-payload.ts'

/*
 * Asking what became of an operation: polls, status queries and seals. An ask carries no key and executes
 * nothing, so it needs no claim; it goes to the operation's own origin only, or without credentials to one
 * that the profile trusts. A failed ask says nothing about the operation.
 */

/** Asks once and takes the answer into the record (in memory) and the run's progress. */
export async function ask(x: Execution, at: 'poll-url' | 'status'): Promise<void> {
  const { budgets, runtime } = x.engine
  x.enter(x.record?.state === 'processing' ? 'polling' : 'asking')
  const askedAt = runtime.monotonic()
  const spec = at === 'status' && x.plan.status !== undefined ? statusSpec(x, x.plan.status) : pollSpec(x)
  const answer = await request(x, spec, 'status.request', reachOf(x, at))
  const reading = typeof answer === 'string' ? inconclusive(answer) : readingOf(x, at, answer)
  const answered = typeof answer !== 'string' && answer.status < 500
  budgets.set(
    x.origin,
    answered ? afterAnsweredAsk(budgets.of(x.origin)) : afterFailedAsk(budgets.of(x.origin)),
  )
  learn(x, reading, typeof answer === 'string' ? undefined : answer, askedAt)
  const told =
    typeof answer === 'string' ? undefined : retryAfterMs(answer.headers['retry-after'], runtime.now())
  x.progress = afterAsk(x.progress, reading, reading.retryAfterMs ?? told)
  // What a proof took back is no doubt of this run any more: the next one may be another runner's.
  if (x.record?.ambiguous === 0) x.progress = { ...x.progress, ambiguousHere: 0 }
  x.emit({
    type: x.record?.state === 'processing' ? 'poll' : 'query',
    reading: reading.kind,
    status: typeof answer === 'string' ? undefined : answer.status,
  })
}

function reachOf(x: Execution, at: 'poll-url' | 'status'): Reach {
  if (at === 'status') return 'own-origin'
  if (x.progress.pollUrl !== undefined) return 'trusted-origins'
  const ownedBy = x.payload?.url.origin ?? ownOrigin(x.engine)
  return ownedBy === x.record?.target.origin ? 'trusted-origins' : 'no-credentials'
}

type Reading = StatusReading & { readonly retryAfterMs?: number | undefined }

function statusSpec(x: Execution, status: NonNullable<Execution['plan']['status']>): AskSpec {
  return specOf(x, status, 'status.request')
}

function pollSpec(x: Execution): AskSpec {
  const { record, progress } = x
  const stored = record?.state === 'processing' || record?.state === 'pending' ? record.statusUrl : undefined
  // A URL, not a text: a prefix of the http layer is no part of what the server named.
  return { url: URL.parse(progress.pollUrl ?? stored ?? '') ?? '' }
}

function readingOf(x: Execution, at: 'poll-url' | 'status', answer: Answer): Reading {
  const read = at === 'status' ? x.plan.status?.read : undefined
  if (read === undefined) return readStatus(answer)
  try {
    return read(serverResponse(answer))
  } catch {
    return inconclusive('status.read threw')
  }
}

function learn(x: Execution, reading: Reading, answer: Answer | undefined, askedAt: number): void {
  switch (reading.kind) {
    case 'executed': {
      const whole = answer !== undefined && answer.status !== 204 ? resultOf(answer, true) : undefined
      const result = reading.form === 'data' ? resultFromData(reading.data) : whole
      return apply(x, { kind: 'learn', told: { kind: 'executed', result } })
    }
    case 'not-executed': {
      if (answer === undefined) return undefined
      const failure = failureOf(answer, 'rejected', 'the server says that it was not executed')
      const error = jsonText(reading.error)
      x.lastAnswer = answer
      return apply(x, { kind: 'learn', told: { kind: 'not-executed', failure: { ...failure, error } } })
    }
    case 'processing':
      return apply(x, { kind: 'learn', told: { kind: 'processing' } })
    case 'absent':
      if (isAbsenceProof(x, askedAt)) {
        apply(x, { kind: 'learn', told: { kind: 'absent' } })
        x.progress = { ...x.progress, ambiguousHere: 0 }
      }
      return undefined
    case 'inconclusive':
      return undefined
    default:
      return reading satisfies never
  }
}

/**
 * Absence proves nothing by itself: the first attempt may still be on its way. It is proof where the
 * definition says after how long it is, and only to the runner that saw all ambiguous attempts end.
 */
function isAbsenceProof(x: Execution, askedAt: number): boolean {
  const { absentAfterMs } = x.plan
  const { ambiguousHere, lastEndedAt } = x.progress
  if (absentAfterMs === undefined || x.record === undefined || lastEndedAt === undefined) return false
  return x.record.ambiguous === ambiguousHere && askedAt >= lastEndedAt + absentAfterMs
}

function inconclusive(reason: string): Reading {
  return { kind: 'inconclusive', reason }
}
