import type { OperationError } from '../public/errors.ts'
import { configurationError, isOperationError } from '../public/errors.ts'

/**
 * What a callback gave, unless it is a promise: callbacks are synchronous, and a promise that nobody waits
 * for would end a Node process when it rejects.
 */
export function synchronous<Value>(value: Value, path: string): Value {
  if (!hasThen(value, path)) return value
  heard(value)
  const mistake = configurationError(path, 'must be synchronous: it gave a promise', undefined, 'mistake')
  promised.add(mistake)
  throw mistake
}

const promised = new WeakSet<OperationError>()

/** Whether it is this mistake, and not an error that a callback passed on from elsewhere. */
export function isPromiseGiven(error: unknown): error is OperationError {
  return isOperationError(error) && promised.has(error)
}

/** Catches how a promise ends, so that nobody else has to. */
export function heard(promise: PromiseLike<unknown>, onError: (error: unknown) => void = () => {}): void {
  // What it rejects with may be a promise itself.
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

/** Catches what a callback threw where that is a promise: nobody waits for it, and it may reject. */
export function hearThrown(thrown: unknown): void {
  try {
    if (isThenable(thrown)) heard(thrown)
  } catch (error) {
    hearThrown(error)
  }
}

/** The most parts of a refused value that are looked at. */
const MOST_PARTS = 100_000

/** Catches every promise in a value that is refused: nobody waits for any of them, and each may reject. */
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

/** What a getter throws counts like what a getter gives. */
function partOf(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch (error) {
    return error
  }
}

/** A promise, of whichever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHave = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return mayHave && typeof (value as { then?: unknown }).then === 'function'
}
