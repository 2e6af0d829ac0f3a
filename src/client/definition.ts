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

/** How to perform a kind of operation. All callbacks are synchronous, but for `onConflict`. */
export type OperationDefinition<Input, Output = unknown> = SharedOptions &
  StoredRequestOptions & {
    /** Unique within a client. */
    readonly name: string
    /** Names the intention, not its content: a text or plain data (null only within). Called once per call. */
    readonly id: (input: Input) => unknown
    /**
     * With a second argument it takes the key, for servers that want it where no profile puts it. Then it is asked more than
     * once, at the call with a text in the key's place, and must be pure.
     */
    readonly request: (input: Input, about: { readonly key: string }) => RequestSpec
    /** Any Standard Schema (zod, valibot, arktype, …). Without it the result is `unknown`. */
    readonly response?: StandardSchema<unknown, Output> | undefined
    /** How to find out what became of an operation. Goes to the operation's own origin only. */
    readonly status?: {
      readonly request: (about: AskContext) => AskSpec
      /**
       * Without it the words of the profile count, else the usual ones (docs/reference/answers.md), else what
       * `response` accepts; one of the three is needed. Throwing is inconclusive, as is what is no StatusAnswer; both are
       * named in the error's message. It gets neither a cut answer nor one that names another key.
       */
      readonly read?: ((response: ServerResponse) => StatusAnswer) | undefined
      /**
       * A "not found" so long after the last attempt ended proves that it was not executed, ms. Default: never. It counts
       * only from an answer that is data and no older than that, while nothing has said that the server is at work, and
       * within the time for which the server remembers the key; `read` changes nothing of this.
       */
      readonly absentAfter?: number | undefined
    }
    /** How to seal the key, so that the server refuses it from now on. Needs a profile that honours keys. */
    readonly cancel?: {
      readonly request: (about: AskContext) => AskSpec
      /** Needed where the profile does not say how a cancel answer reads. */
      readonly read?: ((response: ServerResponse) => CancelAnswer) | undefined
    }
    /** For servers that say it in the body (GraphQL errors in a 200). Pure; it never permits a re-send. */
    readonly verdict?: (evidence: VerdictEvidence) => VerdictName | undefined
    /** What must not change, in the body's place: a JSON value. Method and target always count. */
    readonly fingerprint?: ((input: Input) => unknown) | undefined
    /** Makes the key, for natural keys (UUIDv5) and for processes without a durable store. Default: a random UUID. */
    readonly key?: ((about: KeyContext) => string) | undefined
    /**
     * After a conflict (409, 412): reads again and gives the next input, a new generation; undefined gives the conflict
     * back. `proven: false` says that the operation itself may have made the change that stands in its way (a delivery
     * that nobody saw): then it finds out first, and gives `{ executed: data }` or `{ notMine: true, next }`.
     */
    readonly onConflict?: (
      conflict: Conflict<Input>,
    ) => ConflictAnswer<Input> | undefined | Promise<ConflictAnswer<Input> | undefined>
    /** How often `onConflict` may be asked in one run. Default 3. */
    readonly conflictTurns?: number | undefined
    /** Replaces a definition of the same name, for hot reload. */
    readonly redefine?: boolean | undefined
  }

/** What `onConflict` is asked. `turn` counts from 1. */
export type Conflict<Input> = {
  readonly input: Input
  readonly response: ServerResponse
  readonly turn: number
  /** The server's answer proves that the operation was not executed. */
  readonly proven: boolean
}

/**
 * What `onConflict` gives back: after a proven conflict the next input; after one that is not, whose the change is.
 * `executed` is the schema's input, a JSON value.
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

/** What keys are made of where the definition makes none: all digits, and hyphens. */
const SOME_UUID = '01234567-89ab-4cde-8f01-23456789abcd'

/** Checks a definition and gives the engine's view of it, or throws a `configuration` error. */
export function planOf<Input, Output>(
  definition: OperationDefinition<Input, Output>,
  client: ClientOptions,
  kind: 'operation' | 'fetch' = 'operation',
): Plan {
  // What an instance of a class inherits would be left out.
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
  if (definition.key === undefined && unfit !== undefined)
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

/** The plan of records whose definition is not registered: what the server named can still be asked. */
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

/** The id of a call, checked and copied, and its JSON. */
export function checkedId(id: unknown, name: string): ReturnType<typeof plainId> {
  const path = `operation(${name}).id`
  try {
    return plainId(synchronous(id, path))
  } catch (error) {
    hearWithin(id)
    if (!(error instanceof NotPlain)) throw error
    hearThrown(error.part)
    throw configurationError(path, error.message)
  }
}

/** What nobody can read proves nothing, so that an ask without a reading would only take time. */
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
