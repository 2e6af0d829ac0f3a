import type { AnswerBody } from '../core/evidence.ts'

/** What was read of a body: all of it, or what came before it was cut. */
export type ReadBody = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly end: 'whole' | 'connection' | 'limit' | 'doubtful'
}

export type BodyRules = {
  readonly limitBytes: number
  /**
   * All headers are visible, as in Node: then a body that only the closing connection ends is doubtful, and one
   * that is not encoded is as long as it says. A page sees neither across origins, but sees the encoded length.
   */
  readonly framingVisible: boolean
}

/**
 * Reads a body up to a limit, counted after decompression (292 KB of gzip can be 300 MB), and never throws:
 * the status is known by now, whatever happens to the body.
 */
export async function readBody(response: Response, rules: BodyRules): Promise<ReadBody> {
  const end = rules.framingVisible && endsWithConnection(response) ? 'doubtful' : 'whole'
  if (response.body === null) return { bytes: new Uint8Array(), end: 'whole' }
  const declared = Number(response.headers.get('content-length') ?? Number.NaN)
  const isPlain = rules.framingVisible && !response.headers.has('content-encoding')
  if (isPlain && declared <= rules.limitBytes) {
    // The common case: a short body of known length, read in one step.
    try {
      return { bytes: new Uint8Array(await response.arrayBuffer()), end }
    } catch {
      return { bytes: new Uint8Array(), end: 'connection' }
    }
  }
  return readStream(response.body, rules.limitBytes, end)
}

async function readStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  limitBytes: number,
  end: 'whole' | 'doubtful',
): Promise<ReadBody> {
  const reader = stream.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { bytes: joined(chunks, length), end }
      length += value.byteLength
      if (length > limitBytes) {
        reader.cancel().catch(() => {})
        return { bytes: joined(chunks, length - value.byteLength), end: 'limit' }
      }
      chunks.push(value)
    }
  } catch {
    return { bytes: joined(chunks, length), end: 'connection' }
  }
}

/** RFC 9112 6.3: neither length nor chunks, so the body ends where the connection does, cut or not. */
function endsWithConnection(response: Response): boolean {
  return !response.headers.has('content-length') && !response.headers.has('transfer-encoding')
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

/** An answer's headers, names in lower case; a cookie is a credential and stays behind. */
export function answerHeaders(response: Response): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') headers[name] = value
  return headers
}

const decoder = new TextDecoder()

/** The body as evidence: its text, and what it parses to. */
export function answerBody(body: ReadBody, contentType: string | null): AnswerBody {
  const text = decoder.decode(body.bytes)
  const parsed = parseJson(text)
  // No proper prefix of a JSON object or array is JSON: one that parses is whole, however it was framed.
  const selfDelimiting = parsed !== undefined && /^\s*[{[]/.test(text)
  if (body.end !== 'whole' && !(body.end === 'doubtful' && (selfDelimiting || text === ''))) {
    return { kind: 'cut', text, why: body.end }
  }
  if (parsed !== undefined) return { kind: 'whole', text, parsed, form: 'json' }
  return {
    kind: 'whole',
    text,
    parsed: text === '' ? undefined : text,
    form: isHtml(text, contentType) ? 'html' : 'other',
  }
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isHtml(text: string, contentType: string | null): boolean {
  return /^\s*text\/html\b/i.test(contentType ?? '') || /^\s*<(!doctype html|html)\b/i.test(text)
}
