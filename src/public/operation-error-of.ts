import type { OperationError } from './errors.ts'
import { isOperationError } from './errors.ts'

/** Where SDKs and http clients keep the error that their fetch threw: their own errors are made around it. */
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

/** The most errors that are looked at: what is made around one is few, and may lead back to itself. */
const MOST = 100

/**
 * The OperationError that an error is, or that an SDK has wrapped in errors of its own; undefined where there is none.
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
