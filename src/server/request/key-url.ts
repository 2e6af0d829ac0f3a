import { keyOfPath, keyPath } from '../../core/names/key-path.ts'
import { configurationError } from '../../public/errors.ts'
import { readKey } from '../core/key-header.ts'

/* The key's own URL, `<path of the operation>/by-key/<key>`, as it is given and as it is read. */

const BEFORE_KEY = 'by-key'

/** Gives the URL as a path, which stays right whatever a proxy makes of the Host. `prefix`: what a proxy took off. */
export function keyUrlOf(prefix: unknown): (key: string, request: Request) => string {
  const before = prefixText(prefix)
  return (key, request) => {
    const { pathname } = new URL(request.url)
    let end = pathname.length
    while (end > 0 && pathname[end - 1] === '/') end -= 1
    const path = `${before}${pathname.slice(0, end)}/${BEFORE_KEY}/${keyPath(key)}`
    // Two slashes would begin the name of another host: RFC 3986 4.2.
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
 * Reads the key at the end of the path; an empty text where it has none that is sure. A slash that a proxy decoded
 * leaves more than one part after `by-key`, and the last of them would be somebody else's key.
 */
export function keyInUrl(isOwnForm: boolean): (request: Request) => string {
  return request => {
    // Decoded after it was split: a slash within a part stays there, and is no key's.
    const parts = new URL(request.url).pathname.split('/').map(decoded)
    const isSure = parts.at(-2) === BEFORE_KEY && parts.indexOf(BEFORE_KEY) === parts.length - 2
    if (isOwnForm && !isSure) return ''
    const key = keyOfPath(parts.at(-1) ?? '') ?? ''
    const reading = readKey(key, Infinity)
    // A header may carry a key with quotes and spaces around it; a URL has one form for each key.
    return reading.kind === 'key' && reading.key !== key ? '' : key
  }
}

/** Text that is no encoding is left: no key has a percent sign there. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
