/**
 * What a key may look like before it meets a header: printable ASCII without the two characters that a
 * structured-field String would have to escape, so that raw and quoted form carry the same key.
 */
const KEY = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** What is wrong with a key, or undefined. The key itself is never repeated: it may hold anything. */
export function keyFault(key: unknown, maxLength: number): string | undefined {
  if (typeof key !== 'string') return 'must be a string'
  if (key === '') return 'must not be empty'
  if (key.length > maxLength) return `must have at most ${maxLength} characters, has ${key.length}`
  if (!KEY.test(key)) return 'must be printable ASCII without spaces, quotes and backslashes'
  return undefined
}

/** The header's value: the draft's structured-field String is quoted, most servers want the bare key. */
export function keyHeaderValue(key: string, format: 'raw' | 'quoted'): string {
  return format === 'quoted' ? `"${key}"` : key
}
