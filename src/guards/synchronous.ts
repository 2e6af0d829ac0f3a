import type { OperationError } from '../public/errors.ts'
import { configurationError, isOperationError } from '../public/errors.ts'

/**
 * Returns a callback's value, unless it is a promise: callbacks are synchronous, and a promise that nobody awaits would
 * end a Node process when it rejects.
 */
export function synchronous<Value>(value: Value, path: string): Value {
  if (!hasThen(value, path)) return value
  heard(value)
  const mistake = configurationError(path, 'must be synchronous: it gave a promise', undefined, 'mistake')
  promised.add(mistake)
  throw mistake
}

const promised = new WeakSet<OperationError>()

/** Whether an error is this mistake, and not one that a callback passed on from elsewhere. */
export function isPromiseGiven(error: unknown): error is OperationError {
  return isOperationError(error) && promised.has(error)
}

/** Handles the rejection of a promise, so that no caller has to. */
export function heard(promise: PromiseLike<unknown>, onError: (error: unknown) => void = () => {}): void {
  // A promise may reject with another promise.
  const rejected = (error: unknown) => {
    hearThrown(error)
    onError(error)
  }
  try {
    promise.then(undefined, rejected)
  } catch (error) {
    rejected(error)
  }
}

function hasThen(value: unknown, path: string): value is PromiseLike<unknown> {
  try {
    return isThenable(value)
  } catch (error) {
    hearThrown(error)
    throw configurationError(path, 'gave what cannot be read: its own `then` threw')
  }
}

/** If a callback threw a promise, handles its rejection: nobody awaits it, and it may reject. */
export function hearThrown(thrown: unknown): void {
  try {
    if (isThenable(thrown)) heard(thrown)
  } catch (error) {
    hearThrown(error)
  }
}

/** How many parts of a refused value are examined. */
const MOST_PARTS = 100_000

/** Handles every promise in a refused value: nobody awaits them, and each may reject. */
export function hearWithin(value: unknown): void {
  const seen = new Set([value])
  for (const each of seen) {
    hearThrown(each)
    for (const part of partsOf(each)) {
      if (seen.size < MOST_PARTS) seen.add(part)
    }
  }
}

function partsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  try {
    if (value instanceof Map || value instanceof Set) return [...value.values()]
    if (ArrayBuffer.isView(value)) return []
    return Object.keys(value).map(name => partOf(value, name))
  } catch (error) {
    return [error]
  }
}

/** A value that a getter throws counts like one that it returns. */
function partOf(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch (error) {
    return error
  }
}

/** Whether a value is a promise, of any library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHave = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return mayHave && typeof (value as { then?: unknown }).then === 'function'
}
