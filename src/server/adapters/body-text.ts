import type { HeaderLookup } from '../answer/header-table.ts'
import { isJson, wireLength } from './lost-body.ts'

/*
 * Text that a parser has left in place of the body: either the body as it was sent, or the text that the body's JSON
 * contains. The two must not be confused.
 */

/**
 * Whether the text is certainly the body as it was sent, judged by its length. Undefined if nothing shows it: a body
 * sent in chunks states no length.
 */
export function isAsSent(text: string, headers: HeaderLookup): boolean | undefined {
  const length = wireLength(headers)
  return length === undefined ? undefined : length === encoder.encode(text).byteLength
}

/** Whether the text could be confused with other JSON: the text of `"5"` with the number `5`, for example. */
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
