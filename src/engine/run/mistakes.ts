import type { OperationError } from '../../public/errors.ts'
import { isOperationError } from '../../public/errors.ts'

/** A mistake of the options or the definition; undefined where an error is another, or one that a callback passed on. */
export function asMistake(error: unknown): OperationError | undefined {
  return isOperationError(error) && error.code === 'configuration' ? error : undefined
}

/** Whether a run ends as a mistake of its own: an error that a callback passes on from elsewhere is none. */
export function isMistake(error: unknown): error is OperationError {
  return asMistake(error) !== undefined
}
