import { configurationError } from '../public/errors.ts'
import { isObject, refuseUnknown, requireFunction, requireStoreMethods } from '../guards/option-checks.ts'
import type { RecordStore } from '../public/store.ts'
import type { KeyEventListener } from './events.ts'
import type { KeptHeaders } from './answer/kept-headers.ts'
import { keptHeaders, requireHeaderName } from './answer/kept-headers.ts'
import { keyInUrl, keyUrlOf } from './request/key-url.ts'
import type { Parse } from './request/parse-input.ts'
import { serverScopeFault } from './request/scope-check.ts'

/**
 * Whose key it is; undefined is refused as a mistake. `context` is what the framework knows of the request: Express's `req`, Fastify's request, what is
 * given as `context` to `handle`, `status` and `seal`, and as the second argument to what `wrap` gives.
 */
export type ScopeOf<Context> = (
  request: Request,
  context: Context,
) => string | undefined | Promise<string | undefined>

/** The options of `createIdempotency`. Durations in ms. */
export type IdempotencyOptions<Context = unknown> = {
  /** Where keys are remembered; shared by all processes that serve them. One with a bound is refused. */
  readonly store: RecordStore
  /**
   * Whose key it is: the id of a user that was verified before, so that the same key of two users is two keys.
   * A credential is refused: it changes while its user stays the same. With one text for all, everybody who knows
   * a key can read its answer and seal it.
   */
  readonly scope: string | ScopeOf<Context>
  /** How long an answer is remembered, at least. Default a day. */
  readonly retention?: number | undefined
  /** Time without a sign of life after which the holder of a claim counts as dead. Default 30,000. */
  readonly lease?: number | undefined
  /** How long a handler may take before the client gets `outcome-unknown`. Default 120,000. */
  readonly timeout?: number | undefined
  /** How long a request waits for the answer of the one that holds its key. Default 0. */
  readonly wait?: number | undefined
  /** Whether a request without a key is refused, or executed without protection. Default true. */
  readonly required?: boolean | undefined
  /** What a request gets whose key is in progress. Default 409. */
  readonly inProgress?: 409 | 202 | undefined
  /** What Retry-After asks for. Default 1,000. */
  readonly retryAfter?: number | undefined
  /** What of the body must not change under a key; method, path and query always count. Default its bytes. */
  readonly fingerprint?: ((request: Request, body: Uint8Array) => string | Promise<string>) | undefined
  /** Reads and checks a request before its key is claimed. Default nothing: the handler reads it. */
  readonly parse?: Parse | undefined
  /** Which answers are kept to be given again, by status and headers. Default all. */
  readonly stores?: ((response: Response) => boolean) | undefined
  /** The handler may run again after its holder died or it threw: its effects commit once, however often it runs. Default false. */
  readonly resumable?: boolean | undefined
  /**
   * Whether what a handler throws goes on to the caller of `handle`, for the framework's own error handling (Hono's
   * `onError`), once the key is marked unknown; else the client gets `outcome-unknown`. Default only errors whose
   * `status` or `statusCode` is a 4xx. The adapters for Express and Fastify always let it go on.
   */
  readonly rethrow?: boolean | undefined
  /** Errors after which nothing has happened, besides NotExecuted: the key is freed and the error goes on to the caller. */
  readonly nothingHappened?: ((error: unknown) => boolean) | undefined
  /** The most keys of a scope that may wait for somebody who concludes, and the most that may be sealed. Default 10,000. */
  readonly maxOpen?: number | undefined
  /** Header of the key. Default `Idempotency-Key`. */
  readonly header?: string | undefined
  /** Header with the time at which the client first sent the key, an HTTP-date. Default `Idempotency-First-Sent`. */
  readonly firstSentHeader?: string | undefined
  /** Default 255 characters. */
  readonly maxKeyLength?: number | undefined
  /** The largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** The largest answer that is kept with its body. Default 1 MiB. */
  readonly maxAnswerBytes?: number | undefined
  /** Headers of an answer that are kept and given again. */
  readonly replayHeaders?: readonly string[] | undefined
  /** The key's own URL, for Location; undefined for none. Default `prefix`, the request's path and `/by-key/<key>`. */
  readonly location?: ((key: string, request: Request) => string | undefined) | undefined
  /** What a proxy in front takes off the path, as `/api`: it is put back into `location`. Default nothing. */
  readonly prefix?: string | undefined
  /** The key that a request to the key's own URL is about. Default what `/by-key/` in its path precedes. */
  readonly keyOf?: ((request: Request) => string) | undefined
  readonly onEvent?: KeyEventListener | undefined
  /**
   * What a handler threw that leaves its key unknown, or threw after its answer or its commit; a success whose transaction
   * (`completeWithin`) was not committed; why the store could not be used; what a callback of these options threw; a scope
   * that was refused, and then there is none. Default nothing.
   */
  readonly onError?:
    | ((error: unknown, about: { readonly key: string; readonly scope: string | undefined }) => void)
    | undefined
}

