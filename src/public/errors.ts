import type { Outcome } from '../core/record/outcome.ts'
import type { Reason } from '../core/run/end-reason.ts'
import { reasonOf } from '../core/run/end-reason.ts'
import type { ErrorCode } from '../core/run/error-code.ts'

export type { Reason } from '../core/run/end-reason.ts'
export type { ErrorCode } from '../core/run/error-code.ts'

/**
 * The server's response. `body` is the parsed value if the body is JSON, else text; `problem` is set if it follows RFC
 * 9457.
 */
export type ServerResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly problem?: ProblemDetails | undefined
}

/** RFC 9457 problem details. Identify the problem by `type`, never by `detail`. */
export type ProblemDetails = {
  readonly type: string
  readonly title?: string | undefined
  readonly status?: number | undefined
  readonly detail?: string | undefined
  readonly instance?: string | undefined
}

export type OperationErrorInit = {
  readonly code: ErrorCode
  readonly outcome: Outcome
  /** What happened, in one clause. */
  readonly reason: string
  readonly operationId?: string | undefined
  readonly key?: string | undefined
  readonly generation?: number | undefined
  readonly attempts?: number | undefined
  readonly response?: ServerResponse | undefined
  readonly serverMessage?: string | undefined
  /** Epoch ms: the time after which the server wants the next request. */
  readonly retryAt?: number | undefined
  readonly cause?: unknown
  /** What the user can do, in whole sentences. */
  readonly help?: string | undefined
  /** Set if this call sent nothing of the operation; earlier calls may have sent something. */
  readonly nothingSent?: true | undefined
  /** The reason to show to a person, if code and status do not imply it. */
  readonly about?: Reason | undefined
  /**
   * Whether the server honours keys, so that an operation that may have been executed can be sent again under its key.
   */
  readonly honoursKeys?: boolean | undefined
}

const BRAND = Symbol.for('stillonce.operation-error')
const HONOURS_KEYS = Symbol.for('stillonce.honours-keys')

/**
 * The only error class that `stillonce` throws. `code` says why the call stopped. `outcome` says what is known about
 * the operation: show a failure only if it is `not-executed`. `reason` is what the error is about for a person; pass
 * the error to `describe` for a text. `message` is for developers. An error contains nothing of the request.
 */
export class OperationError extends Error {
  readonly code: ErrorCode
  readonly outcome: Outcome
  readonly reason: Reason
  readonly operationId: string | undefined
  readonly key: string | undefined
  readonly generation: number | undefined
  readonly attempts: number
  readonly response: ServerResponse | undefined
  /**
   * The server's own text about its refusal: one line of at most 300 characters, to be shown as plain text. Undefined
   * if the response has no such text or is not a 4xx. The property is not enumerable, so that logs do not print it
   * unintentionally.
   */
  declare readonly serverMessage: string | undefined
  /** Epoch ms: the time after which the server wants the next request. */
  readonly retryAt: number | undefined
  /** Set if the store failed before this call sent anything. What earlier calls sent is not known here. */
  declare readonly nothingSent?: true | undefined

  constructor(init: OperationErrorInit) {
    super(messageOf(init), init.cause === undefined ? undefined : { cause: init.cause })
    // Callers treat an AbortError as "nothing happened", so the error has this name only if nothing happened.
    this.name = init.code === 'aborted' && init.outcome === 'not-executed' ? 'AbortError' : 'OperationError'
    this.code = init.code
    this.outcome = init.outcome
    this.reason = init.about ?? reasonOf({ ...init, status: init.response?.status })
    this.operationId = init.operationId
    this.key = init.key
    this.generation = init.generation
    this.attempts = init.attempts ?? 0
    this.response = init.response
    this.retryAt = init.retryAt
    if (init.nothingSent === true) this.nothingSent = true
    Object.defineProperty(this, BRAND, { value: true })
    Object.defineProperty(this, 'serverMessage', { value: init.serverMessage })
    Object.defineProperty(this, HONOURS_KEYS, { value: init.honoursKeys === true })
  }
}

/** Whether the operation of this error may be sent again, even though it may have been executed. */
export function honoursKeys(error: OperationError): boolean {
  return Reflect.get(error, HONOURS_KEYS) === true
}

/** Whether a value is an OperationError, including one from another copy of this package (another bundle or realm). */
export function isOperationError(value: unknown): value is OperationError {
  try {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  } catch {
    // The value is a Proxy that was revoked, or whose traps throw.
    return false
  }
}

/** An error about an option or a definition; `path` names the option, as in `retry.attempts`. */
export function configurationError(
  path: string,
  fault: string,
  outcome: Outcome = 'not-executed',
  // A missing scope means that nobody is logged in on the page.
  about: Reason | undefined = path === 'scope' ? 'sign-in' : undefined,
): OperationError {
  return new OperationError({ code: 'configuration', outcome, reason: `${path}: ${fault}`, about })
}

/** The same error, with another outcome for its operation. */
export function withOutcome(error: OperationError, outcome: Outcome): OperationError {
  if (error.outcome === outcome) return error
  const { code, message, cause, reason: about } = error
  return new OperationError({ code, outcome, reason: message, cause, about })
}

const MEANING: Readonly<Record<Outcome, string>> = {
  executed: 'The operation was executed.',
  'not-executed': 'The operation was not executed.',
  unknown: 'Whether the operation was executed is not known.',
}

/** Three parts: what happened, what this means for the operation, and what to do. */
function messageOf(init: OperationErrorInit): string {
  if (init.code === 'configuration') return init.reason
  return [sentence(init.reason), MEANING[init.outcome], init.help].filter(Boolean).join(' ')
}

function sentence(clause: string): string {
  // A name of code, such as `status.read` or `operation(pay).request`, stays as it is written.
  const isName = /^[a-z]+[.(]/.test(clause)
  const begun = isName ? clause : clause.charAt(0).toUpperCase() + clause.slice(1)
  const text = clause === '' ? 'The call stopped' : begun
  return /[.!?]$/.test(text) ? text : `${text}.`
}
