import type { Settled } from '../client/settled.ts'
import type { OperationError } from '../public/errors.ts'

/**
 * The callbacks of one call of `mutate`. They are called once, when the call has ended, even if the component is gone
 * by then.
 */
export type MutationCallbacks<Input, Output> = {
  /** The operation was executed. `data` is undefined if the result could not be read. */
  readonly onSuccess?: ((data: Output | undefined, variables: Input) => unknown) | undefined
  /** The operation is proven not to have been executed. */
  readonly onError?: ((error: OperationError, variables: Input) => unknown) | undefined
  /** The operation may have been executed, so do not report a failure. */
  readonly onUnknown?: ((error: OperationError, variables: Input) => unknown) | undefined
  /** Another payload was executed under this id; these variables were not. */
  readonly onChanged?: ((error: OperationError, variables: Input) => unknown) | undefined
  readonly onSettled?:
    | ((data: Output | undefined, error: OperationError | null, variables: Input) => unknown)
    | undefined
  /** Called after `onUnknown`, once the outcome is known. No other callback is called for that. */
  readonly onResolved?: ((end: Settled<Output>, variables: Input) => unknown) | undefined
}

/** Returns the result, undefined if it cannot be read. Throws if the end is no success of this call. */
export function dataOrThrown<Output>(settled: Settled<Output>): Output | undefined {
  const { outcome, error } = settled
  if (error !== undefined && (outcome !== 'executed' || error.reason === 'changed')) throw error
  return outcome === 'executed' ? settled.data : undefined
}

/** Calls the callbacks for this end. */
export function tellEnd<Input, Output>(
  callbacks: MutationCallbacks<Input, Output>,
  settled: Settled<Output>,
  variables: Input,
): void {
  const { error } = settled
  switch (settled.outcome) {
    case 'executed':
      if (error?.reason === 'changed') guarded(() => callbacks.onChanged?.(error, variables))
      else guarded(() => callbacks.onSuccess?.(settled.data, variables))
      break
    case 'not-executed':
      guarded(() => callbacks.onError?.(settled.error, variables))
      break
    case 'unknown':
      guarded(() => callbacks.onUnknown?.(settled.error, variables))
      break
    default:
      settled satisfies never
  }
  const data = settled.outcome === 'executed' ? settled.data : undefined
  guarded(() => callbacks.onSettled?.(data, error ?? null, variables))
}

/** Calls `onResolved` with the end that followed an unknown one. */
export function tellResolved<Input, Output>(
  callbacks: MutationCallbacks<Input, Output>,
  end: Settled<Output>,
  variables: Input,
): void {
  guarded(() => callbacks.onResolved?.(end, variables))
}

/** An error in a callback is reported as an uncaught error, because it is not a failure of the payment. */
function guarded(callback: () => unknown): void {
  try {
    callback()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
