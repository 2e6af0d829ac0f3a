import { configurationError } from '../public/errors.ts'
import { isPlainObject } from './option-checks.ts'
import { hearWithin, synchronous } from './synchronous.ts'

/**
 * The names and values of headers, in any form that can be read. Others are refused, because they would silently be
 * left out.
 */
export function headerPairs(headers: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (headers === undefined) return []
  if (isPlainObject(headers)) return Object.entries(headers)
  synchronous(headers, path)
  if (typeof headers === 'object' && headers !== null && Symbol.iterator in headers) {
    const pairs = [...(headers as Iterable<unknown>)]
    if (pairs.every(isPair)) return pairs
  }
  throw configurationError(path, 'must be an object of names and values, Headers, or pairs of name and value')
}

/**
 * The headers of every request of an http layer. A value that is no text would be sent as the text of something else.
 */
export function layerHeaders(headers: unknown, path: string): readonly (readonly [string, string])[] {
  return headerPairs(headers, path).flatMap(([name, value]) => {
    if (name.toLowerCase() === 'idempotency-key')
      throw configurationError(`${path}.${name}`, 'is the key itself, which the client sets')
    if (value === undefined) return []
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      hearWithin(headers)
      throw configurationError(`${path}.${name}`, 'must be a text')
    }
    return [[name, String(value)]]
  })
}

function isPair(pair: unknown): pair is readonly [string, unknown] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string'
}
