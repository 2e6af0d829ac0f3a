import { isObject, refuseUnknown, requireFlag, requireFunction } from '../guards/option-checks.ts'
import { configurationError } from '../public/errors.ts'
import { checkParse } from './options.ts'
import type { Parse } from './request/parse-input.ts'

export type HandleOptions<Context = unknown, Input = unknown> = {
  /** What the framework knows of the request, for `scope`. */
  readonly context?: Context | undefined
  /** For this handler, instead of the option of the same name. */
  readonly parse?: Parse<Input> | undefined
  /** What counts of the request in place of its body, where middleware has read that: data, texts, bytes. */
  readonly payload?: unknown
  /** For this handler, instead of the option of the same name. */
  readonly resumable?: boolean | undefined
  /** For this handler, instead of the option of the same name. */
  readonly rethrow?: boolean | undefined
  /** Keeps a worker alive for what goes on after the answer, or after the client has left. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

const KNOWN = ['parse', 'payload', 'resumable', 'rethrow', 'waitUntil']

/** Before anything is claimed: a handler that cannot be called would leave its key unknown. Throws a `configuration` error. */
export function checkHandling(handler: unknown, call: unknown): void {
  requireHandler(handler)
  if (call !== undefined) checkCall(call, [...KNOWN, 'context'])
}

/** The same of a handler behind an adapter, which gives the context itself. */
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
