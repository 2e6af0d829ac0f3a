import type { Outcome } from '../core/record/outcome.ts'
import type { Reason } from '../core/run/end-reason.ts'
import type { Remedy } from '../core/run/page-remedies.ts'
import { remediesFor } from '../core/run/page-remedies.ts'
import type { OperationError } from '../public/errors.ts'
import { honoursKeys } from '../public/errors.ts'

/** An end as a page shows it: keys for its own sentences, in its own language. */
export type Description = {
  readonly outcome: Outcome
  /** Undefined where it was executed and its result is there. */
  readonly reason: Reason | undefined
  /** The server's own words, as text; undefined where it gave none. */
  readonly serverMessage: string | undefined
  /** Epoch ms: when the server asks to be tried again. */
  readonly retryAt: number | undefined
  /** What the person can do: never empty, and `nothing` stands alone. */
  readonly can: readonly Remedy[]
  /** There, and true, where the storage failed before the call had sent anything. */
  readonly nothingSent?: true | undefined
}

/** Of what is no end (an error of the page's own code, nothing at all) nothing is known of the operation. */
const NO_END: Description = Object.freeze({
  outcome: 'unknown',
  reason: 'mistake',
  serverMessage: undefined,
  retryAt: undefined,
  can: Object.freeze(['check'] as const),
})

/**
 * What to show of an end, and what to offer: of what `settled` gives, of an OperationError that was caught, of a snapshot.
 * Of any other value: `unknown`, as `mistake`.
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
