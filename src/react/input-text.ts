/*
 * An input as a text, so that a fresh object with the same content is known to be the same input at once, within one
 * render. Two inputs of one text make the same request; two of different texts may do so too, which is compared by the
 * client (`comparePayload`).
 */

/** What is nested deeper may contain itself. */
const DEEPEST = 20

/** Plain data by its content; a File, a Map, an object of a class by which one it is. */
export function inputText(input: unknown, depth = 0): string {
  if (typeof input === 'string') return JSON.stringify(input)
  if (typeof input === 'bigint') return `${input}n`
  if (typeof input === 'function' || typeof input === 'symbol') return identityText(input)
  if (typeof input !== 'object' || input === null) return Object.is(input, -0) ? '-0' : String(input)
  if (depth === DEEPEST) return identityText(input)
  if (Array.isArray(input)) return `[${Array.from(input, item => inputText(item, depth + 1)).join()}]`
  const base: unknown = Object.getPrototypeOf(input)
  if (Object.prototype.toString.call(input) === '[object Date]') return `Date ${Number(input)}`
  if (base !== Object.prototype && base !== null) return identityText(input)
  const parts = Object.entries(input).map(
    ([name, part]) => `${JSON.stringify(name)}:${inputText(part, depth + 1)}`,
  )
  return `{${parts.toSorted().join()}}`
}

let identities = 0
const identityOf = new WeakMap<WeakKey, string>()

function identityText(thing: object | symbol): string {
  // A symbol that is registered cannot be a weak key; its description tells it apart.
  if (typeof thing === 'symbol') return String(thing)
  const known = identityOf.get(thing) ?? `#${++identities}`
  identityOf.set(thing, known)
  return known
}
