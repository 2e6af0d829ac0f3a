import type { Outcome } from '../core/record/outcome.ts'
import type { Reason } from '../core/run/end-reason.ts'
import type { Remedy } from '../core/run/page-remedies.ts'
import { remediesFor } from '../core/run/page-remedies.ts'
import type { OperationError } from '../public/errors.ts'
import { honoursKeys } from '../public/errors.ts'

/** The end of an operation as a page shows it: values for which the page has its own sentences, in its own language. */
export type Description = {
  readonly outcome: Outcome
  /** Undefined if the operation was executed and its result is available. */
  readonly reason: Reason | undefined
  /** The server's own text, to be shown as plain text; undefined if there is none. */
  readonly serverMessage: string | undefined
  /** Epoch ms: the time after which the server wants the next request. */
  readonly retryAt: number | undefined
  /** What the person can do. Never empty; `nothing` is never combined with others. */
  readonly can: readonly Remedy[]
  /** True if the store failed before the call sent anything; otherwise absent. */
  readonly nothingSent?: true | undefined
}

/**
 * The description of a value that is no end (an error of the page's own code, or nothing at all): nothing is known of
 * the operation.
 */
const NO_END: Description = Object.freeze({
  outcome: 'unknown',
  reason: 'mistake',
  serverMessage: undefined,
  retryAt: undefined,
  can: Object.freeze(['check'] as const),
})

/**
 * Describes an end for a person: what happened, and what they can do. Accepts the value of `settled`, a caught
 * OperationError, or a snapshot. Any other value is described as outcome `unknown` with reason `mistake`.
 *
 * @example
 * const { outcome, reason, serverMessage, can } = describe(await pay.start(cart).settled)
 */
export function describe(
  end: OperationError | { readonly outcome: Outcome; readonly error?: OperationError | undefined },
): Description {
  const given: unknown = end
  if (typeof given !== 'object' || given === null || !isOutcome(end.outcome)) return NO_END
  const error = 'code' in end ? end : (end.error ?? undefined)
  const { outcome } = end
  const reason = error?.reason
  return {
    outcome,
    reason,
    serverMessage: error?.serverMessage,
    retryAt: error?.retryAt,
    can: remediesFor({
      outcome,
      reason,
      honoursKeys: error !== undefined && honoursKeys(error),
      code: error?.code,
    }),
    ...(error?.nothingSent === true && { nothingSent: true }),
  }
}

const OUTCOMES: ReadonlySet<unknown> = new Set(['executed', 'not-executed', 'unknown'] satisfies Outcome[])

function isOutcome(value: unknown): boolean {
  return OUTCOMES.has(value)
}
