import type { OperationError } from '../errors.ts'
import { configurationError, isOperationError } from '../errors.ts'

/**
 * What a callback gave, unless it is a promise: callbacks are synchronous, and a promise that nobody waits
 * for would end a Node process when it rejects.
 */
export function synchronous<Value>(value: Value, path: string): Value {
  if (!isThenable(value)) return value
  heard(value)
  const mistake = configurationError(path, 'must be synchronous: it gave a promise')
  promised.add(mistake)
  throw mistake
}

const promised = new WeakSet<OperationError>()

/** Whether it is this mistake, and not an error that a callback passed on from elsewhere. */
export function isPromiseGiven(error: unknown): error is OperationError {
  return isOperationError(error) && promised.has(error)
}

/** Hears how a promise ends, so that nobody else has to. */
export function heard(promise: PromiseLike<unknown>, onError: (error: unknown) => void = () => {}): void {
  try {
    promise.then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}

/** Hears what a callback threw where that is a promise: nobody waits for it, and it may reject. */
export function hearThrown(thrown: unknown): void {
  if (isThenable(thrown)) heard(thrown)
}

/** A promise, of whichever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHave = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return mayHave && typeof (value as { then?: unknown }).then === 'function'
}
