import { configurationError } from '../public/errors.ts'
import { isObject, refuseUnknown, requireFunction } from '../guards/option-checks.ts'
import type { ServerAnswer } from './answer/answer.ts'
import { bodyOfAnswer, originOf, PlainAnswer } from './answer/answer.ts'
import { OF_A_VALUE, VALUELESS } from './answer/answers.ts'
import { clockMarginMs } from './core/decide.ts'
import { readKey, recordKeyUnder, serverScopePrefix } from './core/key-header.ts'
import type { ProblemCode } from './core/problem.ts'
import type { Execution } from './execution.ts'
import type { IdempotencyErrorCode } from './idempotency-error.ts'
import { IdempotencyError } from './idempotency-error.ts'
import { Incoming } from './request/incoming.ts'
import type { ServerRuntime } from './server-runtime.ts'
import { isNotExecuted, NotExecuted } from './answer/not-executed.ts'
import { FULL_MS } from './keys/open-bounds.ts'
import type { ServerSettings } from './options.ts'
import { exactCopy, isExact, refuseBlurred, refuseClasses, runPayloadText } from './run-payload.ts'
import { serverScopeFault } from './request/scope-check.ts'

/* `run`: the same guarantee for work that is not an HTTP request. Its value is stored like the answer to a request. */

