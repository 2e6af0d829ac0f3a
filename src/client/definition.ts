import { NotPlain, plainId } from '../core/names/plain-data.ts'
import { keyFault } from '../core/names/key-grammar.ts'
import type { VerdictName } from '../core/answers/verdict.ts'
import type {
  AskContext,
  AskSpec,
  CancelAnswer,
  KeyContext,
  Plan,
  StatusAnswer,
  VerdictEvidence,
} from '../engine/plan.ts'
import type { RequestSpec } from '../engine/request/request-spec.ts'
import { hearThrown, hearWithin, synchronous } from '../guards/synchronous.ts'
import type { ServerResponse } from '../public/errors.ts'
import { configurationError } from '../public/errors.ts'
import type { ClientOptions, SharedOptions } from './options.ts'
import { isObject, isPlainObject, refuseUnknown, requireFunction } from '../guards/option-checks.ts'
import type { Settings } from '../engine/settings.ts'
import { resolveSettings } from './options.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import type { StoredRequestOptions } from './stored-headers.ts'
import { keptResponseHeaders, storedHeaders } from './stored-headers.ts'

/** How to perform one kind of operation. All callbacks except `onConflict` are synchronous. */
export type OperationDefinition<Input, Output = unknown> = SharedOptions &
  StoredRequestOptions & {
    /** The operation's name, unique within a client. */
    readonly name: string
    /**
     * Identifies the intention, not its content: a string or plain data (null only inside it). Called once per call.
     */
    readonly id: (input: Input) => unknown
    /**
     * Builds the request. For servers that want the key where no profile puts it, `request` may read `key` from its
     * second argument. It is then called more than once, first with a placeholder key, and must be pure.
     */
    readonly request: (input: Input, about: { readonly key: string }) => RequestSpec
    /** Any Standard Schema (zod, valibot, arktype, …). Without a schema the result is `unknown`. */
    readonly response?: StandardSchema<unknown, Output> | undefined
    /** A status request: how to find out what became of an operation. Sent only to the operation's own origin. */
    readonly status?:
      | {
          readonly request: (about: AskContext) => AskSpec
          /**
           * Reads the response of the status request. Default: the profile's words for a status, else the usual ones
           * (docs/reference/answers.md), else whatever `response` accepts. `read`, `response` or the profile's words are
           * needed. If `read` throws, or returns anything but a StatusAnswer, the response is inconclusive and the error's
           * message says so. `read` never gets a truncated response, nor one that names another key.
           */
          readonly read?: ((response: ServerResponse) => StatusAnswer) | undefined
          /**
           * After how many ms a "not found" proves that the operation was not executed, counted from the end of the last
           * attempt. Default: never. Such a response counts only if it is data, if it was made after that time, if no
           * earlier response said that the server is at work, and if the server still remembers the key. `read` does not
           * change these conditions.
           */
          readonly absentAfter?: number | undefined
        }
      | undefined
    /**
     * A request that seals the key, so that the server refuses the key from now on. Needs a profile that honours keys.
     */
    readonly cancel?:
      | {
          readonly request: (about: AskContext) => AskSpec
          /** Reads the response of the cancel request. Required if the profile does not say how to read it. */
          readonly read?: ((response: ServerResponse) => CancelAnswer) | undefined
        }
      | undefined
    /**
     * Judges responses of servers that report failures in the body (GraphQL errors in a 200). Must be pure. It never
     * permits sending again.
     */
    readonly verdict?: ((evidence: VerdictEvidence) => VerdictName | undefined) | undefined
    /**
     * A JSON value that is compared instead of the body: it must not change while the id is the same. Method and target
     * are always compared.
     */
    readonly fingerprint?: ((input: Input) => unknown) | undefined
    /** Makes the key, for natural keys (UUIDv5) and for processes without a durable store. Default: a random UUID. */
    readonly key?: ((about: KeyContext) => string) | undefined
    /**
     * Called after a conflict (409, 412). Read the current state again and return the next input, which begins a new
     * generation; return undefined to give the conflict to the caller. If `proven` is false, the operation itself may
     * have made the change that it now conflicts with (by a delivery whose response was lost). Then find out first, and
     * return `{ executed: data }` or `{ notMine: true, next }`.
     */
    readonly onConflict?:
      | ((
          conflict: Conflict<Input>,
        ) => ConflictAnswer<Input> | undefined | Promise<ConflictAnswer<Input> | undefined>)
      | undefined
    /** How many times `onConflict` may be called in one run. Default 3. */
    readonly conflictTurns?: number | undefined
    /** Replaces an existing definition of the same name, for hot reload. */
    readonly redefine?: boolean | undefined
  }

