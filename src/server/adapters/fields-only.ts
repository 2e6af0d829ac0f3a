import type { HeaderLookup } from '../answer/header-table.ts'
import { boundaryOf } from '../request/multipart.ts'

/*
 * Whether the fields that a parser made of a multipart body may be less than the body. If so, a file was sent and
 * stored elsewhere. Only the length of the request shows that.
 */

/**
 * Whether the body is longer than its fields alone can explain, so that one more part may have been sent. Also true
 * if the length is unknown. `filesInBody`: among the fields are files, as their bytes, and data parsed from the JSON
 * of a part.
 */
export function hasRoomForFile(fields: object, headers: HeaderLookup, filesInBody: boolean): boolean {
  const length = Number(headers.get('content-length') ?? Infinity)
  const delimiter = `\r\n--${boundaryOf(headers.get('content-type')) ?? ''}`
  const head = (name: string, more = '') =>
    encoder.encode(`${delimiter}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`).length
  const part = (name: string, one: unknown): number => {
    const fileLength = filesInBody ? lengthOfFile(one) : undefined
    if (fileLength !== undefined) return head(name, '; filename=""') + MOST_SAID_OF_FILE + fileLength
    if (filesInBody && Array.isArray(one)) return one.reduce((sum: number, each) => sum + part(name, each), 0)
    const text = textOf(one) ?? (filesInBody ? jsonOf(one) : undefined)
    return text === undefined ? 0 : head(name) + encoder.encode(text).length
  }
  const parts = Object.entries(fields).map(([name, one]) => part(name, one))
  const whole = parts.reduce((sum, each) => sum + each, delimiter.length)
  // The last delimiter has two extra hyphens, and the first has no line break before it.
  return length - whole >= head('', '; filename=""')
}

const encoder = new TextEncoder()

function lengthOfFile(value: unknown): number | undefined {
  if (value instanceof Blob) return value.size
  return value instanceof Uint8Array ? value.byteLength : undefined
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    // A circular value, or a getter that throws: no part was parsed to such a value.
    return undefined
  }
}

/** A file's name and type are not kept, so room of this size proves nothing. */
const MOST_SAID_OF_FILE = 300

/**
 * The longest text that the part can have had: a list may come from one part that held JSON. A value that is not text
 * was made from another value, or was never sent.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Array.isArray(value) && value.every(one => typeof one === 'string') ? value.join('') : undefined
}

/** Whether a file may lie elsewhere in the request, judged by the name of a property or because it holds bytes. */
export function hasUploadElsewhere(request: object): boolean {
  return Object.entries(request).some(
    ([name, value]) => !LOOKED_AT.has(name) && isContent(value, NAMED.test(name) && !/error/i.test(name)),
  )
}

const LOOKED_AT = new Set(['body', 'file', 'files', 'fields'])
const NAMED = /(?:^|_)(?:upload|file|attachment)|Upload|File|Attachment/

function isContent(value: unknown, isNamed: boolean): boolean {
  if (Array.isArray(value)) return value.some(one => isContent(one, isNamed))
  if (typeof value === 'string') return isNamed && value !== ''
  if (typeof value !== 'object' || value === null) return false
  return isNamed || ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob
}
