import type { Outcome } from '../core/record/outcome.ts'
import type { Reason } from '../core/run/end-reason.ts'
import { reasonOf } from '../core/run/end-reason.ts'
import type { ErrorCode } from '../core/run/error-code.ts'

export type { Reason } from '../core/run/end-reason.ts'
export type { ErrorCode } from '../core/run/error-code.ts'

/** What the server answered. `body` is parsed where it is JSON, else text; `problem` where it is RFC 9457. */
export type ServerResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly problem?: ProblemDetails | undefined
}

/** RFC 9457 problem details: their `type` says which problem it is, never `detail`. */
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
  /** Epoch ms: when the server asks to be tried again. */
  readonly retryAt?: number | undefined
  readonly cause?: unknown
  /** What can help, in whole sentences. */
  readonly help?: string | undefined
  /** The call let nothing of the operation leave, whatever was sent before it. */
  readonly nothingSent?: true | undefined
  /** What the end is about for a person, where code and status do not say it. */
  readonly about?: Reason | undefined
  /** What may have been executed may be sent again, under its key. */
  readonly honoursKeys?: boolean | undefined
}

const BRAND = Symbol.for('stillonce.operation-error')
const HONOURS_KEYS = Symbol.for('stillonce.honours-keys')

/**
 * The one error that `stillonce` raises. `code` says why it stopped; `outcome` says what is known of the
 * operation: only `not-executed` may be shown as a failure; `reason` says what a person can do, see `describe`. `message` is
 * for developers. It holds nothing of the request.
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
   * The server's own words on its refusal, one line of at most 300 characters, to be shown as text; undefined where it gave
   * none, or answered with no 4xx. Not enumerable, so that logs do not print it by the way.
   */
  declare readonly serverMessage: string | undefined
  /** Epoch ms: when the server asks to be tried again. */
  readonly retryAt: number | undefined
  /** The storage failed before this call had sent anything: what an earlier one sent is not known here. */
  declare readonly nothingSent?: true | undefined

  constructor(init: OperationErrorInit) {
    super(messageOf(init), init.cause === undefined ? undefined : { cause: init.cause })
    // A caller that treats AbortError as "nothing happened" is right only where nothing did.
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

/** Whether what this error is about may be sent again, though it may have been executed. */
export function honoursKeys(error: OperationError): boolean {
  return Reflect.get(error, HONOURS_KEYS) === true
}

/** Whether a value is an OperationError, also one of another copy of this package (bundles, realms). */
export function isOperationError(value: unknown): value is OperationError {
  try {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  } catch {
    // A Proxy whose traps throw, or that was revoked.
    return false
  }
}

/** A mistake in options or definition; `path` names the option, as in `retry.attempts`. */
export function configurationError(
  path: string,
  fault: string,
  outcome: Outcome = 'not-executed',
  // Whose operations these are the page says: nobody is logged in.
  about: Reason | undefined = path === 'scope' ? 'sign-in' : undefined,
): OperationError {
  return new OperationError({ code: 'configuration', outcome, reason: `${path}: ${fault}`, about })
}

/** The same error for an operation of which something else is known. */
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

/** What happened, what it means for the operation, what to do. */
function messageOf(init: OperationErrorInit): string {
  if (init.code === 'configuration') return init.reason
  return [sentence(init.reason), MEANING[init.outcome], init.help].filter(Boolean).join(' ')
}

function sentence(clause: string): string {
  const text = clause === '' ? 'The call stopped' : clause.charAt(0).toUpperCase() + clause.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
