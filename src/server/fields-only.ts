import { boundaryOf } from './multipart.ts'

/*
 * Whether the fields that a parser made of a multipart body may be less than the body: then a file was sent, and went
 * elsewhere. Only the request's length tells.
 */

/** Whether the body is longer than its fields can be without one more part. Also where its length is not known. */
export function hasRoomForFile(fields: object, headers: Headers): boolean {
  const length = Number(headers.get('content-length') ?? Infinity)
  const delimiter = `\r\n--${boundaryOf(headers.get('content-type')) ?? ''}`
  const shortest = (name: string, text: string) =>
    encoder.encode(`${delimiter}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}`).length
  const parts = Object.entries(fields).map(([name, one]) => {
    const text = textOf(one)
    return text === undefined ? 0 : shortest(name, text)
  })
  const whole = parts.reduce((sum, part) => sum + part, delimiter.length)
  // The last delimiter has two hyphens more, and the first no line break before it.
  return length - whole >= shortest('', '; filename=""')
}

const encoder = new TextEncoder()

/**
 * At most what stood in the part: a list may have been one part of JSON. What is no text was made of one, or was never
 * sent.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Array.isArray(value) && value.every(one => typeof one === 'string') ? value.join('') : undefined
}

/** Whether a file may lie in another place of the request, by the place's name or because it holds bytes. */
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
