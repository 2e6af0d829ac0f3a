import { keyOfPath, keyPath } from '../../core/names/key-path.ts'
import { configurationError } from '../../public/errors.ts'
import { readKey } from '../core/key-header.ts'

/* Writes and reads the key's own URL, `<path of the operation>/by-key/<key>`. */

const BEFORE_KEY = 'by-key'

/**
 * Returns the URL as a path, which stays right even if a proxy changes the Host. `prefix`: what a proxy removed from
 * the path.
 */
export function keyUrlOf(prefix: unknown): (key: string, request: Request) => string {
  const before = prefixText(prefix)
  return (key, request) => {
    const { pathname } = new URL(request.url)
    let end = pathname.length
    while (end > 0 && pathname[end - 1] === '/') end -= 1
    const path = `${before}${pathname.slice(0, end)}/${BEFORE_KEY}/${keyPath(key)}`
    // A path that begins with two slashes would name another host: RFC 3986 4.2.
    return path.startsWith('//') ? `/.${path}` : path
  }
}

function prefixText(prefix: unknown): string {
  if (prefix === undefined || prefix === '') return ''
  const isPath = typeof prefix === 'string' && /^(?:\/[\w.~!$&'()*+,;=:@-]+)+$/.test(prefix)
  if (!isPath || /\/\.{1,2}(?:\/|$)/.test(prefix))
    throw configurationError(
      'prefix',
      "must be a path that begins with a slash and ends with none, as '/api'",
    )
  return prefix
}

/**
 * Reads the key at the end of the path; an empty text if the key is not certain. If a proxy decoded a slash, more
 * than one part follows `by-key`, and the last of these parts could be another client's key.
 */
export function keyInUrl(isOwnForm: boolean): (request: Request) => string {
  return request => {
    // The path is split before it is decoded, so an encoded slash stays inside its part, and such a part is no key.
    const parts = new URL(request.url).pathname.split('/').map(decoded)
    const isSure = parts.at(-2) === BEFORE_KEY && parts.indexOf(BEFORE_KEY) === parts.length - 2
    if (isOwnForm && !isSure) return ''
    const key = keyOfPath(parts.at(-1) ?? '') ?? ''
    const reading = readKey(key, Infinity)
    // In a header a key may have quotes and spaces around it; in a URL each key has exactly one form.
    return reading.kind === 'key' && reading.key !== key ? '' : key
  }
}

/** Text that is not properly percent-encoded stays as it is; `keyOfPath` refuses its percent sign. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
