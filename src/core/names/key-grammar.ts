/**
 * What a key may look like before it goes into a header: printable ASCII without the two characters that a
 * structured-field String would have to escape, so that the raw and the quoted form carry the same key.
 */
const KEY = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** RFC 9562, of any version. The nil UUID names nothing. */
const UUID = /^(?![0-]+$)[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** Which keys a server accepts. */
export type KeyShape = {
  /** Characters. */
  readonly maxLength: number
  /** Default 1. */
  readonly minLength?: number | undefined
  /** Characters and ranges of them, such as `A-Za-z0-9_-`. Default: all characters that a key may have. */
  readonly alphabet?: string | undefined
  /** Only a UUID is accepted. */
  readonly format?: 'uuid' | undefined
}

/** What is wrong with a key, or undefined. The key itself is never repeated, because it may hold anything. */
export function keyFault(
  key: unknown,
  { maxLength, minLength = 1, alphabet, format }: KeyShape,
): string | undefined {
  if (typeof key !== 'string') return 'must be a string'
  if (key === '') return 'must not be empty'
  if (key.length > maxLength) return `must have at most ${maxLength} characters, has ${key.length}`
  if (key.length < minLength) return `must have at least ${minLength} characters, has ${key.length}`
  if (!KEY.test(key)) return 'must be printable ASCII without spaces, quotes and backslashes'
  if (format === 'uuid' && !UUID.test(key)) return 'must be a UUID, for this server takes nothing else'
  if (alphabet !== undefined && !madeOf(alphabet).test(key))
    return `must be made of ${alphabet}, for this server takes nothing else`
  return undefined
}

/** Matches texts of these characters. Throws if a range runs backwards. */
export function madeOf(alphabet: string): RegExp {
  return new RegExp(`^[${alphabet.replaceAll(/[\\\]^]/g, '\\$&')}]+$`)
}

/** The header's value: the draft's structured-field String is quoted, most servers want the bare key. */
export function keyHeaderValue(key: string, format: 'raw' | 'quoted'): string {
  return format === 'quoted' ? `"${key}"` : key
}
