import type { HeaderLookup } from '../answer/header-table.ts'
import { isJson, wireLength } from './lost-body.ts'

/* A text that a parser has left: all of a body as it was sent, or what its JSON says, which are two. */

/**
 * Whether it is known to be the body as it was sent: by its length. Undefined where nothing shows that: what came in chunks
 * has none.
 */
export function isAsSent(text: string, headers: HeaderLookup): boolean | undefined {
  const length = wireLength(headers)
  return length === undefined ? undefined : length === encoder.encode(text).byteLength
}

/** Whether what another JSON says, `5` or `{"a":1}`, could be taken for the text that says `"5"`. */
export function mayBeJson(text: string, headers: HeaderLookup): boolean {
  return isJson(headers) || (isAsSent(text, headers) === false && isJsonText(text))
}

export function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const encoder = new TextEncoder()
