import { isOperationError } from '../public/errors.ts'

type TanStackStatus = 'idle' | 'pending' | 'success' | 'error'

/**
 * The status of a TanStack Query mutation made with `mutationOptions`, with `unknown` and `changed` separated from
 * `error`: only `error` is proven not to have been executed. `changed` means that another payload was executed under
 * the same id.
 */
export function mutationStatus(mutation: {
  readonly status: TanStackStatus
  readonly error: unknown
}): TanStackStatus | 'unknown' | 'changed' {
  const { status, error } = mutation
  if (status !== 'error') return status
  // Any other error was thrown by a callback of the mutation, which may run after the operation.
  if (!isOperationError(error)) return 'unknown'
  if (error.outcome === 'executed' && error.reason === 'changed') return 'changed'
  return error.outcome === 'not-executed' ? 'error' : 'unknown'
}
