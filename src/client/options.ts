import { DEFAULTS } from './defaults.ts'
import { horizonMarginMs, rememberedMs } from '../core/record/horizon-margin.ts'
import type { Profile } from '../core/answers/profile.ts'
import { IS_CREDENTIAL, scopeFault } from '../core/names/scope-fault.ts'
import type { ClientSettings, Settings } from '../engine/settings.ts'
import { FACT_LIFE_MS } from '../engine/settings.ts'
import type { ListenerPlace } from '../guards/listeners.ts'
import { hearThrown } from '../guards/synchronous.ts'
import { configurationError } from '../public/errors.ts'
import type { OperationEventListener } from '../public/event-listener.ts'
import {
  isObject,
  isPlainObject,
  refuseUnknown,
  requireFields,
  requireFunction,
  requireStoreMethods,
} from '../guards/option-checks.ts'
import { givenProfile } from './given-profile.ts'
import type { RunTracer } from '../public/run-trace.ts'
import type { RecordStore } from '../public/store.ts'

/** Options that a definition may override. All durations in ms. */
export type SharedOptions = {
  /** One attempt, its answer's body included. Default 30,000. */
  readonly timeout?: number | undefined
  /** Claiming, sending, waiting and asking of one run, which goes on for so long. Default 120,000. */
  readonly deadline?: number | undefined
  readonly retry?: {
    /** How often one run may send, at least 1; asking goes on. Default: as often as deadline and retry budget allow. */
    readonly attempts?: number | undefined
    /** Full jitter between 0 and min(cap, base * 2^n). Default 250 and 8,000. */
    readonly backoff?: { readonly base?: number; readonly cap?: number } | undefined
  }
  readonly poll?: {
    /** Pauses between polls and queries. Default 500 to 5,000. */
    readonly interval?: { readonly min?: number; readonly max?: number } | undefined
    /** Takes the deadline's place from the first "still processing". Default 600,000. */
    readonly deadline?: number | undefined
  }
  /** Your statement of how the server treats keys. */
  readonly profile?: Profile | undefined
  /** How long a result is given back without a request. Default 86,400,000 (a day); the fact stays a year. */
  readonly remember?: number | undefined
}

export type ClientOptions = SharedOptions & {
  /** Required: decides which promises hold, by how durably it writes and who shares it. */
  readonly store: RecordStore
  /** Required: whose operations these are. Asked at each call; another answer later stops sending. */
  readonly scope: string | (() => string)
  readonly profile: Profile
  /** Which credential of the scope's user is used, where there are several; another account never re-sends. Default none. */
  readonly account?: (string | ((scope: string) => string)) | undefined
  /** How old a stored request may be for `resume({ send: true })`, ms. Default 900,000. */
  readonly validFor?: number | undefined
  /** Bytes of an answer's body that are read, counted after decompression. Default 4,194,304. */
  readonly maxBodyBytes?: number | undefined
  /** Gets every event. What it throws, or rejects with, goes to `onListenerError` and stops nothing. */
  readonly onEvent?: OperationEventListener | undefined
  /**
   * Gives the id of the trace that a call belongs to, for the events of its run: asked in the tick in which the run begins,
   * and by whoever joins it. A text; anything else is none.
   */
  readonly traceId?: (() => string | undefined) | undefined
  /**
   * Follows each run, from the tick in which it begins: for tracing, as `stillonce/opentelemetry` does it. What it throws
   * goes to `onListenerError`, and the run goes on without it.
   */
  readonly trace?: RunTracer | undefined
  /**
   * Gets what a listener threw or rejected with, and which it was. Default: the runtime's warning channel
   * (`process.emitWarning` in Node, `reportError` in a page). What it throws itself is dropped.
   */
  readonly onListenerError?: ((error: unknown, where: ListenerPlace) => unknown) | undefined
}

const CLIENT_OPTIONS = [
  'store',
  'scope',
  'profile',
  'account',
  'timeout',
  'deadline',
  'retry',
  'poll',
  'remember',
  'validFor',
  'maxBodyBytes',
  'onEvent',
  'traceId',
  'trace',
  'onListenerError',
]

/** The client's options with defaults, or a `configuration` error that names the option. */
export function resolveClientOptions(options: ClientOptions, transportOption: string): ClientSettings {
  if (!isPlainObject(options)) throw configurationError('options', 'must be an object of names and values')
  refuseUnknown(options, [...CLIENT_OPTIONS, transportOption], '')
  requireStore(options.store)
  if (typeof options.scope !== 'function') scopeText(options.scope)
  if (options.account !== undefined && typeof options.account !== 'function') accountText(options.account)
  requireFunction(options.onEvent, 'onEvent')
  requireFunction(options.traceId, 'traceId')
  requireFunction(options.trace, 'trace')
  requireFunction(options.onListenerError, 'onListenerError')
  return {
    ...resolveShared(options, ''),
    validForMs: duration(options.validFor, DEFAULTS.validFor, 'validFor'),
    maxBodyBytes:
      options.maxBodyBytes === undefined
        ? DEFAULTS.maxBodyBytes
        : count(options.maxBodyBytes, 'maxBodyBytes', 1),
  }
}