/** The argument of `onConflict`. `turn` counts from 1. */
export type Conflict<Input> = {
  readonly input: Input
  readonly response: ServerResponse
  readonly turn: number
  /** Whether the server's response proves that the operation was not executed. */
  readonly proven: boolean
}

/**
 * What `onConflict` returns. After a proven conflict: the next input. After an unproven one: whose the change is.
 * `executed` is the input of the schema, a JSON value.
 */
export type ConflictAnswer<Input> =
  | Input
  | { readonly executed: unknown }
  | { readonly notMine: true; readonly next: Input }

const KNOWN = [
  'name',
  'id',
  'request',
  'response',
  'status',
  'cancel',
  'verdict',
  'persist',
  'keepHeaders',
  'dropHeaders',
  'keepResponseHeaders',
  'fingerprint',
  'key',
  'onConflict',
  'conflictTurns',
  'redefine',
  'timeout',
  'deadline',
  'retry',
  'poll',
  'profile',
  'remember',
]

/**
 * A key as made by default, when the definition makes none: all digits and hyphens, to check it against the profile's
 * rules.
 */
const SOME_UUID = '01234567-89ab-4cde-8f01-23456789abcd'

/** Checks a definition and returns the engine's view of it. Throws a `configuration` error if something is wrong. */
export function planOf<Input, Output>(
  definition: OperationDefinition<Input, Output>,
  client: ClientOptions,
  kind: 'operation' | 'fetch' = 'operation',
): Plan {
  // The properties that an instance of a class inherits would be lost.
  if (!isPlainObject(definition))
    throw configurationError(kind, 'must be a definition, as an object of names and values')
  const { name } = definition
  if (typeof name !== 'string' || name === '')
    throw configurationError(`${kind}.name`, 'must be a non-empty string')
  const path = `${kind}(${name}).`
  refuseUnknown(definition, KNOWN, path)
  if (typeof definition.id !== 'function') throw configurationError(`${path}id`, 'must be a function')
  if (typeof definition.request !== 'function')
    throw configurationError(`${path}request`, 'must be a function')
  for (const callback of ['verdict', 'fingerprint', 'key', 'onConflict'] as const) {
    requireFunction(definition[callback], `${path}${callback}`)
  }
  requireSchema(definition.response, `${path}response`)
  requireAsk(definition.status, ['request', 'read', 'absentAfter'], `${path}status`)
  requireAsk(definition.cancel, ['request', 'read'], `${path}cancel`)
  const { status, cancel, persist, redefine } = definition
  if (redefine !== undefined && typeof redefine !== 'boolean')
    throw configurationError(`${path}redefine`, 'must be true or false')
  if (persist !== undefined && persist !== 'key' && persist !== 'request') {
    throw configurationError(`${path}persist`, "must be 'key' or 'request'")
  }
  requireCount(definition.conflictTurns, `${path}conflictTurns`)
  if (definition.conflictTurns !== undefined && definition.onConflict === undefined)
    throw configurationError(`${path}conflictTurns`, 'has no effect without `onConflict`')
  requireDuration(status?.absentAfter, `${path}status.absentAfter`)
  const settings = resolveSettings(definition, client, path)
  const unfit = keyFault(SOME_UUID, settings.profile.key)
  // Not checked for a fetch, which has no option `key`: an SDK may bring its own keys. A key that cannot be made is
  // reported at the call.
  if (kind !== 'fetch' && definition.key === undefined && unfit !== undefined)
    throw configurationError(`${path}key`, `is needed: this server takes no UUID, for a key ${unfit}`)
  requireReading(definition, settings, path)
  return {
    name,
    settings,
    wantsData: definition.response !== undefined,
    givesAnswers: kind === 'fetch',
    response: definition.response,
    persist: persist ?? 'key',
    ...storedHeaders(definition, settings.profile, path),
    keepResponseHeaders: keptResponseHeaders(definition, path),
    carriesKey:
      settings.profile.header !== undefined ||
      settings.profile.key.in !== undefined ||
      definition.request.length > 1 ||
      definition.key !== undefined,
    makeKey: definition.key,
    verdict: definition.verdict,
    status: status && { request: status.request, read: status.read },
    absentAfterMs: status?.absentAfter,
    cancel: cancel && { request: cancel.request, read: cancel.read },
  }
}

