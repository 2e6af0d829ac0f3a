import type { HeaderLookup } from '../answer/header-table.ts'
import { hasRoomForFile, hasUploadElsewhere } from './fields-only.ts'
import type { NodeRequest } from './node-request.ts'
import { isPlainTable } from '../request/plain-table.ts'
import { isPart } from './uploaded-files.ts'

/*
 * Whether what a parser left may be less than the body that was sent. The body itself is gone, so only its length and
 * the other properties of the request show that.
 */

/** The properties where parsers leave their results. */
export type LeftByParser = {
  readonly body?: unknown
  readonly file?: unknown
  readonly files?: unknown
  readonly fields?: unknown
}

/** Functions do not count, because @fastify/multipart has methods with these names. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'function'
}

export function isEmptyBody(body: unknown): boolean {
  return (
    body === undefined ||
    body === null ||
    (isObjectOrList(body) && isPlainTable(body) && Object.keys(body).length === 0)
  )
}

/** Whether a value is what multer and others leave if no file came. */
export function isNothing(upload: unknown): boolean {
  return isObjectOrList(upload) && (Array.isArray(upload) ? upload.length === 0 : isEmptyBody(upload))
}

export function isObjectOrList(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether a file was sent that is in none of the usual places for files. */
export function mayLackFile(
  source: NodeRequest,
  { body, file, files }: LeftByParser,
  { headers, filesInBody }: { readonly headers: HeaderLookup; readonly filesInBody: boolean },
): boolean {
  // The whole body, as it was sent.
  if (typeof body === 'string' || body instanceof Uint8Array) return false
  // @fastify/multipart leaves all parts, or the fields and files made from them.
  if (filesInBody && isObjectOrList(body) && Object.values(body).flat().some(isPart)) return false
  const isFull = isObjectOrList(body) && !hasRoomForFile(body, headers, filesInBody)
  if (filesInBody) return !isFull
  // multer's table of fields has no prototype. Some clients send more headers with each part than needed, so length
  // alone is not enough.
  if (isBare(body)) return !isFull && hasUploadElsewhere(source)
  // A parser that looks for files sets one of these properties.
  return !isFull || !(isPresent(file) || isPresent(files))
}

/** Whether a value is multer's table for a body, with or without fields. */
function isBare(body: unknown): boolean {
  return isObjectOrList(body) && Object.getPrototypeOf(body) === null
}

/**
 * Whether an empty value only stands for a body that was read elsewhere or taken away, and is not a parser's own
 * `{}`. body-parser 1 marks what it parsed, and a body without content is short. Express 4 sets `{}` in any case.
 */
export function isPlaceholder(source: NodeRequest, body: unknown, headers: HeaderLookup): boolean {
  const length = wireLength(headers)
  if (body === null) return length !== NULL_LENGTH
  const isBlank = body === '' || isNothing(body)
  if (!isBlank || ('_body' in source && source._body === true)) return false
  if (isJson(headers)) return length !== undefined && length > MOST_EMPTY
  if (isForm(headers)) return length !== undefined && length > MOST_EMPTY_FORM
  // A body sent in chunks may have been empty. Only an empty object is suspicious, because no usual parser makes one
  // of anything else.
  if (length === undefined) return !Array.isArray(body) && body !== ''
  return length > (body === '' ? 0 : MOST_EMPTY_FORM)
}

/** The length of `{ }`. The shortest body with content is `[1]` in JSON, and `a=1` in a form. */
const MOST_EMPTY = 3
const MOST_EMPTY_FORM = 2
const NULL_LENGTH = 4

/** How many bytes the body had before it was parsed; undefined if that is unknown. */
export function wireLength(headers: HeaderLookup): number | undefined {
  const length = headers.get('content-length')
  return length === null || headers.has('content-encoding') ? undefined : Number(length)
}

export function isJson(headers: HeaderLookup): boolean {
  return /^\s*[^;]*[/+]json\b/i.test(headers.get('content-type') ?? '')
}

function isForm(headers: HeaderLookup): boolean {
  return /^\s*application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '')
}

export function isMultipart(headers: HeaderLookup): boolean {
  return /^\s*multipart\//i.test(headers.get('content-type') ?? '')
}
