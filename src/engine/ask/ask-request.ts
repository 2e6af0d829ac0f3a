import { definitionPath } from '../plan.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { askAfterRedirect, followedRedirect } from '../../core/answers/followed-redirect.ts'
import type { LedTo } from '../../core/answers/redirected-ask.ts'
import { isOfAnotherUrl, ledBy, ledFurther, ledUnseen } from '../../core/answers/redirected-ask.ts'
import { allowedTarget } from '../../core/answers/poll-target.ts'
import type { AskPlace, Reach } from '../../core/run/ask-reach.ts'
import { homeOrigin } from '../../core/run/ask-reach.ts'
import type { AskMoment } from '../../core/run/ask-refusal.ts'
import { askRefusal } from '../../core/run/ask-refusal.ts'
import { firstSendOfAsk } from '../../core/record/first-send-time.ts'
import { OperationError, configurationError, isOperationError, withOutcome } from '../../public/errors.ts'
import { answerBody, answerHeaders, readBody } from '../answer/body.ts'
import { sendThrough } from '../../runtime/direct-fetch.ts'
import type { ReceivedResponse } from '../../runtime/direct-fetch.ts'
import { carriedOptions } from '../../runtime/fetch-options.ts'
import { UNSENT, unsentKey } from './check-ask.ts'
import { requested } from './requested.ts'
import { isMistake } from '../run/mistakes.ts'
import type { RunFacts } from '../run/run-facts.ts'
import type { Payload } from '../request/payload.ts'
import { preparePayload } from '../request/payload.ts'
import type { AskPlan, AskSpec } from '../plan.ts'
import { seeDate } from '../answer/server-date.ts'
import { firstSentToTell } from '../answer/server-date.ts'
import { ownOrigin } from '../request/stored-payload.ts'
import { hearThrown, synchronous } from '../../guards/synchronous.ts'

/*
 * One request that asks, through the http layer: its parts, where it may go, and its response. ask.ts and seal.ts
 * interpret the response.
 */

/** The callback of the definition that made a request, for errors that name it. */
type AskPath = 'status.request' | 'cancel.request'

/** Calls a definition's request callback for this operation. */
export function specOf(x: RunFacts, plan: AskPlan<unknown>, path: AskPath): AskSpec {
  const { record } = x
  if (record === undefined) throw new Error('nothing to ask about')
  const mistake = (fault: string) => configurationError(`${definitionPath(x.plan)}.${path}`, fault, x.outcome)
  let spec: AskSpec
  const key = x.plan.carriesKey ? record.key : unsentKey(() => mistake(UNSENT))
  try {
    spec = requested(plan, { key, id: record.id, generation: record.generation })
  } catch (error) {
    throw isMistake(error) ? error : Object.assign(mistake('threw'), { cause: error })
  }
  if (typeof spec !== 'object' || spec === null) throw mistake('must give { url, method?, headers? }')
  try {
    return synchronous(spec, `${definitionPath(x.plan)}.${path}`)
  } catch (error) {
    throw isOperationError(error) ? withOutcome(error, x.outcome) : error
  }
}

/**
 * Sends one request that asks. Resolves with the response, or with the reason why there is none. Limited by the
 * attempt's timeout and the run's deadline.
 */
export async function request(
  x: RunFacts,
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
    const refusal = askRefusal(momentOf(x, cut.signal.aborted))
    if (refusal !== undefined) throw new Error(refusal)
    const headers = target.credentials
      ? sentHeaders(_input, init)
      : new Headers({ accept: 'application/json' })
    const carried = target.credentials ? carriedOptions(_input, init, runtime.environment) : {}
    const taken = await fetchAnswer(x, target, headers, carried, cut.signal)
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
    await Promise.race([sending.catch(hearThrown), aborted(cut.signal)])
  } finally {
    cancel()
    endStop()
    cut.abort()
  }
  return answer ?? 'no answer'
}

type AskTarget = {
  readonly asks: 'status' | 'cancel'
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer> | undefined
  readonly credentials: boolean
}

/** The current facts, checked before every request. */
function momentOf(x: RunFacts, isOver: boolean): AskMoment {
  return {
    isOver,
    remainingMs: x.remainingMs,
    isSameScope: x.isSameScope,
    targetFault: x.faultToAsk,
  }
}

/** The origin that the request would have now, and the one with which the operation was begun. */
export function originsOf({
  payload,
  engine,
  record,
}: RunFacts): Pick<AskPlace, 'ownOrigin' | 'storedOrigin'> {
  return { ownOrigin: payload?.url.origin ?? ownOrigin(engine), storedOrigin: record?.target.origin }
}

