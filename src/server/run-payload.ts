import { canonicalJson, jsonFaultOf } from '../core/names/canonical-json.ts'
import { configurationError } from '../public/errors.ts'
import { classOf, isPlainTable } from './request/plain-table.ts'

/**
 * The text of what must not change under a key. Two payloads that mean the same have the same text. What JSON leaves
 * out could make two different payloads equal, so objects of a class are refused (nobody can see a private field),
 * and so is everything that JSON cannot represent. A Date, and an object with a `toJSON`, count by the result of
 * `toJSON`. Throws a `configuration` error.
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
 * Whether a value consists only of texts, booleans, null, finite numbers, lists and plain objects, as nearly every
 * value does. Such a value needs no further check. For other values the two functions below find out what is wrong,
 * and where.
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
  // Checks every index, because a hole is not among the list's entries.
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

/**
 * A copy of a value that consists only of texts, booleans, null, finite numbers, lists and plain objects, as nearly every
 * value does: what its JSON would be parsed to, in a third of the time. Undefined for any other value, and for one that
 * is nested so deep that it may contain itself. Every property is read once, so the JSON of the copy is that of what was
 * copied.
 */
export function exactCopy(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      // JSON has no negative zero.
      return Number.isFinite(value) ? value + 0 : undefined
    case 'object':
      if (value === null) return null
      if (depth === DEEPEST) return undefined
      return Array.isArray(value) ? copyOfList(value, depth + 1) : copyOfTable(value, depth + 1)
    default:
      return undefined
  }
}

const DEEPEST = 32

function copyOfList(list: readonly unknown[], depth: number): unknown {
  if (Object.getPrototypeOf(list) !== Array.prototype || 'toJSON' in list) return undefined
  const copy: unknown[] = []
  // Reads every index, because a hole is not among the list's entries.
  for (let index = 0; index < list.length; index += 1) {
    const part = exactCopy(list[index], depth)
    if (part === undefined) return undefined
    copy.push(part)
  }
  return Object.keys(list).length === copy.length ? copy : undefined
}

function copyOfTable(table: object, depth: number): unknown {
  if (Object.getPrototypeOf(table) !== Object.prototype || 'toJSON' in table || Symbol.toStringTag in table)
    return undefined
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(table)) {
    const property = (table as Readonly<Record<string, unknown>>)[name]
    if (property === undefined) continue
    const part = exactCopy(property, depth)
    // An assignment to this name sets the prototype instead.
    if (part === undefined || name === '__proto__') return undefined
    copy[name] = part
  }
  return copy
}

/**
 * Throws a `configuration` error if JSON would write an object of a class (a Map, an Error, a Response) as `{}` or in
 * part.
 */
export function refuseClasses(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return refuseClasses((value.toJSON as () => unknown)(), path)
  // In every realm Array.prototype is itself an array; the prototype of a subclass of Array is not.
  const isPlain = Array.isArray(value) ? Array.isArray(Object.getPrototypeOf(value)) : isPlainTable(value)
  if (!isPlain)
    throw configurationError(
      path,
      `is of ${classOf(value)}, whose private fields nobody sees: give plain data, as in { ...it }, or give its class a toJSON`,
    )
  for (const [name, part] of Object.entries(value))
    refuseClasses(part, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`)
}

/**
 * Throws a TypeError if JSON would write null for another value, or leave out something that is not data: a number
 * that is not finite, a hole or undefined in a list, an invalid Date, a function, a symbol. A property with the value
 * undefined is simply left out.
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
    // Checks every index, because a hole is not among the list's entries.
    for (let index = 0; index < value.length; index += 1) {
      if (value[index] === undefined)
        throw new TypeError(`${path}[${index}] is undefined, which JSON cannot hold.`)
      refuseBlurred(value[index], `${path}[${index}]`)
    }
    return
  }
  for (const [name, part] of Object.entries(value)) refuseBlurred(part, `${path}.${name}`)
}
