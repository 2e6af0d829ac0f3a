import { hearThrown, synchronous } from './synchronous.ts'
import type { OperationError } from '../public/errors.ts'
import { configurationError, isOperationError, withOutcome } from '../public/errors.ts'

/* Calls the user's callbacks: an error that they throw becomes a mistake that names the callback. */

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

/** A mistake in a call about a stored operation proves nothing about that operation, which may have been executed. */
export async function claimingNothing<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    const isMistake = isOperationError(error) && error.code === 'configuration'
    throw isMistake && error.outcome === 'not-executed' ? withOutcome(error, 'unknown') : error
  }
}

/** The value of a callback now, or its error, for a later moment. */
export function captured<Value>(callback: () => Value): () => Value {
  try {
    const value = callback()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
