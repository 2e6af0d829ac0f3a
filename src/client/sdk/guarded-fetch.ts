import { rememberedMs } from '../../core/record/horizon-margin.ts'
import type { Plan } from '../../engine/plan.ts'
import type { RequestSpec } from '../../engine/request/request-spec.ts'
import { OwnOrigins } from './own-origins.ts'
import { asConfiguration, called } from '../../guards/callback.ts'
import { isThenable } from '../../guards/synchronous.ts'
import { configurationError } from '../../public/errors.ts'
import type { Fetch } from '../../public/transport.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { whenKnown } from '../../runtime/when-known.ts'
import type { RequestGiven } from '../call.ts'
import type { Run } from '../join-run.ts'
import { onceSettled } from '../join-run.ts'
import type { OperationContext } from '../operation-context.ts'
import { named } from '../operation-context.ts'
import { accountText } from '../options.ts'
import type { Settled } from '../settled.ts'
import { startCall } from '../start-call.ts'
import { CredentialsSeen } from './credentials-seen.ts'
import { EndsSeen } from './ends-seen.ts'
import type { FetchOptions } from './fetch-options.ts'
import { isKeyOf, keyAfter, requestId } from './request-id.ts'
import { responseOrError } from './sdk-response.ts'
import { hasSignedFields } from './signed-fields.ts'
import { isSignedWithKey, signedKey } from './signed-key.ts'
import type { SdkRequest } from './sdk-request.ts'
import { GivenRequest } from './sdk-request.ts'

/*
 * A fetch for SDKs: each request that changes something becomes an operation, and the SDK gets the server's own
 * response.
 *
 *   request -> own origin? -> GET, HEAD, OPTIONS: passed on, around the http layer
 *           -> id          -> none: refused, or passed on if `unguarded` allows it
 *           -> account     -> a second credential without a name: refused
 *           -> run         -> joined if one is live, else begun, like every call of an operation; with one attempt if
 *                             this may be the SDK's own next call, after an end that SDKs retry
 *           -> response    -> executed or refused: a Response with the server's status, kept headers and text
 *                             unknown, or decided by anything but a response: rejects with an OperationError
 *
 * The fetch remembers two things, in this process only: the credentials it has seen, to notice a second one; and which
 * calls have just ended in a way that SDKs repeat. Losing either costs requests, never a promise. What was sent, under
 * which key and with which payload is in the record, which is written before the first byte, as for every operation.
 *
 * What could break this, and why it does not:
 * - The process dies between any two of these lines. Before the run, nothing is begun. From then on the record says
 *   what was sent; the next process has the same id and goes on under the stored key. Without the record (the store
 *   lost it), an id that is the caller's key makes the same keys again, in the same order, so the server answers with
 *   what it did.
 * - A second process has the same id at the same time. The store's compare-and-set lets one send; the other waits.
 * - The SDK gives up by its own clock and calls again. Its signal only ends its waiting: the run goes on, and the next
 *   call joins the run or is answered from the record.
 * - The SDK's next call has other bytes (a time, a random field). The same id with another payload is refused, and
 *   nothing is sent; `fingerprint` defines what counts. Headers do not count (`x-stainless-retry-count` grows).
 * - The SDK's next call has a renewed credential. The run sends with the headers of the call that began it.
 * - The SDK has signed the request including the key (AWS, HTTP message signatures). The request is sent unchanged and
 *   under that key only: with another key, after a refusal or because the id is none, the server would refuse it
 *   unread.
 * - The SDK retries by what the response says. Refusals carry `x-should-retry: false`. After an error or a status that
 *   the SDK repeats anyway, its next calls make one attempt each (ends-seen.ts), under the stored key.
 */

/** Methods that change nothing. */
const PASSED_ON = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Headers that fetch or the engine sets, or that belong to one connection. The SDK's values may describe other bytes.
 */
const NOT_SENT_ON = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
  'keep-alive',
  'expect',
])