export type RunOptions = {
  /** The owner of the key: the id of a user or of a service, never a credential. */
  readonly scope: string
  /**
   * What must not change under the key, as plain data: its JSON text with sorted keys is compared. Use `null` if
   * there is nothing to compare. An object of a class is refused, unless its `toJSON` returns plain data.
   */
  readonly payload: unknown
  /** When the key was first used, as far as is known, epoch ms. A time before the server's memory begins is refused. */
  readonly firstSentAt?: number | undefined
  /** Used for this work, instead of the options with the same names. */
  readonly resumable?: boolean | undefined
  readonly wait?: number | undefined
  /** Keeps a worker alive for work that goes on after the end. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

/** The type of a value after JSON: `run` always returns that, the first time and on every repeat. */
export type AsJson<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends { readonly toJSON: () => infer Text }
    ? Text
    : Value extends readonly (infer Item)[]
      ? AsJson<Item>[]
      : Value extends object
        ? { [Name in keyof Value]: AsJson<Value[Name]> }
        : Value

export type RunEnd<Value> = { readonly value: AsJson<Value>; readonly replayed: boolean }

/** The work that is done once. Work that throws may have half happened, unless it throws NotExecuted. */
export type Work<Value> = (execution: Execution) => Value | Promise<Value>

/** Claims the key, does the work, stores its answer, and returns the answer or a problem. */
export type Serve = (
  incoming: Incoming,
  run: (execution: Execution) => Promise<ServerAnswer>,
  call: RunOptions,
) => Promise<ServerAnswer>

export async function runOnce<Value>(
  key: string,
  call: RunOptions,
  work: Work<Value>,
  { settings, runtime, serve }: { settings: ServerSettings; runtime: () => ServerRuntime; serve: Serve },
): Promise<RunEnd<Value>> {
  const reading = incomingOf(key, call, work, settings, runtime())
  const incoming = reading instanceof Promise ? await reading : reading
  const { scope } = incoming
  const failed = (code: ProblemCode | 'already-executed' | 'value-invalid', cause?: unknown) =>
    new IdempotencyError({
      code,
      key,
      scope,
      retryAfter: againAfterMs(code, settings),
      cause,
    })

  /** How this call's own work ended; undefined for a value that has to be read from its JSON. */
  let own:
    | { readonly thrown: unknown }
    | { readonly unfit: unknown }
    | { readonly answer: ServerAnswer; readonly value: unknown }
    | undefined
  const done = async (execution: Execution): Promise<ServerAnswer> => {
    let value: Value
    try {
      value = await work(execution)
    } catch (error) {
      own = { thrown: error }
      // The Response inside the error is for HTTP clients; the caller of `run` gets the error itself.
      throw isNotExecuted(error) ? new NotExecuted(error.message, { cause: error }) : error
    }
    try {
      const copy = exactCopy(value)
      if (copy === undefined) return answerOfValue(value)
      const answer = new PlainAnswer({ status: 200, headers: OF_A_VALUE, text: JSON.stringify(copy) })
      own = { answer, value: copy }
      return answer
    } catch (error) {
      own = { unfit: error }
      // The work was done, and that is recorded without its value.
      return VALUELESS
    }
  }

  let answer: ServerAnswer
  try {
    answer = await serve(incoming, done, call)
  } catch (error) {
    // An error that the options declare to mean that nothing happened.
    if (own !== undefined && 'thrown' in own && own.thrown === error) throw failed('nothing-happened', error)
    throw error
  }
  if (own !== undefined && 'answer' in own && own.answer === answer)
    return { value: own.value as AsJson<Value>, replayed: false }
  const { told, outcome } = originOf(answer) ?? {}
  if (told !== undefined) {
    const cause = own !== undefined && 'thrown' in own ? own.thrown : undefined
    throw failed(told.status < 400 ? 'already-executed' : (told.body['code'] as ProblemCode), cause)
  }
  // Somebody concluded the key, with an answer for HTTP clients.
  if (outcome === 'not-executed') throw failed('not-executed')
  if (outcome === 'unknown') throw failed('outcome-unknown')
  const reread = valueOf(answer)
  const read = reread instanceof Promise ? await reread : reread
  if (read === undefined)
    throw own !== undefined && 'unfit' in own
      ? failed('value-invalid', own.unfit)
      : failed('already-executed')
  return { value: read.value as AsJson<Value>, replayed: outcome !== undefined }
}

/** The delay is given only for codes whose next run may end differently. */
function againAfterMs(code: IdempotencyErrorCode, { retryAfter }: ServerSettings): number | undefined {
  switch (code) {
    case 'in-progress':
    case 'nothing-happened':
    case 'store-unavailable':
      return retryAfter
    case 'too-many-open':
      return FULL_MS
    default:
      return undefined
  }
}

function incomingOf(
  key: string,
  call: RunOptions,
  work: unknown,
  settings: ServerSettings,
  runtime: ServerRuntime,
): Incoming | Promise<Incoming> {
  checkCall(call, work)
  const { scope, payload, firstSentAt } = call
  const refuse = (code: ProblemCode, fault?: string): never => {
    throw new IdempotencyError({ code, key, scope: undefined, fault })
  }
  const reading = typeof key === 'string' ? readKey(key, settings.maxKeyLength) : undefined
  if (reading?.kind === 'invalid') refuse('key-invalid', reading.fault)
  if (reading?.kind !== 'key' || reading.key !== key) refuse('key-invalid')
  const place = recordKeyUnder(
    prefixOf(scope, fault => refuse('scope-invalid', `The scope ${fault}.`)),
    key,
  )
  if (firstSentAt !== undefined && firstSentAt > runtime.now() + clockMarginMs(settings.retention))
    refuse('first-sent-invalid')
  const firstSent = firstSentAt === undefined ? undefined : { at: firstSentAt, isExact: false }
  // The text holds no method, path or query, so it never equals the fingerprint of a request.
  const digested = runtime.digest(`run\n${runPayloadText(payload)}`)
  const incoming = (fingerprint: string) =>
    new Incoming({ key, scope, place, fingerprint, earlierFingerprint: undefined, firstSent })
  return typeof digested === 'string' ? incoming(digested) : digested.then(incoming)
}

/** Many runs in a row belong to one scope, and checking a scope costs more than hashing most payloads. */
let lastScope: { readonly scope: string; readonly prefix: string } | undefined

/** The prefix of a scope, after the scope was checked. */
function prefixOf(scope: string, refuse: (fault: string) => never): string {
  if (lastScope?.scope !== scope) {
    const fault = serverScopeFault(scope)
    if (fault !== undefined) refuse(fault)
    lastScope = { scope, prefix: serverScopePrefix(scope) }
  }
  return lastScope.prefix
}

const KNOWN = ['scope', 'payload', 'firstSentAt', 'resumable', 'wait', 'waitUntil']

function checkCall(call: unknown, work: unknown): void {
  if (!isObject(call)) throw configurationError('run', 'takes a key, { scope, payload }, and a function')
  refuseUnknown(call, KNOWN, 'run.')
  if (typeof work !== 'function') throw configurationError('run', 'takes the work as a function')
  if (call['payload'] === undefined)
    throw configurationError('run.payload', 'must be given: what must not change under the key, or null')
  for (const name of ['firstSentAt', 'wait'] as const) {
    const value = call[name]
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value) || value < 0))
      throw configurationError(`run.${name}`, 'must be a number of at least 0')
  }
  if (call['resumable'] !== undefined && typeof call['resumable'] !== 'boolean')
    throw configurationError('run.resumable', 'must be true or false')
  requireFunction(call['waitUntil'], 'run.waitUntil')
}

/** The value in the form of a request's answer. Throws if JSON cannot represent the value. */
export function answerOfValue(value: unknown): ServerAnswer {
  if (value === undefined) return new PlainAnswer({ status: 204 })
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`The work gave a ${typeof value}, which JSON cannot hold.`)
  if (!isExact(value)) {
    refuseClasses(value, 'value')
    refuseBlurred(value, 'value')
  }
  return new PlainAnswer({ status: 200, headers: OF_A_VALUE, text })
}

type Held = { readonly value: unknown } | undefined

/**
 * The value that an answer holds, or undefined if it holds none. Text is parsed directly, because making a Response
 * of it would cost as much as the rest of a run.
 */
function valueOf(answer: ServerAnswer): Held | Promise<Held> {
  if (answer.status === 204) return { value: undefined }
  const text = answer instanceof PlainAnswer ? answer.text : undefined
  if (text !== undefined && !text.startsWith('\uFEFF')) return parsed(text)
  return new Response(bodyOfAnswer(answer)).text().then(parsed, () => undefined)
}

function parsed(text: string): Held {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}