async function prepared(
  x: RunFacts,
  spec: AskSpec,
  path: AskPath,
  reach: Reach,
): Promise<AskTarget | string> {
  const { record, engine, plan } = x
  if (record === undefined) return 'nothing to ask about'
  const refusal = askRefusal(momentOf(x, x.stopRequest !== undefined))
  if (refusal !== undefined) return refusal
  // The http layer may add parameters that are credentials, so it does not resolve URLs of other origins.
  const isElsewhere = (url: string | URL) =>
    typeof url !== 'string' && (reach === 'no-credentials' || url.origin !== record.target.origin)
  let payload: Payload
  try {
    payload = await preparePayload(
      { ...spec, method: spec.method ?? 'GET' },
      {
        runtime: engine.runtime,
        resolveUrl: url => (isElsewhere(url) ? new URL(url) : engine.transport.resolveUrl(url)),
        profile: plan.settings.profile,
        account: '',
        fingerprint: null,
        path: `${definitionPath(plan)}.${path}`,
      },
    )
  } catch (error) {
    // The operation may have been executed, whatever is wrong with this request.
    throw isMistake(error)
      ? new OperationError({
          code: 'configuration',
          outcome: x.outcome,
          reason: error.message,
          cause: error.cause,
          operationId: x.operationId,
        })
      : error
  }
  const trusted = reach === 'own-origin' ? [] : plan.settings.profile.trustedOrigins
  const target = allowedTarget(payload.url.href, homeOrigin(originsOf(x)), trusted)
  if (target === undefined) return 'the URL leads to another origin than that of the operation'
  const bytes = await payload.bytes(record.key)
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...x.trace?.headers,
    ...payload.headers,
  }
  if (bytes.contentType !== undefined) headers['content-type'] ??= bytes.contentType
  const { firstSent, name: profileName } = plan.settings.profile
  // With the time of the first send, a server knows whether it has forgotten the key or never had it.
  const told = firstSentToTell(x)
  if (reach === 'own-origin' && firstSent !== undefined && told !== undefined) {
    const asked = { isStillonce: profileName === 'stillonce', firstSentAt: record.firstSentAt }
    headers[firstSent.header.toLowerCase()] ??= firstSendOfAsk(told, asked)
  }
  return {
    asks: path === 'cancel.request' ? 'cancel' : 'status',
    method: payload.method,
    url: payload.url,
    headers,
    body: bytes.body,
    credentials: target.credentials && reach !== 'no-credentials',
  }
}

async function fetchAnswer(
  x: RunFacts,
  target: AskTarget,
  headers: Headers,
  carried: RequestInit,
  signal: AbortSignal,
): Promise<{ readonly answer: Answer; readonly response: Response }> {
  const { transport, runtime, settings } = x.engine
  let { url, method, body } = target
  let ledTo: LedTo
  for (let hop = 0; ; hop++) {
    const init: RequestInit = { ...carried, method, headers, body: body ?? null, redirect: 'manual', signal }
    pastCaches(init, headers, url)
    if (!target.credentials) init.credentials = 'omit'
    const leftAt = runtime.now()
    const response = await sendThrough(transport.innermostFetch(), url, init)
    const mayFollow = askRefusal(momentOf(x, signal.aborted)) === undefined
    const next = mayFollow
      ? followedRedirect({ of: 'ask', hop, response, from: url, origin: url.origin })
      : undefined
    const led = next && ledBy({ ...target, status: response.status, method, from: url.href, to: next.href })
    if (next === undefined || (target.asks === 'cancel' && led !== undefined)) {
      ledTo = ledFurther(ledTo, ledByItself(response, method, url))
      const answered = answerHeaders(response)
      const read = await readBody(response, {
        headers: answered,
        limitBytes: settings.maxBodyBytes,
        framingVisible: runtime.environment === 'node',
        method,
      })
      const answer: Answer = {
        kind: 'answer',
        status: response.status,
        headers: answered,
        body: answerBody(read, answered['content-type']),
        ownTarget: ledTo === undefined,
        ledTo,
        bodiless: method === 'HEAD',
      }
      seeDate(x, answer, url, leftAt)
      const empty = [101, 204, 205, 304].includes(response.status) || response.status < 200
      if (response.status < 200) return { answer, response: response as Response }
      return {
        answer,
        response: new Response(empty ? null : read.bytes, {
          status: response.status,
          headers: [...response.headers],
        }),
      }
    }
    response.body?.cancel().catch(() => {})
    ledTo = ledFurther(ledTo, led)
    url = next
    ;({ method, body } = askAfterRedirect(response.status, { method, body }))
  }
}

/**
 * A fetch that follows redirects despite `redirect: 'manual'` reports it by `redirected`, or shows it by the URL of its
 * response.
 */
function ledByItself(response: ReceivedResponse, method: string, asked: URL): LedTo {
  if (!response.redirected && !isOfAnotherUrl(response.url, asked.href)) return undefined
  return ledUnseen(method, asked.href, response.url)
}

/**
 * A response from a cache describes the past. For a page's request to another origin, the browser adds the header
 * itself because of `no-store` (Fetch, "HTTP-network-or-cache fetch"); set here, it would cause a preflight.
 */
function pastCaches(init: RequestInit, headers: Headers, url: URL): void {
  if (takesCacheMode()) init.cache = 'no-store'
  const page = globalThis.location?.origin
  if (page === undefined || page === url.origin) headers.set('cache-control', 'no-cache')
}

let cacheMode: boolean | undefined

/** Cloudflare's workers throw at `cache` before the compatibility date of 2024-11-11. */
function takesCacheMode(): boolean {
  if (cacheMode !== undefined) return cacheMode
  try {
    cacheMode = new Request('http://localhost/', { cache: 'no-store' }).method === 'GET'
  } catch {
    cacheMode = false
  }
  return cacheMode
}

function sentHeaders(input: unknown, init: RequestInit | undefined): Headers {
  return new Headers(input instanceof Request ? input.headers : init?.headers)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