/** A definition's settings: its own options over the client's. */
export function resolveSettings(options: SharedOptions, client: ClientOptions, path: string): Settings {
  const retry = over(options.retry, client.retry, `${path}retry`)
  const poll = over(options.poll, client.poll, `${path}poll`)
  const shared = {
    ...over(options, client, path),
    retry: { ...retry, backoff: over(options.retry?.backoff, client.retry?.backoff, `${path}retry.backoff`) },
    poll: { ...poll, interval: over(options.poll?.interval, client.poll?.interval, `${path}poll.interval`) },
  }
  return resolveShared(shared as SharedOptions & { profile: Profile }, path)
}

/** The definition's own options over the client's, one by one; what it leaves undefined is the client's. */
function over<Options extends object>(
  own: Options | undefined,
  base: Options | undefined,
  path: string,
): Partial<Options> {
  if (own !== undefined && !isPlainObject(own))
    throw configurationError(path, 'must be an object of names and values')
  const given = Object.entries(own ?? {}).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(given) }
}

/** Whose credential is used; empty where `account` is not given. */
export function accountText(account: unknown): string {
  hearThrown(account)
  if (typeof account !== 'string')
    throw configurationError('account', 'must be a string, or a function that gives one')
  return account
}

/** The scope of a call: a text that names somebody, else nobody knows whose records these are (P7). */
export function scopeText(scope: unknown): string {
  hearThrown(scope)
  if (typeof scope !== 'string') {
    // Nobody is logged in, or this is no scope: no login helps against that.
    const isNobody = scope === undefined || scope === null
    throw notScope('must be a string, or a function that gives one', isNobody)
  }
  if (scope === lastScope) return scope
  const fault = scopeFault(scope)
  if (fault !== undefined) throw notScope(fault, fault !== IS_CREDENTIAL)
  lastScope = scope
  return scope
}

function notScope(fault: string, isNobody: boolean): Error {
  return configurationError('scope', fault, undefined, isNobody ? undefined : 'mistake')
}

/** The one that was found good last: a scope is asked for several times in every call. */
let lastScope: string | undefined

function resolveShared(options: SharedOptions & { profile: Profile }, path: string): Settings {
  const at = (name: string) => `${path}${name}`
  const { retry, poll } = options
  if (retry !== undefined) requireFields(retry, ['attempts', 'backoff'], at('retry'))
  if (retry?.backoff !== undefined) requireFields(retry.backoff, ['base', 'cap'], at('retry.backoff'))
  if (poll !== undefined) requireFields(poll, ['interval', 'deadline'], at('poll'))
  if (poll?.interval !== undefined) requireFields(poll.interval, ['min', 'max'], at('poll.interval'))
  const settings: Settings = {
    timeoutMs: duration(options.timeout, DEFAULTS.timeout, at('timeout')),
    deadlineMs: duration(options.deadline, DEFAULTS.deadline, at('deadline')),
    attempts: retry?.attempts === undefined ? undefined : count(retry.attempts, at('retry.attempts'), 1),
    backoff: {
      base: duration(retry?.backoff?.base, DEFAULTS.base, at('retry.backoff.base'), 0),
      cap: duration(retry?.backoff?.cap, DEFAULTS.cap, at('retry.backoff.cap'), 0),
    },
    pollInterval: {
      min: duration(poll?.interval?.min, DEFAULTS.min, at('poll.interval.min')),
      max: duration(poll?.interval?.max, DEFAULTS.max, at('poll.interval.max')),
    },
    pollDeadlineMs: duration(poll?.deadline, DEFAULTS.pollDeadline, at('poll.deadline')),
    rememberMs: duration(options.remember, DEFAULTS.remember, at('remember'), 0),
    profile: givenProfile(options.profile, `${path}profile`),
  }
  checkRelations(settings, at)
  return settings
}

function checkRelations(settings: Settings, at: (name: string) => string): void {
  const { backoff, pollInterval, profile } = settings
  if (backoff.base > backoff.cap)
    throw configurationError(at('retry.backoff.base'), 'must not be greater than the cap')
  if (pollInterval.min > pollInterval.max)
    throw configurationError(at('poll.interval.min'), 'must not be greater than max')
  if (settings.rememberMs > FACT_LIFE_MS) throw configurationError(at('remember'), 'must be at most a year')
  const retentionMs = rememberedMs(profile, settings)
  const least = settings.deadlineMs + horizonMarginMs({ retentionMs, timeoutMs: settings.timeoutMs })
  if (profile.honoursKeys && profile.retention !== 'unknown' && retentionMs <= least) {
    throw configurationError(
      at('deadline'),
      `deadline and margin (${least} ms) must be less than the ${retentionMs} ms that the server remembers a key`,
    )
  }
}

const LONGEST_MS = 2 ** 31 - 1

function duration(value: unknown, fallback: number, path: string, least = 1): number {
  const given = value === undefined ? fallback : value
  if (typeof given !== 'number' || !Number.isFinite(given))
    throw configurationError(path, 'must be a number of ms')
  if (given < least || (given > LONGEST_MS && !path.endsWith('remember'))) {
    throw configurationError(path, `must be between ${least} and ${LONGEST_MS} ms`)
  }
  return given
}

function count(given: unknown, path: string, least: number): number {
  if (typeof given !== 'number' || !Number.isSafeInteger(given) || given < least) {
    throw configurationError(path, `must be a whole number of at least ${least}`)
  }
  return given
}

function requireStore(store: unknown): void {
  if (!isObject(store))
    throw configurationError('store', 'is required: memoryStore(), sqliteStore(path), or your own')
  requireStoreMethods(store)
}
