import type { Settled } from '../client/settled.ts'
import type { OperationError } from '../public/errors.ts'

/** The callbacks of a call of `mutate`: called once, when the call has ended, also after the component has gone. */
export type MutationCallbacks<Input, Output> = {
  /** Executed. `data` is undefined where the result could not be read. */
  readonly onSuccess?: ((data: Output | undefined, variables: Input) => unknown) | undefined
  /** Proven not to have been executed. */
  readonly onError?: ((error: OperationError, variables: Input) => unknown) | undefined
  /** The operation may have been executed: no failure is reported. */
  readonly onUnknown?: ((error: OperationError, variables: Input) => unknown) | undefined
  /** Another payload was executed under this id: these variables were not. */
  readonly onChanged?: ((error: OperationError, variables: Input) => unknown) | undefined
  readonly onSettled?:
    | ((data: Output | undefined, error: OperationError | null, variables: Input) => unknown)
    | undefined
  /** After `onUnknown`, once it is known what became of it; none of the others is called for that. */
  readonly onResolved?: ((end: Settled<Output>, variables: Input) => unknown) | undefined
}

/** The result, undefined where it cannot be read; throws what is no success of this call. */
export function dataOrThrown<Output>(settled: Settled<Output>): Output | undefined {
  const { outcome, error } = settled
  if (error !== undefined && (outcome !== 'executed' || error.reason === 'changed')) throw error
  return outcome === 'executed' ? settled.data : undefined
}

/** Calls what there is for this end. */
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

/** Calls `onResolved` with the end that came after an unknown one. */
export function tellResolved<Input, Output>(
  callbacks: MutationCallbacks<Input, Output>,
  end: Settled<Output>,
  variables: Input,
): void {
  guarded(() => callbacks.onResolved?.(end, variables))
}

/** A callback that throws is a mistake of its own, to be seen as one: a payment has not failed for it. */
function guarded(callback: () => unknown): void {
  try {
    callback()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
