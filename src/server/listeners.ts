import { isThenable } from '../guards/synchronous.ts'
import { configurationError } from '../public/errors.ts'

/* The user's callbacks around a run: what they throw is reported, and neither loses an answer nor keeps a claim. */

/** Calls a listener. What it throws, or its promise rejects with, goes to `onError`, whose own fault ends there. */
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

/** What a callback decides, which must be synchronous; `otherwise` where it throws or gives a promise. */
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
