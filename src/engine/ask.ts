import type { Answer } from '../core/evidence.ts'
import { allowedTarget } from '../core/poll-target.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { afterAnsweredAsk, afterFailedAsk } from '../core/retry-budget.ts'
import { afterAsk } from '../core/run-progress.ts'
import type { StatusReading } from '../core/status-answer.ts'
import { readStatus } from '../core/status-answer.ts'
import { OperationError, configurationError } from '../errors.ts'
import { apply } from './apply.ts'
import { answerBody, answerHeaders, readBody } from './body.ts'
import { configured, isMistake } from './end.ts'
import type { Execution } from './execution.ts'
import { preparePayload } from './payload.ts'
import type { AskPlan, AskSpec } from './plan.ts'
import { ownOrigin } from './stored-payload.ts'
import { MOST_REDIRECTS, redirectWithin } from './redirect.ts'
import { synchronous } from './synchronous.ts'
import { failureOf, jsonText, resultFromData, resultOf, serverResponse } from './server-response.ts'

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

/**
 * How far an ask may reach: status and cancel requests to the operation's own origin only; a poll also to
 * an origin that the profile trusts; a poll URL out of a stored record, which is data from outside, gets
 * credentials only where the http layer would send them itself.
 */
type Reach = 'own-origin' | 'trusted-origins' | 'no-credentials'

function reachOf(x: Execution, at: 'poll-url' | 'status'): Reach {
  if (at === 'status') return 'own-origin'
  if (x.progress.pollUrl !== undefined) return 'trusted-origins'
  const ownedBy = x.payload?.url.origin ?? ownOrigin(x.engine)
  return ownedBy === x.record?.target.origin ? 'trusted-origins' : 'no-credentials'
}

/** Which callback of the definition made a request, for the errors that name it. */
type AskPath = 'status.request' | 'cancel.request'

type Reading = StatusReading & { readonly retryAfterMs?: number | undefined }

function statusSpec(x: Execution, status: NonNullable<Execution['plan']['status']>): AskSpec {
  return specOf(x, status, 'status.request')
}

/** What a definition's request callback gives for this operation. */
export function specOf(x: Execution, plan: AskPlan<unknown>, path: AskPath): AskSpec {
  const { record } = x
  if (record === undefined) throw new Error('nothing to ask about')
  const mistake = (fault: string) => configurationError(`operation(${x.plan.name}).${path}`, fault, x.outcome)
  let spec: AskSpec
  try {
    spec = plan.request({ key: record.key, id: record.id, generation: record.generation })
  } catch (error) {
    throw Object.assign(mistake('threw'), { cause: error })
  }
  if (typeof spec !== 'object' || spec === null) throw mistake('must give { url, method?, headers? }')
  return synchronous(spec, `operation(${x.plan.name}).${path}`)
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

/** One request that asks: its answer, or why there is none. Bounded by the attempt's timeout and the run's deadline. */
export async function request(
  x: Execution,
  spec: AskSpec,
  path: AskPath,
  reach: Reach = 'own-origin',
): Promise<Answer | string> {
  const { runtime, transport } = x.engine
  const { settings } = x.plan
  const target = await prepared(x, spec, path, reach)
  if (typeof target === 'string') return target
  const cut = new AbortController()
  const abort = () => cut.abort()
  const cancel = runtime.after(Math.max(0, Math.min(settings.timeoutMs, x.remainingMs)), abort)
  const endStop = x.stopCue.on(abort)
  if (x.stopRequest !== undefined) abort()
  let answer: Answer | undefined
  const gate = async (_input: unknown, init?: RequestInit & { headers?: unknown }): Promise<Response> => {
    if (cut.signal.aborted) throw new Error('too late to ask')
    const headers = target.credentials
      ? sentHeaders(_input, init)
      : new Headers({ accept: 'application/json' })
    const taken = await fetchAnswer(x, target, headers, credentialsOf(_input, init), cut.signal)
    answer = taken.answer
    return taken.response
  }
  const sending = target.credentials
    ? transport.send(
        { method: target.method, url: target.url, headers: target.headers, body: target.body },
        gate,
      )
    : gate(target.url)
  try {
    await Promise.race([sending.catch(() => {}), aborted(cut.signal)])
  } finally {
    cancel()
    endStop()
    cut.abort()
  }
  return answer ?? 'no answer'
}

type AskTarget = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer> | undefined
  readonly credentials: boolean
}

