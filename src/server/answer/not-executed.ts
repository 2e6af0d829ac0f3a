import type { ServerAnswer } from './answer.ts'
import { isResponse, respond } from './answers.ts'
import { problem, retryAfter } from '../core/problem.ts'

const BRAND = Symbol.for('stillonce.not-executed')

/**
 * A handler throws it to say that nothing happened, its transaction was rolled back for example: the key is free
 * again, and the next request with it is executed. Of a run that took over from another it says nothing of the one
 * before: the key stays open for the next run. `response` is what the client gets, no success; default a 503 problem
 * of type `nothing-happened`, with Retry-After.
 *
 * @example
 * throw new NotExecuted('the warehouse is closed', { response: new Response(null, { status: 503 }) })
 */
export class NotExecuted extends Error {
  override readonly name = 'NotExecuted'
  readonly response: Response | undefined

  constructor(message?: string, options: { readonly response?: Response; readonly cause?: unknown } = {}) {
    super(message ?? 'Nothing happened.', 'cause' in options ? { cause: options.cause } : undefined)
    this.response = options.response
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Also one of another copy of this package. */
export function isNotExecuted(value: unknown): value is NotExecuted {
  if (typeof value !== 'object' || value === null) return false
  try {
    return (value as Record<symbol, unknown>)[BRAND] === true
  } catch {
    // Whoever throws an object that cannot be looked at has said nothing.
    return false
  }
}

/** What its client gets. */
export function answerOfNotExecuted({ response }: NotExecuted, retryAfterMs: number): ServerAnswer {
  // An error that is thrown twice has given its response away. A success would be untrue: nothing happened.
  return !isResponse(response) || response.bodyUsed || response.status < 300
    ? respond(problem('nothing-happened', { headers: retryAfter(retryAfterMs) }))
    : response
}
