import { LONGEST_RECORD, type StoredRequest } from '../../core/record/operation-record.ts'
import type { PayloadBytes } from './payload.ts'

/*
 * The body of a request in a record. A body that was made from a text is kept as that text. Any other is kept as
 * base64, which is a third longer and costs a copy. Code that takes a body out of a record checks its hash: see
 * stored-payload.ts.
 */

/** JSON writes each control character and each half of a surrogate pair as up to six characters. */
const LONGEST_IN_JSON = 6
const LONG_IN_JSON = /(?![\t\n\r])[\p{Cc}\p{Surrogate}]/u

/**
 * A multiple of 3, so that the parts join without padding; longer parts are slower (arguments are put on the stack).
 */
const BYTES_PER_PART = 3_072

export function bodyToStore({ body, text }: PayloadBytes): Pick<StoredRequest, 'body' | 'text'> {
  if (body === undefined) return {}
  return text === undefined || isLongInJson(text) ? { body: base64(body) } : { text }
}

/** A long body full of such characters would be too long for a record. A text that fits in any case is not searched. */
function isLongInJson(text: string): boolean {
  return text.length * LONGEST_IN_JSON > LONGEST_RECORD / 2 && LONG_IN_JSON.test(text)
}

/** The bytes that a record keeps; undefined for a request without a body, null if they cannot be decoded. */
export function bodyFromStored({ body, text }: StoredRequest): Uint8Array<ArrayBuffer> | undefined | null {
  if (text !== undefined) return new TextEncoder().encode(text)
  return body === undefined ? undefined : bytesOf(body)
}

function base64(bytes: Uint8Array): string {
  let encoded = ''
  for (let at = 0; at < bytes.length; at += BYTES_PER_PART) {
    const part = bytes.subarray(at, at + BYTES_PER_PART)
    encoded += btoa(Reflect.apply(String.fromCharCode, undefined, part))
  }
  return encoded
}

function bytesOf(encoded: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(encoded)
    const bytes = new Uint8Array(binary.length)
    // `Uint8Array.from` uses an iterator and takes 60 times as long.
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
    return bytes
  } catch {
    return null
  }
}
