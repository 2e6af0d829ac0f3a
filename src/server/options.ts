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
 * Returns the owner of the key; undefined is refused as a mistake. `context` is what the framework knows about the
 * request: Express's `req`, Fastify's request, the `context` given to `handle`, `status` and `seal`, or the second
 * argument of the function that `wrap` returns.
 */
export type ScopeOf<Context> = (
  request: Request,
  context: Context,
) => string | undefined | Promise<string | undefined>

/** The options of `createIdempotency`. Durations are in ms. */
export type IdempotencyOptions<Context = unknown> = {
  /** Stores the keys. All processes that serve these keys must share the store. A store with a bound is refused. */
  readonly store: RecordStore
  /**
   * The owner of the key: the id of a user that was verified before, so that the same key of two users is two keys. A
   * credential is refused, because it changes while its user stays the same. With one fixed text for everybody,
   * everybody who knows a key can read its answer and seal it.
   */
  readonly scope: string | ScopeOf<Context>
  /** The shortest time for which an answer is remembered. Default 86,400,000 (a day). */
  readonly retention?: number | undefined
  /** After this time without a sign of life, the holder of a claim counts as dead. Default 30,000. */
  readonly lease?: number | undefined
  /** How long a handler may take before the client gets `outcome-unknown`. Default 120,000. */
  readonly timeout?: number | undefined
  /** How long a request waits for the answer of the request that holds its key. Default 0. */
  readonly wait?: number | undefined
  /**
   * Whether a request without a key is refused. With `false` such a request is executed without protection. Default
   * true.
   */
  readonly required?: boolean | undefined
  /** The status for a request whose key is in progress. Default 409. */
  readonly inProgress?: 409 | 202 | undefined
  /** The delay that Retry-After states. Default 1,000. */
  readonly retryAfter?: number | undefined
  /**
   * Returns the part of the body that must not change under a key. Method, path and query always count. Default: the
   * body's bytes.
   */
  readonly fingerprint?: ((request: Request, body: Uint8Array) => string | Promise<string>) | undefined
  /** Reads and checks a request before its key is claimed. Default: none, and the handler reads the request. */
  readonly parse?: Parse | undefined
  /** Decides by status and headers which answers are stored for repeats. Default: all. */
  readonly stores?: ((response: Response) => boolean) | undefined
  /**
   * Permits another run of the handler after its holder died or it threw: its effects must commit once, however often
   * it runs. Default false.
   */
  readonly resumable?: boolean | undefined
  /**
   * Whether an error of a handler goes on to the caller of `handle` once the key is marked unknown, for the
   * framework's own error handling (Hono's `onError`). Otherwise the client gets `outcome-unknown`. Default: only
   * errors whose `status` or `statusCode` is a 4xx go on. The adapters for Express and Fastify always pass the error
   * on.
   */
  readonly rethrow?: boolean | undefined
  /**
   * Returns true for an error after which nothing has happened, besides NotExecuted. The key is freed, and the error
   * goes on to the caller.
   */
  readonly nothingHappened?: ((error: unknown) => boolean) | undefined
  /** How many keys of a scope may wait to be concluded, and how many may be sealed. Default 10,000. */
  readonly maxOpen?: number | undefined
  /** The header that holds the key. Default `Idempotency-Key`. */
  readonly header?: string | undefined
  /**
   * The header with the time at which the client first sent the key, an HTTP-date. Default `Idempotency-First-Sent`.
   */
  readonly firstSentHeader?: string | undefined
  /** The longest key, in characters. Default 255. */
  readonly maxKeyLength?: number | undefined
  /** The largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** The largest answer that is stored with its body. Default 1 MiB. */
  readonly maxAnswerBytes?: number | undefined
  /** Headers of an answer that are stored and repeated. */
  readonly replayHeaders?: readonly string[] | undefined
  /** The key's own URL, for Location; undefined for none. Default: `prefix`, the request's path and `/by-key/<key>`. */
  readonly location?: ((key: string, request: Request) => string | undefined) | undefined
  /** The path prefix that a proxy in front removes, such as `/api`, and that `location` needs back. Default: none. */
  readonly prefix?: string | undefined
  /** The key that a request to a key's own URL is about. Default: the part of its path after `/by-key/`. */
  readonly keyOf?: ((request: Request) => string) | undefined
  readonly onEvent?: KeyEventListener | undefined
  /**
   * Receives errors: what a handler threw if that leaves its key unknown, or if it threw after its answer or its
   * commit; a success whose transaction (`completeWithin`) was not committed; why the store could not be used; what a
   * callback of these options threw; a refused scope (`scope` is then undefined). Default: none.
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

/** The settings, and the scope option. */
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

/** The options, checked and with their defaults. Throws a `configuration` error that names the wrong option. */
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

/** Also checks the `parse` of one handler. */
export function checkParse(parse: unknown): void {
  if (parse !== undefined && parse !== 'json' && typeof parse !== 'function')
    throw configurationError('parse', "must be a function, or 'json'")
}

/** An option that is given as undefined counts as left out. */
function defined(options: object): Partial<typeof DEFAULTS> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function requireNumber(value: unknown, path: string, least: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    throw configurationError(path, `must be a number of at least ${least}`)
}