/**
 * A plan for records whose definition is not registered. Their status can still be requested at the URL that the server
 * named.
 */
export function plainPlan(name: string, client: ClientOptions): Plan {
  return {
    name,
    settings: resolveSettings({}, client, ''),
    wantsData: false,
    givesAnswers: false,
    response: undefined,
    persist: 'key',
    keepHeaders: [],
    dropHeaders: [],
    keepResponseHeaders: [],
    carriesKey: true,
    makeKey: undefined,
    verdict: undefined,
    status: undefined,
    absentAfterMs: undefined,
    cancel: undefined,
  }
}

/** Checks and copies the id of a call, and returns it with its JSON. */
export function checkedId(id: unknown, place: string): ReturnType<typeof plainId> {
  const path = `${place}.id`
  try {
    return plainId(synchronous(id, path))
  } catch (error) {
    hearWithin(id)
    if (!(error instanceof NotPlain)) throw error
    hearThrown(error.part)
    throw configurationError(path, error.message)
  }
}

/**
 * A response that nobody can read proves nothing, so a request without a way to read its response would only take time.
 */
function requireReading(
  { status, cancel, response }: Pick<OperationDefinition<never>, 'status' | 'cancel' | 'response'>,
  { profile }: Settings,
  path: string,
): void {
  if (status !== undefined && status.read === undefined && response === undefined && !profile.status) {
    throw configurationError(
      `${path}status.read`,
      `is needed: neither \`response\` nor the profile ${profile.name} says how a status answer reads`,
    )
  }
  if (cancel === undefined) return
  if (!profile.honoursKeys) {
    throw configurationError(
      `${path}cancel`,
      `the profile ${profile.name} says that the server does not honour keys, so that no key can be cancelled`,
    )
  }
  if (cancel.read === undefined && !profile.cancel) {
    throw configurationError(
      `${path}cancel.read`,
      `is needed: the profile ${profile.name} does not say how a cancel answer reads`,
    )
  }
}

function requireSchema(schema: unknown, path: string): void {
  if (schema === undefined) return
  const standard =
    isObject(schema) || typeof schema === 'function' ? Reflect.get(schema, '~standard') : undefined
  if (typeof standard?.validate !== 'function') throw configurationError(path, 'must be a Standard Schema')
}

function requireAsk(ask: unknown, known: readonly string[], path: string): void {
  if (ask === undefined) return
  if (!isPlainObject(ask)) throw configurationError(path, 'must be { request, read? }')
  refuseUnknown(ask, known, `${path}.`)
  if (typeof ask['request'] !== 'function') throw configurationError(`${path}.request`, 'must be a function')
  requireFunction(ask['read'], `${path}.read`)
}

function requireCount(value: unknown, path: string): void {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return
  throw configurationError(path, 'must be a whole number')
}

function requireDuration(value: unknown, path: string): void {
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0)) return
  throw configurationError(path, 'must be a number of ms')
}
