import { canonicalJson, jsonFaultOf } from '../core/names/canonical-json.ts'
import { configurationError } from '../public/errors.ts'
import { classOf, isPlainTable } from './request/plain-table.ts'

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
  if (!isExact(payload)) refuseClasses(payload, 'run.payload')
  return text
}

/**
 * Whether a value is of texts, finite numbers, lists and objects of no class alone, as nearly all are: nothing is wrong with it.
 * What is wrong, and where, the two below say.
 */
export function isExact(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      if (value === null) return true
      return Array.isArray(value) ? isExactList(value) : isExactTable(value)
    default:
      return false
  }
}

function isExactList(list: readonly unknown[]): boolean {
  if (Object.getPrototypeOf(list) !== Array.prototype || 'toJSON' in list) return false
  // Every place of it: a hole is none of its entries.
  for (let index = 0; index < list.length; index += 1) {
    if (!isExact(list[index])) return false
  }
  return Object.keys(list).length === list.length
}

function isExactTable(table: object): boolean {
  if (Object.getPrototypeOf(table) !== Object.prototype || 'toJSON' in table || Symbol.toStringTag in table)
    return false
  for (const name of Object.keys(table)) {
    const part = (table as Readonly<Record<string, unknown>>)[name]
    if (part !== undefined && !isExact(part)) return false
  }
  return true
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

/**
 * Throws a TypeError where JSON would write null for what is not, or leave out what is no data: a number that is none, a
 * hole or undefined in a list, a Date that is none, a function, a symbol. A property that is undefined is left out.
 */
export function refuseBlurred(value: unknown, path: string): void {
  const unfit = (what: string) => new TypeError(`${path} is ${what}, which JSON cannot hold.`)
  if (typeof value === 'number' && !Number.isFinite(value)) throw unfit(String(value))
  if (typeof value === 'function' || typeof value === 'symbol') throw unfit(`a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json = (value.toJSON as () => unknown)()
    if (json === null && Object.prototype.toString.call(value) === '[object Date]')
      throw unfit('a Date that is none')
    refuseBlurred(json, path)
    return
  }
  if (Array.isArray(value)) {
    // Every place of it: a hole is none of its entries.
    for (let index = 0; index < value.length; index += 1) {
      if (value[index] === undefined)
        throw new TypeError(`${path}[${index}] is undefined, which JSON cannot hold.`)
      refuseBlurred(value[index], `${path}[${index}]`)
    }
    return
  }
  for (const [name, part] of Object.entries(value)) refuseBlurred(part, `${path}.${name}`)
}

function nameOf(value: object): string {
  const name = classOf(value)
  return name === undefined ? 'an object of a class of its own' : `a ${name}`
}
