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

/** Options that a definition may override. All durations are in ms. */
export type SharedOptions = {
  /** Time limit of one attempt, including the response body. Default 30,000. */
  readonly timeout?: number | undefined
  /** Time limit of one run: claiming, sending, waiting and asking together. Default 120,000. */
  readonly deadline?: number | undefined
  readonly retry?:
    | {
        /**
         * How many times one run may send, at least 1; status requests go on. Default: as many as deadline and retry budget
         * allow.
         */
        readonly attempts?: number | undefined
        /** Backoff between attempts, with full jitter between 0 and min(cap, base * 2^n). Default 250 and 8,000. */
        readonly backoff?:
          | { readonly base?: number | undefined; readonly cap?: number | undefined }
          | undefined
      }
    | undefined
  readonly poll?:
    | {
        /** Pauses between polls and between status requests. Default 500 to 5,000. */
        readonly interval?:
          | { readonly min?: number | undefined; readonly max?: number | undefined }
          | undefined
        /** Replaces `deadline` from the first "still processing" response. Default 600,000. */
        readonly deadline?: number | undefined
      }
    | undefined
  /** Your statement of how the server treats keys. */
  readonly profile?: Profile | undefined
  /**
   * How long a result is returned again without a request. Default 86,400,000 (a day). The fact that the operation was
   * executed stays for a year.
   */
  readonly remember?: number | undefined
}

export type ClientOptions = SharedOptions & {
  /** Required: how durably the store writes, and which processes share it, decides which promises hold. */
  readonly store: RecordStore
  /**
   * Required: whose operations these are, such as a user id. A function is called at each call; a run whose scope has
   * changed meanwhile stops sending.
   */
  readonly scope: string | (() => string)
  readonly profile: Profile
  /**
   * The credential of the scope's user, if the user has several accounts. An operation that was begun with one account
   * is never sent again with another. Default: none.
   */
  readonly account?: (string | ((scope: string) => string)) | undefined
  /** How old a stored request may be for `resume({ send: true })`, ms. Default 900,000. */
  readonly validFor?: number | undefined
  /** How many bytes of a response body are read, counted after decompression. Default 4,194,304. */
  readonly maxBodyBytes?: number | undefined
  /** Receives every event. An error that it throws or rejects with goes to `onListenerError` and stops nothing. */
  readonly onEvent?: OperationEventListener | undefined
  /**
   * Returns the id of the trace that a call belongs to, for the events of its run. Called in the tick in which the run
   * begins, and again for each call that joins the run. Values other than strings are ignored.
   */
  readonly traceId?: (() => string | undefined) | undefined
  /**
   * Traces each run, from the tick in which it begins; `stillonce/opentelemetry` has such a tracer. An error that it
   * throws goes to `onListenerError`, and the run goes on without the tracer.
   */
  readonly trace?: RunTracer | undefined
  /**
   * Receives what a listener threw or rejected with, and the name of that listener. Default: the runtime's warning
   * channel (`process.emitWarning` in Node, `reportError` in a page). An error that this function itself throws is
   * dropped.
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

/** Returns the client's options with defaults filled in, or throws a `configuration` error that names the option. */
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

/** The settings of a definition: its own options, then the client's. */
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

/** Merges option by option: an option that the definition leaves undefined is the client's. */
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

/** Checks the account, which names the credential in use. Empty if the option `account` is not given. */
export function accountText(
  account: unknown,
  path = 'account',
  must = 'be a string, or a function that gives one',
): string {
  hearThrown(account)
  if (typeof account !== 'string') throw configurationError(path, `must ${must}`)
  return account
}

/** Checks the scope of a call: a text that names somebody. Without one, nobody knows whose records these are (P7). */
export function scopeText(scope: unknown): string {
  hearThrown(scope)
  if (typeof scope !== 'string') {
    // A missing scope means that nobody is logged in. Any other value is a mistake, which no login can correct.
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

/** The last scope that passed the check. Every call reads its scope several times. */
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