type Given<Name extends keyof IdempotencyOptions> = NonNullable<IdempotencyOptions[Name]>

/** The options with their defaults. */
export type ServerSettings = typeof DEFAULTS &
  Pick<
    IdempotencyOptions,
    'store' | 'stores' | 'fingerprint' | 'parse' | 'rethrow' | 'nothingHappened' | 'onEvent' | 'onError'
  > & {
    readonly location: Given<'location'>
    readonly keyOf: Given<'keyOf'>
    readonly replayHeaders: KeptHeaders
  }

/** Beside them, whose keys they are. */
export type ScopedSettings<Context> = ServerSettings & Pick<IdempotencyOptions<Context>, 'scope'>

const DEFAULTS: {
  readonly retention: number
  readonly lease: number
  readonly timeout: number
  readonly wait: number
  readonly required: boolean
  readonly inProgress: 409 | 202
  readonly retryAfter: number
  readonly resumable: boolean
  readonly maxOpen: number
  readonly header: string
  readonly firstSentHeader: string
  readonly maxKeyLength: number
  readonly maxBodyBytes: number
  readonly maxAnswerBytes: number
} = Object.freeze({
  retention: 86_400_000,
  lease: 30_000,
  timeout: 120_000,
  wait: 0,
  required: true,
  inProgress: 409,
  retryAfter: 1_000,
  resumable: false,
  maxOpen: 10_000,
  header: 'Idempotency-Key',
  firstSentHeader: 'Idempotency-First-Sent',
  maxKeyLength: 255,
  maxBodyBytes: 4_194_304,
  maxAnswerBytes: 1_048_576,
})

const FUNCTIONS = [
  'fingerprint',
  'stores',
  'nothingHappened',
  'location',
  'keyOf',
  'onEvent',
  'onError',
] as const

/** The options with their defaults, checked. Throws a `configuration` error that names the option. */
export function resolveOptions<Context>(options: IdempotencyOptions<Context>): ScopedSettings<Context> {
  if (!isObject(options)) throw configurationError('options', 'must be an object')
  refuseUnknown(
    options,
    [...Object.keys(DEFAULTS), ...FUNCTIONS, 'store', 'scope', 'prefix', 'parse', 'rethrow', 'replayHeaders'],
    '',
  )
  const { store, scope } = options
  if (!isObject(store)) throw configurationError('store', 'must be a store: sqliteStore(path), for example')
  requireStoreMethods(store)
  if (store.isBounded === true)
    throw configurationError(
      'store',
      'must keep what it is given: a bounded store forgets keys and cancels, so that what was done is done again (memoryStore({ maxSettled: Infinity }), sqliteStore(path))',
    )
  if (typeof scope !== 'function') {
    if (typeof scope !== 'string')
      throw configurationError('scope', 'must be a text, or a function that gives one')
    const fault = serverScopeFault(scope)
    if (fault !== undefined) throw configurationError('scope', fault)
  }
  for (const name of FUNCTIONS) requireFunction(options[name], name)
  checkParse(options.parse)
  const settings = { ...options, ...DEFAULTS, ...defined(options) }
  for (const name of [
    'retention',
    'lease',
    'timeout',
    'maxOpen',
    'maxKeyLength',
    'maxBodyBytes',
    'maxAnswerBytes',
  ] as const)
    requireNumber(settings[name], name, 1)
  for (const name of ['wait', 'retryAfter'] as const) requireNumber(settings[name], name, 0)
  for (const name of ['required', 'resumable', 'rethrow'] as const)
    if (name in settings && settings[name] !== undefined && typeof settings[name] !== 'boolean')
      throw configurationError(name, 'must be true or false')
  for (const name of ['header', 'firstSentHeader'] as const) requireHeaderName(settings[name], name)
  if (settings.header.toLowerCase() === settings.firstSentHeader.toLowerCase())
    throw configurationError('firstSentHeader', 'must be another header than that of the key')
  if (/^(?:proxy-)?authorization$|^cookie$/i.test(settings.header))
    throw configurationError('header', 'must not be one of credentials: the key lies in the store')
  if (settings.inProgress !== 409 && settings.inProgress !== 202)
    throw configurationError('inProgress', 'must be 409 or 202')
  return {
    ...settings,
    location: options.location ?? keyUrlOf(options.prefix),
    keyOf: options.keyOf ?? keyInUrl(options.location === undefined),
    replayHeaders: keptHeaders(options.replayHeaders),
  }
}

/** Also of one handler. */
export function checkParse(parse: unknown): void {
  if (parse !== undefined && parse !== 'json' && typeof parse !== 'function')
    throw configurationError('parse', "must be a function, or 'json'")
}

/** An option that is given as undefined is not given. */
function defined(options: object): Partial<typeof DEFAULTS> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function requireNumber(value: unknown, path: string, least: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    throw configurationError(path, `must be a number of at least ${least}`)
}
