/*
 * An input as a text, so that within one render a new object with the same content is recognised as the same input.
 * Inputs with equal texts make the same request. Inputs with different texts may do so too, which the client checks
 * (`comparePayload`).
 */

/** An object nested more deeply may contain itself. */
const DEEPEST = 20

/**
 * Plain data, Maps, Sets and objects with a `toJSON` (a Decimal, a URL) are compared by their content. A File or any
 * other instance of a class is compared by identity, because its hidden state may make another request.
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

/**
 * Undefined if an instance of a class has no usable `toJSON`. Its own fields count too, because the JSON may leave one
 * out.
 */
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
  // A registered symbol cannot be a weak key; its description distinguishes it.
  if (typeof thing === 'symbol') return String(thing)
  const known = identityOf.get(thing) ?? `#${++identities}`
  identityOf.set(thing, known)
  return known
}
