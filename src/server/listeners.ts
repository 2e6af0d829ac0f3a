import { isThenable } from '../guards/synchronous.ts'
import { configurationError } from '../public/errors.ts'

/*
 * Calls to the user's callbacks around a run. What a callback throws is reported, and never loses an answer or keeps
 * a claim.
 */

/**
 * Calls a listener. If the listener throws or rejects, `onError` gets the error; errors of `onError` itself are
 * dropped.
 */
export function notifyListener(call: () => unknown, onError?: (error: unknown) => unknown): void {
  const told = (error: unknown) => {
    if (onError !== undefined) notifyListener(() => onError(error))
  }
  try {
    const given = call()
    if (isThenable(given)) given.then(() => {}, told)
  } catch (error) {
    told(error)
  }
}

/** The decision of a callback, which must be synchronous; `otherwise` if the callback throws or returns a promise. */
export function decisionOf<Value>(
  { name, otherwise }: { readonly name: string; readonly otherwise: Value },
  decide: () => Value,
  onError: (error: unknown) => unknown,
): Value {
  try {
    const decided = decide()
    if (!isThenable(decided)) return decided
    decided.then(
      () => {},
      () => {},
    )
    throw configurationError(name, 'gave a promise: it must decide at once')
  } catch (error) {
    notifyListener(() => onError(error))
    return otherwise
  }
}
