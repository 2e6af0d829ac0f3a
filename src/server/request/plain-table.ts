import { isOfNoClass } from '../../core/names/plain-data.ts'

/**
 * Whether an object has only its own visible properties: a plain object, or an object whose prototype is empty, as
 * querystring parsers create them (fast-querystring of @fastify/formbody, find-my-way's params).
 */
export function isPlainTable(value: object): boolean {
  if (isOfNoClass(value)) return true
  const base = Object.getPrototypeOf(value) as object
  return Object.getPrototypeOf(base) === null && Reflect.ownKeys(base).length === 0
}

/** The name of a value's class, for a message; undefined if the name is not a simple word. */
export function classOf(value: object): string | undefined {
  const { name } = ((value as { readonly constructor?: unknown }).constructor ?? {}) as {
    readonly name?: unknown
  }
  return typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : undefined
}