export function guardedFetch(context: OperationContext, options: FetchOptions): Fetch {
  const { core, plan } = context
  const path = `fetch(${plan.name})`
  const { profile } = plan.settings
  if (profile.key.in === 'request')
    throw configurationError(
      `${path}.profile`,
      'leaves it to `request` to write the key, and a fetch gets its requests from the SDK: name the place by `key.in`. Nothing was sent',
    )
  const { account, fingerprint, unguarded } = options
  const credentials = new CredentialsSeen(path)
  const ends = new EndsSeen(core.engine.runtime)
  const origins = new OwnOrigins()
  const definition = { name: plan.name, id: noCall, request: noCall }
  const plans = plansOfCalls(plan, path)
  const time = { runtime: core.engine.runtime, timeoutMs: plan.settings.timeoutMs }
  const keyHeader = profile.header?.toLowerCase()

  return async (input, init) => {
    const scope = context.scopeNow()
    const engine = core.engineOf(scope)
    const { transport } = engine
    const request = new GivenRequest(input, init, path, url => transport.resolveUrl(url), time)
    requireOrigin(request.target, origins.of(engine), path)
    const passOn = () => {
      const send = transport.innermostFetch()
      return send(typeof input === 'string' ? request.url : input, init)
    }
    if (PASSED_ON.has(request.method)) return passOn()

    const { signal } = request
    const bounds = { signal, runtime: core.engine.runtime, deadlineMs: plan.settings.deadlineMs }
    // Values that are known at once are not awaited: each `await` takes a turn of its own.
    const asked = askedNow(options.id, request, `${path}.id`, bounds)
    const about = requestId(asked instanceof Promise ? await asked : asked, `${path}.id`)
    if ('none' in about) {
      if (mayPass(unguarded, request, `${path}.unguarded`)) return passOn()
      throw configurationError(`${path}.id`, `${about.none}. ${NOTHING_SENT}`)
    }
    const { id } = about
    const whose =
      account &&
      accountText(
        await askedNow(account, request, `${path}.account`, bounds),
        `${path}.account`,
        'give a text, the name of an account',
      )
    if (whose === undefined) credentials.requireOne(scope, request)
    const spec = specOf(request, keyHeader)
    const given: RequestGiven = {
      scope,
      spec: spec instanceof Promise ? await unlessAborted(spec, signal) : spec,
      specWith: undefined,
      // The URL is parsed only once, because it is the one of this call.
      resolveUrl: url => (url === request.url ? request.target : transport.resolveUrl(url)),
      account: whose ?? core.account(scope),
      accountCounts: whose !== undefined,
      fingerprint:
        fingerprint && ((await askedNow(fingerprint, request, `${path}.fingerprint`, bounds)) ?? null),
    }
    const signs = isSignedWithKey(request, profile) || hasSignedFields(request, profile.key)
    const isSigned = signs instanceof Promise ? await unlessAborted(signs, signal) : signs
    const found = isKeyOf(request, id, profile, isSigned)
    const isKey = found instanceof Promise ? await found : found
    if (isSigned && !isKey) throw configurationError(`${path}.id`, NOT_SIGNED)
    if (signal?.aborted === true) throw reasonOf(signal)
    const operation = named(context, { id, text: JSON.stringify(id) }, scope)
    const { liveKey } = operation
    const own = plans({ key: keyKind(isKey, isSigned), isFollowing: ends.isFollowing(liveKey) })
    // The run does not get the SDK's signal, so that the SDK's next call can join the run that it left.
    const run = startCall({ ...context, plan: own }, definition, undefined, {
      operation,
      signal: undefined,
      given: () => given,
      waitedMs: 0,
      engine: whose === undefined ? undefined : { ...engine, account: () => whose },
    })
    const settled = await orAborted(run, signal, end => ends.ended(liveKey, end))
    return responseOrError(settled, run, request.url, { ...operation, runtime: engine.runtime })
  }
}

const NOTHING_SENT = "Nothing was sent; `unguarded: 'pass'` sends such requests without any guarantee"

const NOT_SIGNED =
  'must give the key with which the SDK signed this request, written as the profile writes keys: no other can be written in, so nothing was sent. Give the SDK a key of your own, or a credential that signs nothing'

/** The plan of one call: how its keys are made, and how often it may send. Each of the six plans is made only once. */
function plansOfCalls(plan: Plan, path: string): (call: CallKind) => Plan {
  const again = onceMore(plan.settings)
  const pairOf = (makeKey: Plan['makeKey']) => ({
    first: { ...plan, makeKey },
    following: { ...plan, makeKey, settings: again },
  })
  const pairs = {
    made: pairOf(plan.makeKey),
    given: pairOf(({ id, generation }) => keyAfter(String(id), generation)),
    signed: pairOf(({ id, generation }) => signedKey(String(id), generation, path)),
  }
  return ({ key, isFollowing }) => (isFollowing ? pairs[key].following : pairs[key].first)
}

type CallKind = { readonly key: KeyKind; readonly isFollowing: boolean }

/** Made by us; given by the caller; or given by the caller and covered by the SDK's signature of the request. */
type KeyKind = 'made' | 'given' | 'signed'

function keyKind(isKey: boolean, isSigned: boolean): KeyKind {
  if (!isKey) return 'made'
  return isSigned ? 'signed' : 'given'
}

