import type { KeyedText } from './key-in-json.ts'

/*
 * A key in a form's text (application/x-www-form-urlencoded), or in a query, which is one. The rest of the text stays as
 * it is.
 */

/** With the key in it, in the place of what the field was; without one (`undefined`), without the field. */
export function keyInForm(text: string, field: string, key: string | undefined): KeyedText {
  const pairs = text === '' ? [] : text.split('&')
  const at = pairs.findIndex(pair => isOf(pair, field))
  if (pairs.some((pair, index) => index > at && at >= 0 && isOf(pair, field)))
    return { fault: `has ${JSON.stringify(field)} more than once` }
  const own = key === undefined ? [] : [`${encodeURIComponent(field)}=${encodeURIComponent(key)}`]
  return { text: (at < 0 ? [...pairs, ...own] : pairs.toSpliced(at, 1, ...own)).join('&') }
}

function isOf(pair: string, field: string): boolean {
  const [name = ''] = pair.split('=', 1)
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')) === field
  } catch {
    return name === field
  }
}
