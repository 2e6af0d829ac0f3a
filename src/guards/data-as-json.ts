import type { OperationError } from '../public/errors.ts'
import { configurationError } from '../public/errors.ts'
import { hearThrown, isThenable } from './synchronous.ts'

/*
 * Data returned by `status.read`, `cancel.read`, `onConflict` or `conclude` is stored as JSON. A value that JSON cannot
 * hold is named by its path, as in `.lines[0].price`, so that nothing is lost silently.
 */

export type DataFault = { readonly at: string; readonly is: string }

/** The text, and the first value that it omits or distorts: a Map would become `{}`, and NaN null. */
export function dataAsJson(value: unknown): {
  readonly text: string | undefined
  readonly fault?: DataFault | undefined
} {
  const places = new Map<unknown, string>()
  let fault: DataFault | undefined
  function part(this: Readonly<Record<string, unknown>>, name: string, given: unknown): unknown {
    const raw = this[name]
    const around = places.get(this)
    const inner = Array.isArray(this) ? `[${name}]` : `.${name}`
    const at = around === undefined ? '' : around + inner
    // Each promise gets a handler, also after the first one, because a rejected one would end a Node process. A getter
    // may return another promise each time.
    hearThrown(raw)
    hearThrown(given)
    if (isThenable(raw) || isThenable(given)) {
      fault ??= { at, is: 'is a promise: wait for it first' }
      return null
    }
    if (typeof given === 'bigint') {
      fault ??= NO_JSON
      return null
    }
    const is = blurred(given, raw, Array.isArray(this))
    // A function alone produces no JSON at all.
    if (is !== undefined && (typeof given === 'object' || typeof given === 'number' || at !== ''))
      fault ??= { at, is }
    if (typeof given === 'object' && given !== null) places.set(given, at)
    return given
  }
  try {
    const text = JSON.stringify(value, part)
    return { text, fault: text === undefined ? (fault ?? NO_JSON) : fault }
  } catch (error) {
    hearThrown(error)
    return { text: undefined, fault: fault ?? NO_JSON }
  }
}

export const NO_JSON: DataFault = { at: '', is: 'must be a JSON value' }

/** A value that JSON omits or empties and that a reader would miss. A property that is undefined counts as absent. */
function blurred(given: unknown, raw: unknown, inList: boolean): string | undefined {
  if (typeof given === 'function' || typeof given === 'symbol') return `is a ${typeof given}: give plain data`
  if (typeof given === 'number' && !Number.isFinite(given)) return `is ${given}: give plain data`
  if (given === undefined && inList) return 'is undefined: give null'
  if (given === null && raw !== null) return 'is an invalid Date: give plain data'
  const kind = typeof given === 'object' && given !== null ? Object.prototype.toString.call(given) : ''
  return /^$|\[object (?:Object|Array)\]/.test(kind)
    ? undefined
    : `is of class ${kind.slice(8, -1)}: give plain data`
}

export function unkept(path: string, { at, is }: DataFault): OperationError {
  return configurationError(path + at, is)
}
