import type { Execution } from '../../src/server/execution.ts'
import type { Idempotency } from '../../src/server/idempotency.ts'
import type { IdempotencyError, IdempotencyErrorCode } from '../../src/server/idempotency-error.ts'
import { isIdempotencyError } from '../../src/server/idempotency-error.ts'

/** How a run ended, by the names under which it is counted. */
export const RUN_ENDS = [
  'done',
  'done earlier',
  'in-progress',
  'payload-mismatch',
  'nothing-happened',
  'outcome-unknown',
  'sealed',
  'not-executed',
  'key-expired',
  'store-unavailable',
  'already-executed',
  'value-invalid',
] as const

export type RunEndpoint = {
  readonly once: Idempotency
  readonly inProgress: 409 | 202
  readonly waitMs: number
  readonly resumable: boolean
  readonly now: () => number
  readonly work: (execution: Execution) => unknown
  readonly count: (end: string) => void
  readonly violate: (rule: string, detail: string) => void
}

/**
 * An app's own endpoint, whose work is done by `once.run`, as that of a server action or of a queue is: it reads user,
 * key, payload and first-send time by hand, and answers what `handle` would, by the error's code.
 */
export async function runEndpoint(request: Request, app: RunEndpoint): Promise<Response> {
  const { headers } = request
  let text: string
  try {
    text = await request.text()
  } catch {
    return problem('body-unreadable', 400)
  }
  const payload = parsed(text)
  if (payload === undefined) return problem('body-malformed', 400)
  const key = (headers.get('idempotency-key') ?? '').replaceAll('"', '')
  const scope = headers.get('x-user') ?? 'shop'
  const firstSentAt = instantOf(headers.get('idempotency-first-sent'))
  const answer = await answerOf(key, { scope, payload, firstSentAt }, app)
  answer.headers.set('idempotency-key', key)
  if (answer.status === app.inProgress)
    answer.headers.set('location', `${new URL(request.url).pathname}/by-key/${key}`)
  return answer
}

type Call = {
  readonly scope: string
  readonly payload: unknown
  readonly firstSentAt: number | undefined
}

async function answerOf(key: string, call: Call, app: RunEndpoint): Promise<Response> {
  const { once, resumable, waitMs: wait, violate } = app
  /** How this call's own work has ended, so far. */
  let own: 'not begun' | 'at work' | 'done' | { readonly thrown: unknown } = 'not begun'
  const work = async (execution: Execution) => {
    own = 'at work'
    try {
      const value = await app.work(execution)
      own = 'done'
      return value
    } catch (error) {
      own = { thrown: error }
      throw error
    }
  }
  const ended = (): typeof own => own
  try {
    const { value, replayed } = await once.run(key, { ...call, resumable, wait }, work)
    app.count(replayed ? 'done earlier' : 'done')
    if (!replayed && ended() !== 'done') violate('a run says what it gives again', key)
    return Response.json(value, { status: 201, headers: marked(replayed) })
  } catch (error) {
    if (!isIdempotencyError(error)) throw error
    app.count(error.code)
    const last = ended()
    const thrown = typeof last === 'object' ? last.thrown : undefined
    if (/^outcome-unknown$|^nothing-happened$/.test(error.code) && error.cause !== thrown)
      violate('a run gives what its work threw', `${key}: ${error.code}`)
    return refusalOf(error, last !== 'not begun', app)
  }
}

/** By code: its documented status. What was done without a value to give is a bare success. */
const STATUSES: Readonly<Record<IdempotencyErrorCode, number>> = {
  'key-missing': 400,
  'key-invalid': 400,
  'first-sent-invalid': 400,
  'body-unreadable': 400,
  'body-malformed': 400,
  'body-too-large': 413,
  'scope-invalid': 500,
  'key-unknown': 404,
  'in-progress': 409,
  'payload-mismatch': 422,
  sealed: 410,
  'not-executed': 410,
  'key-expired': 412,
  'too-many-open': 429,
  'nothing-happened': 503,
  'store-unavailable': 503,
  'outcome-unknown': 500,
  'claim-lost': 500,
  'already-executed': 200,
  'value-invalid': 200,
}

function refusalOf({ code, retryAfter }: IdempotencyError, hasRun: boolean, app: RunEndpoint): Response {
  const again = retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter / 1_000)) }
  const status = STATUSES[code]
  // What speaks for the key, and not for this delivery alone.
  const isOfKey = /^(?:sealed|not-executed|already-executed)$/.test(code)
  const headers = { ...again, ...marked(isOfKey || (code === 'outcome-unknown' && !hasRun)) }
  if (status === 200) return Response.json({ status: 'succeeded' }, { headers })
  if (code === 'in-progress' && app.inProgress === 202)
    return Response.json({ status: 'processing' }, { status: 202, headers })
  // A client whose clock is wrong goes by the server's.
  const isOfTime = code === 'key-expired' || code === 'first-sent-invalid'
  return problem(code, status, headers, isOfTime ? { date: exactDate(app.now()) } : {})
}

function problem(code: string, status: number, headers = {}, more = {}): Response {
  const type = { 'content-type': 'application/problem+json' }
  const body = { type: `urn:stillonce:${code}`, status, code, ...more }
  return Response.json(body, { status, headers: { ...headers, ...type } })
}

function marked(isReplay: boolean): Readonly<Record<string, string>> {
  return isReplay ? { 'idempotent-replayed': 'true' } : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Epoch ms of `Sat, 28 Nov 2026 19:07:46 GMT;ms=123`. */
function instantOf(text: string | null): number | undefined {
  if (text === null) return undefined
  const [date = '', ms = '0'] = text.split(';ms=')
  return Date.parse(date) + Number(ms)
}

function exactDate(at: number): string {
  return `${new Date(at).toUTCString()};ms=${Math.floor(at) % 1_000}`
}