/** The operation's own origin; one that was only concluded from outside has that of the http layer. */
function homeOf(x: Execution): string {
  const origin = x.record?.target.origin ?? ''
  return origin === '' ? (x.payload?.url.origin ?? ownOrigin(x.engine) ?? '') : origin
}

async function prepared(
  x: Execution,
  spec: AskSpec,
  path: AskPath,
  reach: Reach,
): Promise<AskTarget | string> {
  const { record, engine, plan } = x
  if (record === undefined) return 'nothing to ask about'
  if (x.stopRequest !== undefined || x.remainingMs <= 0) return 'no time is left'
  if (!engine.runtime.online()) return 'offline'
  if (!x.isSameScope) return 'another user is logged in'
  // Its parameters may be credentials: they are the http layer's own, and go nowhere else.
  const isElsewhere = (url: string | URL) =>
    typeof url !== 'string' && (reach === 'no-credentials' || url.origin !== record.target.origin)
  const payload = await preparePayload(
    { ...spec, method: spec.method ?? 'GET' },
    {
      runtime: engine.runtime,
      resolveUrl: url => (isElsewhere(url) ? new URL(url) : engine.transport.resolveUrl(url)),
      profile: plan.settings.profile,
      account: '',
      fingerprint: null,
      path: `operation(${plan.name}).${path}`,
    },
  ).catch((error: unknown) => {
    // What is asked about may have executed, whatever is wrong with the question.
    throw isMistake(error)
      ? new OperationError({ ...configured(x, error), operationId: x.operationId })
      : error
  })
  const trusted = reach === 'own-origin' ? [] : plan.settings.profile.trustedOrigins
  const target = allowedTarget(payload.url.href, homeOf(x), trusted)
  if (target === undefined) return 'its URL leads to another origin than the operation'
  const bytes = await payload.bytes(record.key)
  const headers: Record<string, string> = { accept: 'application/json', ...payload.headers }
  if (bytes.contentType !== undefined) headers['content-type'] ??= bytes.contentType
  return {
    method: payload.method,
    url: payload.url,
    headers,
    body: bytes.body,
    credentials: target.credentials && reach !== 'no-credentials',
  }
}

/** An ask executes nothing, so that any of them may be followed. */
const REDIRECTS = [301, 302, 303, 307, 308]

async function fetchAnswer(
  x: Execution,
  target: AskTarget,
  headers: Headers,
  credentials: RequestCredentials | undefined,
  signal: AbortSignal,
): Promise<{ readonly answer: Answer; readonly response: Response }> {
  const { transport, runtime, settings } = x.engine
  let { url, method, body } = target
  for (let hop = 0; ; hop++) {
    const init: RequestInit = { method, headers, body: body ?? null, redirect: 'manual', signal }
    if (!target.credentials) init.credentials = 'omit'
    else if (credentials !== undefined) init.credentials = credentials
    const response = await transport.innermostFetch()(url, init)
    const next = hop < MOST_REDIRECTS ? redirectWithin(response, url, url.origin, REDIRECTS) : undefined
    if (next === undefined) {
      const read = await readBody(response, {
        limitBytes: settings.maxBodyBytes,
        framingVisible: runtime.environment === 'node',
      })
      const answer: Answer = {
        kind: 'answer',
        status: response.status,
        headers: answerHeaders(response),
        body: answerBody(read, response.headers.get('content-type')),
        ownTarget: true,
      }
      const empty = [101, 204, 205, 304].includes(response.status) || response.status < 200
      if (response.status < 200) return { answer, response }
      return {
        answer,
        response: new Response(empty ? null : read.bytes, {
          status: response.status,
          headers: response.headers,
        }),
      }
    }
    response.body?.cancel().catch(() => {})
    url = next
    if (response.status < 307) {
      method = 'GET'
      body = undefined
    }
  }
}

function sentHeaders(input: unknown, init: RequestInit | undefined): Headers {
  return new Headers(input instanceof Request ? input.headers : init?.headers)
}

function credentialsOf(input: unknown, init: RequestInit | undefined): RequestCredentials | undefined {
  return input instanceof Request ? input.credentials : init?.credentials
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
