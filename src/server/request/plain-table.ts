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

/** The class of a value, for a message: with its name, if that is a simple word. */
export function classOf(value: object): string {
  const { name } = ((value as { readonly constructor?: unknown }).constructor ?? {}) as {
    readonly name?: unknown
  }
  return typeof name === 'string' && /^\w{1,40}$/.test(name) ? `class ${name}` : 'a class of its own'
}
