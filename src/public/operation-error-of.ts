import type { OperationError } from './errors.ts'
import { isOperationError } from './errors.ts'

/** Properties in which SDKs and http clients keep the error that their fetch threw, when they wrap it in their own. */
const WITHIN = [
  'cause',
  'detail',
  'details',
  'raw',
  'error',
  'errors',
  'exception',
  'innerError',
  'networkError',
  'originalError',
  'reason',
]

/**
 * At most this many values are examined. Real wrappers are few; the limit stops the search if they refer back to each
 * other.
 */
const MOST = 100

/**
 * Finds the OperationError in an error: the error itself, or one that an SDK has wrapped in its own errors. Returns
 * undefined if there is none.
 *
 * @example
 * try { await stripe.paymentIntents.create(…) } catch (error) {
 *   if (operationErrorOf(error)?.outcome === 'unknown') showPending()
 * }
 */
export function operationErrorOf(error: unknown): OperationError | undefined {
  const seen = new Set([error])
  for (const each of seen) {
    if (typeof each !== 'object' || each === null) continue
    if (isOurs(each)) return each
    for (const part of Array.isArray(each) ? each : WITHIN.map(name => read(each, name)))
      if (seen.size < MOST) seen.add(part)
  }
  return undefined
}

function read(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}

function isOurs(error: object): error is OperationError {
  try {
    return isOperationError(error)
  } catch {
    return false
  }
}
