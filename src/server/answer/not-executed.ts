import type { ServerAnswer } from './answer.ts'
import { isResponse, respond } from './answers.ts'
import { problem, retryAfter } from '../core/problem.ts'

const BRAND = Symbol.for('stillonce.not-executed')

/**
 * Thrown by a handler to state that nothing happened, for example because its transaction was rolled back. The key is
 * free again, and the next request with it is executed. In a run that took over from another run, the error proves
 * nothing about the earlier run, so the key stays open for the next run. `response` is the client's answer, which
 * must not be a success; default a 503 problem of type `nothing-happened`, with Retry-After.
 *
 * @example
 * throw new NotExecuted('the warehouse is closed', { response: new Response(null, { status: 503 }) })
 */
export class NotExecuted extends Error {
  override readonly name = 'NotExecuted'
  readonly response: Response | undefined

  constructor(
    message?: string,
    options: { readonly response?: Response | undefined; readonly cause?: unknown } = {},
  ) {
    super(message ?? 'Nothing happened.', 'cause' in options ? { cause: options.cause } : undefined)
    this.response = options.response
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Also recognizes an error from another copy of this package. */
export function isNotExecuted(value: unknown): value is NotExecuted {
  if (typeof value !== 'object' || value === null) return false
  try {
    return (value as Record<symbol, unknown>)[BRAND] === true
  } catch {
    // An object that cannot be inspected states nothing.
    return false
  }
}

/** The client's answer. */
export function answerOfNotExecuted({ response }: NotExecuted, retryAfterMs: number): ServerAnswer {
  // An error that is thrown twice has already used its response up. A success would be wrong, because nothing
  // happened.
  return !isResponse(response) || response.bodyUsed || response.status < 300
    ? respond(problem('nothing-happened', { headers: retryAfter(retryAfterMs) }))
    : response
}
