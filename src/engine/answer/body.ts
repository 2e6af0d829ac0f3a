import {
  formOf,
  isAnnouncedJson,
  isCutXml,
  isJsonLines,
  isJsonType,
  parsedJson,
} from '../../core/answers/body-form.ts'
import type { AnswerBody } from '../../core/answers/evidence.ts'
import type { ReceivedResponse } from '../../runtime/direct-fetch.ts'

/** The bytes that were read of a body: all of it, or the part before it was cut. */
export type ReadBody = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly end: 'whole' | 'connection' | 'limit' | 'doubtful'
}

type AnswerHeaders = Readonly<Record<string, string>>

export type BodyRules = {
  /** Of the response. Names in lower case; a Headers object would validate a name at each lookup. */
  readonly headers: AnswerHeaders
  readonly limitBytes: number
  /**
   * All headers are visible, as in Node. Then a body that ends only with the connection is doubtful, and an unencoded
   * body must have the announced length. A page sees neither across origins, but does see the encoded length.
   */
  readonly framingVisible: boolean
  /** Of the request: a response to HEAD has no body, whatever length it announces. */
  readonly method?: string | undefined
}

/**
 * Reads a body up to a limit, which counts bytes after decompression (292 KB of gzip can be 300 MB). Never throws: the
 * status is already known, whatever happens to the body.
 */
export function readBody(response: ReceivedResponse, rules: BodyRules): Promise<ReadBody> {
  const { headers, framingVisible, limitBytes } = rules
  const end = framingVisible && endsWithConnection(headers) ? 'doubtful' : 'whole'
  const declared = Number(headers['content-length'] ?? Number.NaN)
  const isPlain = framingVisible && headers['content-encoding'] === undefined
  const isShortJson = isPlain && declared <= limitBytes && isJsonType(headers['content-type'])
  // The common case: a short body of known length, read in one step. If such a body is cut, nothing of it is left. A
  // body that is not declared as JSON is read in parts, because its beginning shows whether it is a page.
  const reading = isShortJson ? response.arrayBuffer() : readStream(response.body, limitBytes, end)
  return reading.then(
    read => checkedLength(response, 'end' in read ? read : { bytes: new Uint8Array(read), end }, rules),
    () => ({ bytes: new Uint8Array(), end: 'connection' }),
  )
}

/** Checks that a body which was read to its end is as long as the head announced. */
function checkedLength(response: ReceivedResponse, read: ReadBody, rules: BodyRules): ReadBody {
  if (read.end !== 'whole' && read.end !== 'doubtful') return read
  if (isShort(response, read.bytes.byteLength, rules)) return { ...read, end: 'connection' }
  const isTold = rules.headers['content-length'] !== undefined
  return isTold || !isNumber(read.bytes) ? read : { ...read, end: 'doubtful' }
}

const OPENING_BRACE = 0x7b

/** Half a number is a number too, so without a length nobody knows whether it is whole. */
function isNumber(bytes: Uint8Array): boolean {
  if (bytes[0] === OPENING_BRACE) return false
  return bytes.byteLength < 64 && /^\s*-?\d[\d.eE+-]*\s*$/.test(String.fromCodePoint(...bytes))
}

/** Whether less arrived than the head announces: some runtimes, and some fetches of users, do not report this. */
function isShort(response: ReceivedResponse, length: number, rules: BodyRules): boolean {
  const { status } = response
  const { headers } = rules
  if (rules.method === 'HEAD' || status < 200 || [204, 205, 304].includes(status)) return false
  const told = headers['content-length']
  // An empty body that is declared as JSON, without an announced length of 0.
  if (length === 0 && told === undefined) return isJsonType(headers['content-type'])
  // A page can read the length header of other origins, but not the encoding that makes the text's length differ from
  // it.
  const seesEncoding = rules.framingVisible || response.type === 'basic'
  return seesEncoding && headers['content-encoding'] === undefined && length < Number(told ?? 0)
}

async function readStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  limitBytes: number,
  end: 'whole' | 'doubtful',
): Promise<ReadBody> {
  if (stream === null) return { bytes: new Uint8Array(), end: 'whole' }
  const reader = stream.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { bytes: joined(chunks, length), end }
      const room = limitBytes - length
      if (value.byteLength > room) {
        reader.cancel().catch(() => {})
        // The beginning of a body shows whether it is a page.
        chunks.push(value.subarray(0, room))
        return { bytes: joined(chunks, limitBytes), end: 'limit' }
      }
      length += value.byteLength
      chunks.push(value)
    }
  } catch {
    return { bytes: joined(chunks, length), end: 'connection' }
  }
}

/** RFC 9112 6.3: without length and chunks, a body ends where the connection does, cut or not. */
function endsWithConnection(headers: AnswerHeaders): boolean {
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

/** The headers of a response, names in lower case. A cookie is a credential and is left out. */
export function answerHeaders(response: ReceivedResponse): AnswerHeaders {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') headers[name] = value
  return headers
}

/**
 * The body as evidence: its text, and its parsed value. A body that is declared as JSON or XML but does not parse was
 * cut on the way, even if some proxy (Caddy, lighttpd, HAProxy) or a browser made it look whole.
 */
export function answerBody(body: ReadBody, contentType: string | undefined): AnswerBody {
  const { text, isBroken } = textOf(body.bytes, contentType)
  const parsed = parsedJson(text)
  // No proper prefix of a JSON object, array or string is JSON, so one that parses is whole, however it was framed.
  const selfDelimiting = parsed !== undefined && !/^\s*[-\d]/.test(text)
  const isWhole = body.end === 'whole' || (body.end === 'doubtful' && (selfDelimiting || text === ''))
  if (isWhole && parsed !== undefined) return { kind: 'whole', text, parsed, form: 'json' }
  const form = formOf(text, contentType)
  const isUnparsed =
    parsed === undefined && form !== 'html' && text !== '' && (isBroken || isCutText(text, contentType))
  if (body.end !== 'connection' && body.end !== 'limit' && isUnparsed)
    return { kind: 'cut', text, why: 'unparsed' }
  if (!isWhole) return { kind: 'cut', text, why: body.end }
  return { kind: 'whole', text, parsed: text === '' ? undefined : text, form }
}

function isCutText(text: string, contentType: string | undefined): boolean {
  if (isJsonLines(text, contentType)) return false
  return isAnnouncedJson(text, contentType) || isCutXml(text, contentType)
}

/** Decodes a body, and reports whether its last character is incomplete. */
function textOf(
  bytes: Uint8Array,
  contentType: string | undefined,
): { readonly text: string; readonly isBroken: boolean } {
  const decoder = decoderFor(bytes, contentType) ?? UTF_8
  const text = decoder.decode(bytes)
  // The decoder writes an incomplete character as U+FFFD, but a complete text may end with that character too.
  if (!text.endsWith('\uFFFD')) return { text, isBroken: false }
  decoder.decode(bytes, { stream: true })
  return { text, isBroken: decoder.decode() !== '' }
}

const UTF_8 = new TextDecoder()

/** Chosen by the byte order mark of UTF-16, else by the charset of the content type; undefined means UTF-8. */
function decoderFor(bytes: Uint8Array, contentType: string | undefined): TextDecoder | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be')
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1]
  if (charset === undefined || /^utf-?8$/i.test(charset)) return undefined
  try {
    return new TextDecoder(charset)
  } catch {
    return undefined
  }
}
