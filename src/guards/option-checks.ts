import { hearThrown, hearWithin } from './synchronous.ts'
import { configurationError } from '../public/errors.ts'

/* Checks that every set of options needs: a mistake is named by its path. */

/** A misspelt option must not silently become a default. */
export function refuseUnknown(
  options: object,
  known: readonly string[],
  path: string,
  fault = 'there is no such option',
): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw configurationError(`${path}${name}`, fault)
  }
}

export function requireFunction(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'function') throw configurationError(path, 'must be a function')
}

/** Checks the methods that every store has. */
export function requireStoreMethods(store: Readonly<Record<string, unknown>>): void {
  for (const method of ['get', 'set', 'delete', 'listOpen']) {
    if (typeof store[method] !== 'function') throw configurationError(`store.${method}`, 'must be a function')
  }
}

export function requireObject(value: unknown, path: string): void {
  if (value !== undefined && !isObject(value)) throw configurationError(path, 'must be an object')
}

/**
 * Checks a set of options within another. Anything but a plain object may hide its content, and would count as empty.
 */
export function requireFields(value: unknown, known: readonly string[], path: string): void {
  if (!isPlainObject(value)) throw configurationError(path, 'must be an object of names and values')
  refuseUnknown(value, known, `${path}.`)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Whether a value is an object of names and values, from any realm. Other objects (a Map, a promise) may hide their
 * content.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * A copy of the options of one call, as they were at the call. Anything but a plain object, such as a signal or a
 * promise given instead, would be ignored and is refused.
 */
export function callOptions<Options extends object>(
  options: Options | undefined,
  known: readonly (keyof Options & string)[],
  path: string,
): Partial<Options> {
  if (options === undefined) return {}
  try {
    if (!isPlainObject(options)) throw configurationError(path, takes(known))
    const copy = { ...options }
    refuseUnknown(copy, known, `${path}.`)
    requireSignal(Reflect.get(copy, 'signal'))
    return copy
  } catch (error) {
    hearWithin(options)
    throw error
  }
}

function takes(known: readonly string[]): string {
  return known.length === 0 ? 'takes no options' : `takes its options as { ${known.join(', ')} }`
}

export function requireFlag(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw configurationError(path, 'must be true or false')
}

export function requireCredentials(value: unknown, path: string): void {
  const modes: readonly unknown[] = [undefined, 'omit', 'same-origin', 'include']
  if (!modes.includes(value)) throw configurationError(path, "must be 'omit', 'same-origin' or 'include'")
}

/** A signal must show now and later whether it is aborted, and must let go of its listeners. */
function requireSignal(signal: unknown): void {
  if (signal === undefined || isSignal(signal)) return
  throw configurationError('signal', 'must be an AbortSignal')
}

function isSignal(given: unknown): boolean {
  const signal = given as AbortSignal
  const listener = () => {}
  try {
    if (typeof signal.aborted !== 'boolean') return false
    // Tried once now: a signal that throws later would leave a run that nobody can end.
    signal.addEventListener('abort', listener)
    signal.removeEventListener('abort', listener)
    return true
  } catch (error) {
    hearThrown(error)
    return false
  }
}
