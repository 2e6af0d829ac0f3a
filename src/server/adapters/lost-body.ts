import type { HeaderLookup } from '../answer/header-table.ts'
import { hasRoomForFile, hasUploadElsewhere } from './fields-only.ts'
import type { NodeRequest } from './node-request.ts'
import { isPlainTable } from '../request/plain-table.ts'
import { isPart } from './uploaded-files.ts'

/*
 * Whether what a parser has left may be less than the body that was sent. Nothing of the body is there any more: only
 * its length, and what else lies in the request, show that.
 */

/** Where parsers leave what they made of a body. */
export type LeftByParser = {
  readonly body?: unknown
  readonly file?: unknown
  readonly files?: unknown
  readonly fields?: unknown
}

/** @fastify/multipart has methods of these names. */
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

/** What multer and others leave where no file came. */
export function isNothing(upload: unknown): boolean {
  return isObjectOrList(upload) && (Array.isArray(upload) ? upload.length === 0 : isEmptyBody(upload))
}

export function isObjectOrList(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether a file was sent that is in none of the places where files are looked for. */
export function mayLackFile(
  source: NodeRequest,
  { body, file, files }: LeftByParser,
  { headers, filesInBody }: { readonly headers: HeaderLookup; readonly filesInBody: boolean },
): boolean {
  // All of it, as it was sent.
  if (typeof body === 'string' || body instanceof Uint8Array) return false
  // @fastify/multipart leaves all parts, or the fields and files of them.
  if (filesInBody && isObjectOrList(body) && Object.values(body).flat().some(isPart)) return false
  const isFull = isObjectOrList(body) && !hasRoomForFile(body, headers, filesInBody)
  if (filesInBody) return !isFull
  // multer makes its table of fields without a prototype; some clients give their parts more headers than they need.
  if (isBare(body)) return !isFull && hasUploadElsewhere(source)
  // Who has looked for files says so.
  return !isFull || !(isPresent(file) || isPresent(files))
}

/** What multer makes of a body, with fields or without. */
function isBare(body: unknown): boolean {
  return isObjectOrList(body) && Object.getPrototypeOf(body) === null
}

/**
 * Whether nothing stands in the place of a body that was read elsewhere, or was taken away, and is no parser's `{}`:
 * body-parser 1 marks what it parsed, and what holds nothing is short. Express 4 puts `{}` there, whoever has parsed.
 */
export function isPlaceholder(source: NodeRequest, body: unknown, headers: HeaderLookup): boolean {
  const length = wireLength(headers)
  if (body === null) return length !== NULL_LENGTH
  const isBlank = body === '' || isNothing(body)
  if (!isBlank || ('_body' in source && source._body === true)) return false
  if (isJson(headers)) return length !== undefined && length > MOST_EMPTY
  if (isForm(headers)) return length !== undefined && length > MOST_EMPTY_FORM
  // What came in chunks may have been empty, but for an object: no usual parser makes one of anything else.
  if (length === undefined) return !Array.isArray(body) && body !== ''
  return length > (body === '' ? 0 : MOST_EMPTY_FORM)
}

/** `{ }`: the shortest that holds something is `[1]` in JSON, and `a=1` in a form. */
const MOST_EMPTY = 3
const MOST_EMPTY_FORM = 2
const NULL_LENGTH = 4

/** How many bytes the body had, before anything was made of it; undefined where that is not known. */
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
