/*
 * A key as one segment of a URL's path. Proxies decode `%2F`, take dot segments out, cut at `;`, `?` and `#`, decode
 * twice, and change the case of letters; each of these makes another key of one that is written with
 * `encodeURIComponent`. A key of lower-case letters, digits, `_` and `-`, such as a UUID, stands as it is; any other
 * as `~` and its bytes in hexadecimal, in which there is nothing to change.
 */

const PLAIN = /^[a-z0-9_-]+$/
const ENCODED = /^~(?:[0-9a-f]{2})+$/

/** What a URL can carry beside: written by hand, and read as it is. None of it ends or splits a segment. */
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
 * The key that a segment stands for, once it is decoded; undefined where a proxy may have made it of another. One
 * key has one encoded form: what `keyPath` would have written plain is no encoded key.
 */
export function keyOfPath(segment: string): string | undefined {
  const lower = segment.toLowerCase()
  if (!ENCODED.test(lower)) return READABLE.test(segment) ? segment : undefined
  let key = ''
  for (let index = 1; index < lower.length; index += 2)
    key += String.fromCharCode(Number.parseInt(lower.slice(index, index + 2), 16))
  return key.length > 0 && !PLAIN.test(key) ? key : undefined
}
