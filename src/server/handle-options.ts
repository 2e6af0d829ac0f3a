import { isObject, refuseUnknown, requireFlag, requireFunction } from '../guards/option-checks.ts'
import { configurationError } from '../public/errors.ts'
import { checkParse } from './options.ts'
import type { Parse } from './request/parse-input.ts'

export type HandleOptions<Context = unknown, Input = unknown> = {
  /** The framework's own request or context, which is passed to `scope`. */
  readonly context?: Context | undefined
  /** Used for this handler instead of the option with the same name. */
  readonly parse?: Parse<Input> | undefined
  /**
   * Stands for the body if middleware has already read it: data, text or bytes. This is what must not change under
   * the key.
   */
  readonly payload?: unknown
  /** Used for this handler instead of the option with the same name. */
  readonly resumable?: boolean | undefined
  /** Used for this handler instead of the option with the same name. */
  readonly rethrow?: boolean | undefined
  /** Keeps a worker alive for work that goes on after the answer, or after the client disconnected. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

const KNOWN = ['parse', 'payload', 'resumable', 'rethrow', 'waitUntil']

/**
 * Checks the arguments before anything is claimed, because a handler that cannot be called would leave its key
 * unknown. Throws a `configuration` error.
 */
export function checkHandling(handler: unknown, call: unknown): void {
  requireHandler(handler)
  if (call !== undefined) checkCall(call, [...KNOWN, 'context'])
}

/** The same check for a handler behind an adapter, which supplies the context itself. */
export function checkAdapted(idempotency: unknown, handler: unknown, options: unknown): void {
  if (!isObject(idempotency) || typeof idempotency['handle'] !== 'function')
    throw configurationError('idempotent', 'takes what createIdempotency gives, and a handler')
  requireHandler(handler)
  checkCall(options, KNOWN)
  requireFunction(Reflect.get(Object(options), 'payload'), 'payload')
}

function requireHandler(handler: unknown): void {
  if (typeof handler !== 'function') throw configurationError('handler', 'must be a function')
}

function checkCall(call: unknown, known: readonly string[]): void {
  if (!isObject(call)) throw configurationError('options', `must be an object of ${known.join(', ')}`)
  refuseUnknown(call, known, '')
  checkParse(call['parse'])
  for (const name of ['resumable', 'rethrow']) requireFlag(call[name], name)
  requireFunction(call['waitUntil'], 'waitUntil')
}
