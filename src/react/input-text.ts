/*
 * An input as a text, so that a fresh object with the same content is known to be the same input at once, within one
 * render. Two inputs of one text make the same request; two of different texts may do so too, which is compared by the
 * client (`comparePayload`).
 */

/** What is nested deeper may contain itself. */
const DEEPEST = 20

/**
 * Plain data, Maps, Sets and what says by `toJSON` what it is (a Decimal, a URL) by their content; a File, another object of a
 * class by which one it is: what it hides may make another request.
 */
export function inputText(input: unknown, depth = 0): string {
  if (typeof input === 'string') return JSON.stringify(input)
  if (typeof input === 'bigint') return `${input}n`
  if (typeof input === 'function' || typeof input === 'symbol') return identityText(input)
  if (typeof input !== 'object' || input === null) return Object.is(input, -0) ? '-0' : String(input)
  if (depth === DEEPEST) return identityText(input)
  if (Array.isArray(input)) return `[${Array.from(input, item => inputText(item, depth + 1)).join()}]`
  const base: unknown = Object.getPrototypeOf(input)
  if (Object.prototype.toString.call(input) === '[object Date]') return `Date ${Number(input)}`
  if (base === Object.prototype || base === null) return fieldsText(input, depth)
  if (base === Map.prototype || base === Set.prototype)
    return `${identityText(base)} ${inputText([...(input as Iterable<unknown>)], depth + 1)}`
  return ownJsonText(input, base as object, depth) ?? identityText(input)
}

function fieldsText(input: object, depth: number): string {
  const parts = Object.entries(input).map(
    ([name, part]) => `${JSON.stringify(name)}:${inputText(part, depth + 1)}`,
  )
  return `{${parts.toSorted().join()}}`
}

/** Undefined where an object of a class does not say what it is. Its fields count beside it: one may be left out of the JSON. */
function ownJsonText(input: object, base: object, depth: number): string | undefined {
  if (!('toJSON' in input) || typeof input.toJSON !== 'function') return undefined
  try {
    const json: unknown = input.toJSON()
    if (json === input || json === undefined) return undefined
    return `${identityText(base)} ${inputText(json, depth + 1)} ${fieldsText(input, depth)}`
  } catch {
    return undefined
  }
}

let identities = 0
const identityOf = new WeakMap<WeakKey, string>()

function identityText(thing: object | symbol): string {
  // A symbol that is registered cannot be a weak key; its description distinguishes it.
  if (typeof thing === 'symbol') return String(thing)
  const known = identityOf.get(thing) ?? `#${++identities}`
  identityOf.set(thing, known)
  return known
}
