import type { OperationError } from '../public/errors.ts'
import type { Operation } from '../client/operation.ts'
import { dataOrThrown } from './mutation-callbacks.ts'

/** The options of TanStack Query's `useMutation`, as far as they are set here. */
export type IdempotentMutationOptions<Input, Output> = {
  readonly mutationKey: readonly ['stillonce', string]
  readonly mutationFn: (variables: Input) => Promise<Output | undefined>
  readonly retry: false
  readonly networkMode: 'always'
  /** Only for TypeScript: what `error` is. */
  readonly throwOnError?: (error: OperationError) => boolean
}

/**
 * Options for TanStack Query's `useMutation`, so that a mutation that is there already gets one key, written
 * down before the first send: `useMutation({ ...mutationOptions(placeOrder), onSuccess })`.
 *
 * TanStack Query does not retry then, nor does it hold mutations back while offline: the operation does both,
 * and only what has been written down can be taken up after a reload.
 *
 * TanStack Query knows no `unknown`: such a mutation ends there as an error, because it must not end as a success. Pressing
 * again is safe (the key is the same), but nobody may render it as failed: ask `mutationStatus`.
 */
export function mutationOptions<Input, Output>(
  operation: Operation<Input, Output>,
): IdempotentMutationOptions<Input, Output> {
  return {
    mutationKey: ['stillonce', operation.name],
    mutationFn: async variables => dataOrThrown(await operation.start(variables).settled),
    retry: false,
    networkMode: 'always',
  }
}
