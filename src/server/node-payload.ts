import { isPlainObject } from '../core/plain-data.ts'
import { configurationError } from '../errors.ts'
import { hasRoomForFile, hasUploadElsewhere } from './fields-only.ts'
import { keepAtHand, readLater } from './bodies.ts'
import type { NodeRequest } from './node-request.ts'
import { announcesBody, requestHead, takesBody } from './node-request.ts'
import { payloadText } from './payload-text.ts'
import { isUnread, readAndPutBack } from './unread-body.ts'
import { filesText, partsText } from './uploaded-files.ts'

/*
 * What stands for a body behind Express and Fastify: what nobody has read yet is read and put back; of what a parser
 * has read, what it made of it counts, files with their content. What can be seen of neither way is refused.
 */

/** Where parsers leave what they made of a body. */
type Parsed = {
  readonly body?: unknown
  readonly file?: unknown
  readonly files?: unknown
  readonly fields?: unknown
}

export type PayloadRules = {
  /** What counts of the request in place of its body. */
  readonly payload: (() => unknown) | undefined
  /** Whether a parser of multipart bodies leaves its files in `body`. */
  readonly filesInBody: boolean
}

/**
 * The Fetch request that stands for one of Node's. Where its body is unseen, reading it rejects with a `configuration`
 * error: a request without a key is executed as ever, whoever has read its body.
 */
export async function webRequestOf(
  source: NodeRequest,
  parsed: Parsed,
  rules: PayloadRules,
): Promise<Request> {
  const { url, init } = requestHead(source)
  if (!takesBody(init.method)) return new Request(url, init)
  try {
    return await withPayload(source, parsed, { rules, url, init })
  } catch (error) {
    return readLater(new Request(url, init), () => Promise.reject(error))
  }
}

type Head = { readonly rules: PayloadRules } & ReturnType<typeof requestHead>

async function withPayload(
  source: NodeRequest,
  parsed: Parsed,
  { rules, url, init }: Head,
): Promise<Request> {
  const withBody = (body: Uint8Array<ArrayBuffer>) => keepAtHand(new Request(url, { ...init, body }), body)
  if (rules.payload !== undefined)
    return withBody(encoder.encode(await payloadText(await rules.payload(), 'payload')))
  const { body } = parsed
  const uploads = [parsed.file, parsed.files, parsed.fields].filter(isThere)
  // What a parser leaves where it found no file tells nothing of one that went elsewhere.
  const hasUploads = isThere(parsed.fields) || uploads.some(upload => !isNothing(upload))
  const announced = announcesBody(source, init.headers)
  if (!hasUploads) {
    // Also the empty object that Express 4 puts there, whoever has parsed.
    const stream = isObject(body) && isUnread(body) ? body : source
    const isLeft = stream === body || (announced && isEmpty(body))
    if (isLeft && isUnread(stream))
      return readLater(new Request(url, init), limitBytes => readAndPutBack(stream, limitBytes))
    // Bare is what multer makes of a body without fields.
    if (isLeft && !rules.filesInBody && !isBare(body) && isPlaceholder(source, body, init.headers))
      throw unseen()
    if (!announced && (body === undefined || body === null)) return new Request(url, init)
    if (body === undefined || (body === null && !isJson(init.headers))) throw unseen()
  }
  const isMultipart = /^\s*multipart\//i.test(init.headers.get('content-type') ?? '')
  if (isMultipart && !hasUploads && !rules.filesInBody && mayLackFile(source, parsed, init.headers))
    throw unseen()
  return withBody(await seenBody(body, uploads, isMultipart && rules.filesInBody))
}

/** Whether a file was sent that is in none of the places where files are looked for. */
function mayLackFile(source: NodeRequest, { body, file, files }: Parsed, headers: Headers): boolean {
  // All of it, as it was sent.
  if (typeof body === 'string' || body instanceof Uint8Array) return false
  const isFull = isObject(body) && !hasRoomForFile(body, headers)
  // multer makes its table of fields without a prototype; some clients give their parts more headers than they need.
  if (isBare(body)) return !isFull && hasUploadElsewhere(source)
  // Who has looked for files says so.
  return !isFull || !(isThere(file) || isThere(files))
}

async function seenBody(
  body: unknown,
  uploads: readonly unknown[],
  hasParts: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  if (uploads.length === 0 && body instanceof Uint8Array) return new Uint8Array(body)
  if (uploads.length === 0 && typeof body === 'string') return encoder.encode(body)
  const path = 'request.body'
  const texts = [hasParts ? await partsText(body, path) : await payloadText(body, path)]
  for (const upload of uploads) texts.push(await filesText(upload, 'request.files'))
  return encoder.encode(texts.join('\n'))
}

const encoder = new TextEncoder()

/** @fastify/multipart has methods of these names. */
function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'function'
}

function isEmpty(body: unknown): boolean {
  return (
    body === undefined ||
    body === null ||
    (isObject(body) && isPlainObject(body) && Object.keys(body).length === 0)
  )
}

/** What multer and others leave where no file came. */
function isNothing(upload: unknown): boolean {
  return isObject(upload) && (Array.isArray(upload) ? upload.length === 0 : isEmpty(upload))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Whether the empty object stands in the place of a body that was read elsewhere, as Express 4 puts one there, and is
 * no parser's `{}`: body-parser 1 marks what it parsed, and what holds nothing is short.
 */
function isPlaceholder(source: NodeRequest, body: unknown, headers: Headers): boolean {
  const isMarked = '_body' in source && source._body === true
  const isForm = /^\s*application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '')
  const most = isForm ? MOST_EMPTY_FORM : MOST_EMPTY
  const isLong = !headers.has('content-encoding') && Number(headers.get('content-length') ?? 0) > most
  return isObject(body) && isLong && !isMarked
}

/** `{ }`: the shortest that holds something is `[1]` in JSON, and `a=1` in a form. */
const MOST_EMPTY = 3
const MOST_EMPTY_FORM = 2

function isBare(body: unknown): boolean {
  return isObject(body) && Object.getPrototypeOf(body) === null
}

function isJson(headers: Headers): boolean {
  return /^\s*[^;]*[/+]json\b/i.test(headers.get('content-type') ?? '')
}

function unseen(): Error {
  return configurationError(
    'request.body',
    'was read by something that left nothing of it where it is looked for (body, file, files): mount this before ' +
      'it, so that the body is read here first, or say what counts of the request by the option payload',
  )
}
