/* Errors that an adapter reports to `onError`, besides those that end the run of a key. */

type Tell = (error: unknown) => void

/** The property of an execution that receives what the handler throws after it has answered. */
export const ON_RUN_ERROR = Symbol('stillonce.on-run-error')

/**
 * Reports an error that does not change the answer. The owner gets the error together with the key. Without a key
 * only the framework gets it.
 */
export function reportRunError(execution: object, error: unknown): void {
  ;(execution as { readonly [ON_RUN_ERROR]?: Tell })[ON_RUN_ERROR]?.(error)
}

const OF_APPS = new WeakMap<object, Tell>()

/** Sets the receiver of errors that come before any run, where no framework would receive them. */
export function reportEarlyErrorsTo<Made extends object>(idempotency: Made, onError: Tell): Made {
  OF_APPS.set(idempotency, onError)
  return idempotency
}

export function reportEarlyError(idempotency: object, error: unknown): void {
  OF_APPS.get(idempotency)?.(error)
}
