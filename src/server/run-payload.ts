import { canonicalJson, jsonFaultOf } from '../core/canonical-json.ts'
import { configurationError } from '../errors.ts'
import { classOf, isPlainTable } from './plain-table.ts'

/**
 * The text of what must not change under a key: two payloads that mean the same have one. What JSON leaves out would
 * make two payloads one, so that a class of its own is refused (a private field is seen by nobody), as is all that JSON
 * cannot hold. A Date, and what says by `toJSON` what it is, counts by that. Throws a `configuration` error.
 */
export function runPayloadText(payload: unknown): string {
  let text: string
  try {
    text = canonicalJson(payload)
  } catch (error) {
    throw configurationError('run.payload', jsonFaultOf(error))
  }
  refuseClasses(payload, 'run.payload')
  return text
}

/** Throws a `configuration` error where JSON would write a class (a Map, an Error, a Response) as `{}` or in part. */
export function refuseClasses(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return refuseClasses((value.toJSON as () => unknown)(), path)
  // Array.prototype is an array itself, of whatever realm; that of a class of arrays is none.
  const isPlain = Array.isArray(value) ? Array.isArray(Object.getPrototypeOf(value)) : isPlainTable(value)
  if (!isPlain)
    throw configurationError(
      path,
      `is ${nameOf(value)}, whose private fields nobody sees: give plain data, as in { ...it }, or give its class a toJSON`,
    )
  for (const [name, part] of Object.entries(value))
    refuseClasses(part, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`)
}

function nameOf(value: object): string {
  const name = classOf(value)
  return name === undefined ? 'an object of a class of its own' : `a ${name}`
}
