import { isOperationError } from '../public/errors.ts'

type TanStackStatus = 'idle' | 'pending' | 'success' | 'error'

/**
 * The status of a TanStack Query mutation that `mutationOptions` made, with `unknown` and `changed` apart from `error`:
 * only `error` is proven not to have been executed. `changed`: another payload was executed under the same id.
 */
export function mutationStatus(mutation: {
  readonly status: TanStackStatus
  readonly error: unknown
}): TanStackStatus | 'unknown' | 'changed' {
  const { status, error } = mutation
  if (status !== 'error') return status
  // What is no OperationError was thrown by a callback of the mutation, which may run after the operation.
  if (!isOperationError(error)) return 'unknown'
  if (error.outcome === 'executed' && error.reason === 'changed') return 'changed'
  return error.outcome === 'not-executed' ? 'error' : 'unknown'
}