/**
 * Settings for one attempt. If nobody knows how long the server remembers a key, that time still follows from the
 * deadline of a first call.
 */
function onceMore(settings: Plan['settings']): Plan['settings'] {
  const { profile, timeoutMs } = settings
  const retention = rememberedMs(profile, settings)
  return { ...settings, attempts: 1, deadlineMs: timeoutMs, profile: { ...profile, retention } }
}

/** The credentials of the SDK and of the http layer must not go to any other origin. */
function requireOrigin({ origin }: URL, own: string | undefined, path: string): void {
  if (own === undefined)
    throw configurationError(path, 'needs the `baseUrl` of the http layer: it sends to that origin only')
  if (origin !== own)
    throw configurationError(
      `${path}.url`,
      'leads to another origin than `baseUrl`, so nothing was sent: give the SDK this base URL, or that origin a client of its own',
    )
}

/** How long a callback's promise is waited for: until the SDK stops waiting, and at most as long as a run takes. */
type Bounds = {
  readonly signal: AbortSignal | undefined
  readonly runtime: Pick<Runtime, 'watchdog'>
  readonly deadlineMs: number
}

/**
 * Calls a callback that returns a value or a promise of one. An error is reported as a mistake that names the callback,
 * and so is a promise that does not end.
 */
function askedNow<Value>(
  callback: (request: SdkRequest) => Value | Promise<Value>,
  request: SdkRequest,
  path: string,
  bounds: Bounds,
): Value | Promise<Value> {
  try {
    const given = callback(request)
    return isThenable(given) ? askedLater(given, path, bounds) : given
  } catch (error) {
    throw asConfiguration(error, path)
  }
}

function askedLater<Value>(
  given: PromiseLike<Value>,
  path: string,
  { signal, runtime, deadlineMs }: Bounds,
): Promise<Value> {
  const late = () =>
    configurationError(path, `did not end within \`deadline\` (${deadlineMs} ms): nothing was sent`)
  const value = Promise.resolve(given).catch(error => {
    throw asConfiguration(error, path)
  })
  return unlessAborted(value, signal, refuse => runtime.watchdog(deadlineMs, () => refuse(late())))
}

function mayPass(unguarded: FetchOptions['unguarded'], request: SdkRequest, path: string): boolean {
  if (typeof unguarded !== 'function') return unguarded === 'pass'
  const may: unknown = called(() => unguarded(request), path)
  return may === true
}

function specOf(request: GivenRequest, keyHeader: string | undefined): RequestSpec | Promise<RequestSpec> {
  return whenKnown(request.body(), body => {
    // The engine makes the boundary, the same at every attempt.
    const ofForm = body instanceof FormData ? 'content-type' : undefined
    const headers: Record<string, string> = {}
    for (const [name, value] of request.headers)
      if (name !== keyHeader && name !== ofForm && !NOT_SENT_ON.has(name)) headers[name] = value
    return { method: request.method, url: request.url, headers, body }
  })
}

/**
 * Resolves with the end, or rejects with the reason for which the SDK stopped waiting. `ended` gets the end in both
 * cases.
 */
function orAborted(
  run: Run,
  signal: AbortSignal | undefined,
  ended: (end: Settled) => void,
): Promise<Settled> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(reasonOf(signal))
    signal?.addEventListener('abort', abort)
    if (signal?.aborted === true) abort()
    onceSettled(run, end => {
      signal?.removeEventListener('abort', abort)
      ended(end)
      resolve(end)
    })
  })
}

/**
 * Resolves with the value of a callback or a body. Rejects when the SDK stops waiting, and when a limit is reached: a
 * stream and a callback may never end.
 */
function unlessAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
  limited?: (refuse: (error: unknown) => void) => () => void,
): Promise<Value> {
  if (signal === undefined && limited === undefined) return work
  return new Promise((resolve, reject) => {
    const cancel = limited?.(reject)
    const over = () => {
      cancel?.()
      signal?.removeEventListener('abort', abort)
    }
    const abort = () => {
      over()
      reject(reasonOf(signal))
    }
    signal?.addEventListener('abort', abort)
    if (signal?.aborted === true) abort()
    void work.then(resolve, reject).finally(over)
  })
}

/** Signals of React Native and of polyfills have no reason. */
function reasonOf(signal: AbortSignal | undefined): unknown {
  const reason: unknown = signal?.reason
  return reason === undefined
    ? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' })
    : reason
}

/** Takes the place of a definition's callbacks: the requests of a fetch come with each call. */
function noCall(): never {
  throw new Error('a fetch is given its requests')
}
