import { codeOfFault } from '../../core/run/store-look.ts'
import { faultOf } from '../../engine/stored/journal.ts'
import type { OperationError } from '../../public/errors.ts'
import { isOperationError } from '../../public/errors.ts'
import { errorOf } from '../error-of.ts'

/** The error for a failure of the store that concerns no single operation. */
export function storeFailedError(error: unknown): OperationError {
  return storeError({ operationId: undefined }, error)
}

export function storeError(
  operation: { readonly operationId: string | undefined; readonly givesAnswers?: boolean | undefined },
  error: unknown,
): OperationError {
  if (isOperationError(error)) return error
  const fault = faultOf(error)
  const { reason, advice, cause } = fault
  return errorOf(
    { code: codeOfFault(fault), outcome: 'unknown', reason, cause, advice },
    { ...operation, record: undefined },
  )
}
