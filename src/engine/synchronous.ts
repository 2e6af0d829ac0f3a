import { configurationError } from '../errors.ts'

/**
 * What a callback gave, unless it is a promise: callbacks are synchronous, and a promise that nobody waits
 * for would end a Node process when it rejects.
 */
export function synchronous<Value>(value: Value, path: string): Value {
  if (!isThenable(value)) return value
  value.then(undefined, () => {})
  throw configurationError(path, 'must be synchronous')
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
