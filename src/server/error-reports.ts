/* Ways from an adapter to `onError`, beside what the run of a key ends with. */

type Tell = (error: unknown) => void

/** On an execution: who gets what its handler throws after it has answered. */
export const ON_RUN_ERROR = Symbol('stillonce.on-run-error')

/** An error changes nothing of the answer; the owner gets the error with the key. Without a key only the framework does. */
export function reportRunError(execution: object, error: unknown): void {
  ;(execution as { readonly [ON_RUN_ERROR]?: Tell })[ON_RUN_ERROR]?.(error)
}

const OF_APPS = new WeakMap<object, Tell>()

/** Says who gets what comes before any run, where no framework is. */
export function reportEarlyErrorsTo<Made extends object>(idempotency: Made, onError: Tell): Made {
  OF_APPS.set(idempotency, onError)
  return idempotency
}

export function reportEarlyError(idempotency: object, error: unknown): void {
  OF_APPS.get(idempotency)?.(error)
}
