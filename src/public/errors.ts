import type { Outcome } from '../core/record/outcome.ts'
import type { ErrorCode } from '../core/run/error-code.ts'

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
  /** Epoch ms: when the server asks to be tried again. */
  readonly retryAt?: number | undefined
  readonly cause?: unknown
  /** What can help, in whole sentences. */
  readonly help?: string | undefined
}

const BRAND = Symbol.for('stillonce.operation-error')

/**
 * The one error that `stillonce` raises. `code` says why it stopped; `outcome` says what is known of the
 * operation: only `not-executed` may be shown as a failure. It holds nothing of the request.
 */
export class OperationError extends Error {
  readonly code: ErrorCode
  readonly outcome: Outcome
  readonly operationId: string | undefined
  readonly key: string | undefined
  readonly generation: number | undefined
  readonly attempts: number
  readonly response: ServerResponse | undefined
  /** Epoch ms: when the server asks to be tried again. */
  readonly retryAt: number | undefined

  constructor(init: OperationErrorInit) {
    super(messageOf(init), init.cause === undefined ? undefined : { cause: init.cause })
    // A caller that treats AbortError as "nothing happened" is right only where nothing did.
    this.name = init.code === 'aborted' && init.outcome === 'not-executed' ? 'AbortError' : 'OperationError'
    this.code = init.code
    this.outcome = init.outcome
    this.operationId = init.operationId
    this.key = init.key
    this.generation = init.generation
    this.attempts = init.attempts ?? 0
    this.response = init.response
    this.retryAt = init.retryAt
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether a value is an OperationError, also one of another copy of this package (bundles, realms). */
export function isOperationError(value: unknown): value is OperationError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
}

/** A mistake in options or definition; `path` names the option, as in `retry.attempts`. */
export function configurationError(
  path: string,
  fault: string,
  outcome: Outcome = 'not-executed',
): OperationError {
  return new OperationError({ code: 'configuration', outcome, reason: `${path}: ${fault}` })
}

/** The same error for an operation of which something else is known. */
export function withOutcome(error: OperationError, outcome: Outcome): OperationError {
  if (error.outcome === outcome) return error
  return new OperationError({ code: error.code, outcome, reason: error.message, cause: error.cause })
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
