import { isOperationError } from '../public/errors.ts'

type TanStackStatus = 'idle' | 'pending' | 'success' | 'error'

/**
 * The status of a TanStack Query mutation that `mutationOptions` made, with `unknown` apart from `error`: only
 * `error` is proven not to have been executed.
 */
export function mutationStatus(mutation: {
  readonly status: TanStackStatus
  readonly error: unknown
}): TanStackStatus | 'unknown' {
  const { status, error } = mutation
  if (status !== 'error') return status
  // What is no OperationError was thrown by a callback of the mutation, which may run after the operation.
  return isOperationError(error) && error.outcome === 'not-executed' ? 'error' : 'unknown'
}
