import type { KeyedText } from './key-in-json.ts'

/*
 * A key in a form's text (application/x-www-form-urlencoded), or in a query, which has the same form. The rest of the
 * text stays as it is.
 */

/** Puts the key in place of the field's value, or removes the field if `key` is undefined. */
export function keyInForm(text: string, field: string, key: string | undefined): KeyedText {
  const pairs = text === '' ? [] : text.split('&')
  const at = pairs.findIndex(pair => isOf(pair, field))
  if (pairs.some((pair, index) => index > at && at >= 0 && isOf(pair, field)))
    return { fault: `has ${JSON.stringify(field)} more than once` }
  const before = pairs[at]
  // A field that already holds the key stays as it was written, because the text may be signed.
  if (key !== '' && before !== undefined && valueOf(before) === key) return { text }
  const own = key === undefined ? [] : [`${encodeURIComponent(field)}=${encodeURIComponent(key)}`]
  return { text: (at < 0 ? [...pairs, ...own] : pairs.toSpliced(at, 1, ...own)).join('&') }
}

function isOf(pair: string, field: string): boolean {
  const [name = ''] = pair.split('=', 1)
  return decoded(name) === field
}

function valueOf(pair: string): string {
  const equals = pair.indexOf('=')
  return equals < 0 ? '' : decoded(pair.slice(equals + 1))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch {
    return part
  }
}
