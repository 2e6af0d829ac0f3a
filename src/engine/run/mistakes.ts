import type { OperationError } from '../../public/errors.ts'
import { isOperationError } from '../../public/errors.ts'

/** The error, if it is a mistake in the options or the definition; undefined for any other error. */
export function asMistake(error: unknown): OperationError | undefined {
  return isOperationError(error) && error.code === 'configuration' ? error : undefined
}

/** Whether an error is a mistake in the options or the definition. */
export function isMistake(error: unknown): error is OperationError {
  return asMistake(error) !== undefined
}
