import type { OperationError } from '../public/errors.ts'
import type { Operation } from '../client/operation.ts'
import { dataOrThrown } from './mutation-callbacks.ts'

/** The options of TanStack Query's `useMutation` that are set here. */
export type IdempotentMutationOptions<Input, Output> = {
  readonly mutationKey: readonly ['stillonce', string]
  readonly mutationFn: (variables: Input) => Promise<Output | undefined>
  readonly retry: false
  readonly networkMode: 'always'
  /** Exists only for TypeScript: it gives `error` its type. */
  readonly throwOnError?: (error: OperationError) => boolean
}

/**
 * Options for TanStack Query's `useMutation`. They give an existing mutation one key, which is stored before the first
 * send: `useMutation({ ...mutationOptions(placeOrder), onSuccess })`.
 *
 * TanStack Query then neither retries nor holds mutations back while offline: the operation does both, and only a
 * stored operation can be taken up after a reload.
 *
 * TanStack Query has no status `unknown`. Such a mutation ends there as an error, because it must not end as a success.
 * Calling it again is safe (the key is the same), but do not render it as failed: use `mutationStatus`.
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
