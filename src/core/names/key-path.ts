/*
 * A key as one segment of a URL's path. Proxies decode `%2F`, remove dot segments, cut at `;`, `?` and `#`, decode
 * twice, and change the case of letters. Each of these makes another key of one that is written with
 * `encodeURIComponent`. A key of lower-case letters, digits, `_` and `-`, such as a UUID, is written as it is. Any
 * other key is written as `~` and its bytes in hexadecimal, in which there is nothing to change.
 */

const PLAIN = /^[a-z0-9_-]+$/
const ENCODED = /^~(?:[0-9a-f]{2})+$/

/**
 * Other segments that a URL can carry, written by hand and read as they are. No character of theirs ends or splits a
 * segment.
 */
const READABLE = /^(?!\.+$)(?!~)[^/\\%?#;\s]+$/

/**
 * The segment of a URL's path that carries a key, so that no proxy can make another key of it. `stillonce/server`
 * reads it at the end of the key's own URL.
 *
 * @example
 * status: { request: ({ key }) => ({ url: `orders/by-key/${keyPath(key)}` }) }
 */
export function keyPath(key: string): string {
  if (PLAIN.test(key)) return key
  let hex = ''
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    if (code > 0x7f)
      throw new TypeError('The key is more than ASCII, so that no header and no URL carries it.')
    hex += code.toString(16).padStart(2, '0')
  }
  return `~${hex}`
}

/**
 * The key for which a decoded segment stands; undefined if a proxy may have made the segment of another one. A key has
 * one encoded form only: the hexadecimal form of a key that `keyPath` writes plain is refused.
 */
export function keyOfPath(segment: string): string | undefined {
  const lower = segment.toLowerCase()
  if (!ENCODED.test(lower)) return READABLE.test(segment) ? segment : undefined
  let key = ''
  for (let index = 1; index < lower.length; index += 2)
    key += String.fromCharCode(Number.parseInt(lower.slice(index, index + 2), 16))
  return key.length > 0 && !PLAIN.test(key) ? key : undefined
}
