import { StoreFailure } from '../../engine/stored/journal.ts'
import type { OperationError } from '../../public/errors.ts'
import { isOperationError } from '../../public/errors.ts'
import { errorOf } from '../error-of.ts'

/** A store's failure outside of any operation. */
export function storeFailedError(error: unknown): OperationError {
  return storeError({ operationId: undefined }, error)
}

export function storeError(
  operation: { readonly operationId: string | undefined },
  error: unknown,
): OperationError {
  if (isOperationError(error)) return error
  const corrupt = error instanceof StoreFailure && error.corrupt
  const reason = error instanceof Error ? error.message : 'the store failed'
  const advice = error instanceof StoreFailure ? error.advice : undefined
  const cause = error instanceof StoreFailure ? error.cause : error
  return errorOf(
    { code: corrupt ? 'store-corrupt' : 'store-failed', outcome: 'unknown', reason, cause, advice },
    { operationId: operation.operationId, record: undefined },
  )
}
