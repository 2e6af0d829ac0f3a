import { isOfNoClass } from '../../core/names/plain-data.ts'

/**
 * Whether an object is its own names alone, with nothing that hides: a plain one, or one of a prototype that is empty, as
 * querystring parsers make them (fast-querystring of @fastify/formbody, find-my-way's params).
 */
export function isPlainTable(value: object): boolean {
  if (isOfNoClass(value)) return true
  const base = Object.getPrototypeOf(value) as object
  return Object.getPrototypeOf(base) === null && Reflect.ownKeys(base).length === 0
}

/** What a class calls itself, for a message; undefined where that is no word. */
export function classOf(value: object): string | undefined {
  const { name } = ((value as { readonly constructor?: unknown }).constructor ?? {}) as {
    readonly name?: unknown
  }
  return typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : undefined
}
