import { hearThrown, synchronous } from './engine/synchronous.ts'
import type { OperationError } from './errors.ts'
import { configurationError, isOperationError } from './errors.ts'

/* The user's callbacks: what they throw is a mistake that names the callback. */

export function called<Value>(callback: () => Value, path: string): Value {
  try {
    return synchronous(callback(), path)
  } catch (error) {
    throw asConfiguration(error, path)
  }
}

export function asConfiguration(error: unknown, path: string): OperationError {
  if (isOperationError(error)) return error
  hearThrown(error)
  const mistake = configurationError(path, 'threw')
  return Object.assign(mistake, { cause: error })
}
