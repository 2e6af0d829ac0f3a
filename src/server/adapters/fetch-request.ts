import { configurationError } from '../../public/errors.ts'
import type { ReadBytes } from '../answer/bodies.ts'
import { joined, readLater } from '../answer/bodies.ts'
import { chunkBytes } from './chunk-bytes.ts'
import { isJson, isObjectOrList, isPlaceholder } from './lost-body.ts'
import { textBytes } from './node-payload.ts'
import type { NodeRequest } from './node-request.ts'
import { announcesBody, requestHead, takesBody } from './node-request.ts'
import { isJsonData } from '../request/payload-text.ts'
import { isUnread } from './unread-body.ts'

export type FetchRequest = {
  readonly request: Request
  /** Releases a body that nobody has read, because it would keep the next request on its connection waiting. */
  readonly cancel: () => void
}

/**
 * The Request for a Fetch-style handler. `parsed`: what an earlier parser left in place of the body, or the body's
 * stream. If the body cannot be restored from that, reading it is a `configuration` error.
 */
export function fetchRequestOf(source: NodeRequest, parsed: unknown, signal?: AbortSignal): FetchRequest {
  const { url, init: head } = requestHead(source)
  const init = { ...head, ...(signal !== undefined && { signal }) }
  const none = { request: new Request(url, init), cancel: () => {} }
  if (!takesBody(init.method)) return none
  const stream: AsyncIterable<unknown> = isObjectOrList(parsed) && isUnread(parsed) ? parsed : source
  if (stream === source && !announcesBody(source, init.headers)) return none
  // A stream that is not Node's cannot show whether it was read.
  if (!('readableDidRead' in stream) || isUnread(stream)) return ofUnreadStream(stream, url, init)
  const bytes = givenAgain(source, parsed, init.headers)
  if (bytes === undefined) return ofUnread(url, init)
  // The body is written again, uncompressed.
  for (const name of ['content-length', 'content-encoding']) init.headers.delete(name)
  return { request: new Request(url, { ...init, body: bytes }), cancel: () => {} }
}

type Init = { readonly method: string; readonly headers: Headers; readonly signal?: AbortSignal }

function ofStream(body: ReadableStream<Uint8Array<ArrayBuffer>>, url: string, init: Init): FetchRequest {
  const withBody: RequestInit & { readonly duplex: 'half' } = { ...init, body, duplex: 'half' }
  // A reader that is still reading has locked the body, and then this cancel has no effect.
  return { request: new Request(url, withBody), cancel: () => void body.cancel().catch(() => {}) }
}

/**
 * Bytes read before the handler runs are kept, and the handler reads them again. A clone of the Request would cost
 * more than all the rest.
 */
function ofUnreadStream(stream: AsyncIterable<unknown>, url: string, init: Init): FetchRequest {
  const source = new KeptStream(stream)
  const body = source.body()
  const { request, cancel } = ofStream(body, url, init)
  return {
    request: readLater(request, limitBytes =>
      source.isBegun ? undefined : source.read(limitBytes, () => void body.cancel().catch(() => {})),
    ),
    cancel,
  }
}

function ofUnread(url: string, init: Init): FetchRequest {
  const fail = (controller: ReadableStreamDefaultController) => controller.error(gone())
  // Only a handler that reads the body fails.
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: fail }, { highWaterMark: 0 })
  const { request, cancel } = ofStream(body, url, init)
  return { request: readLater(request, () => Promise.reject(gone())), cancel }
}

/** The bytes that a handler would find in the body, if the parsed value shows them. */
function givenAgain(
  source: NodeRequest,
  parsed: unknown,
  headers: Headers,
): Uint8Array<ArrayBuffer> | undefined {
  if (parsed instanceof Uint8Array) return new Uint8Array(parsed)
  if (parsed === undefined || isPlaceholder(source, parsed, headers)) return undefined
  if (typeof parsed === 'string') return textBytes(parsed, headers)
  if (!isJson(headers) || !isJsonData(parsed)) return undefined
  return encoder.encode(JSON.stringify(parsed))
}

const encoder = new TextEncoder()

function gone(): Error {
  return configurationError(
    'request.body',
    'was read, or is being read, before this handler, and what was made of it is no JSON, text or bytes that could be ' +
      'given again: mount this before the parser, or use `idempotent`, whose handler reads what was parsed',
  )
}

/** The chunks of a Node stream. They can be read ahead of the web stream that delivers them. */
class KeptStream {
  readonly #chunks: AsyncIterator<unknown>
  readonly #encoding: unknown
  /** Chunks that were read ahead and not delivered yet. */
  readonly #kept: Uint8Array<ArrayBuffer>[] = []
  #hasEnded = false
  /** The body broke off while it was read ahead. A later reader gets the same failure. */
  #cut: { readonly cause: unknown } | undefined
  #reading: Promise<unknown> | undefined
  /** Whether somebody has begun to read the body. What is left is then no longer the whole body. */
  isBegun = false

  constructor(stream: AsyncIterable<unknown>) {
    this.#chunks = stream[Symbol.asyncIterator]()
    this.#encoding = (stream as { readonly readableEncoding?: unknown }).readableEncoding
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { done, value } = await this.#chunks.next()
    return done === true ? undefined : chunkBytes(value, this.#encoding)
  }

  /** Reads the whole body, for the fingerprint. `leave` releases a body that is too large. */
  read(limitBytes: number, leave: () => void): Promise<ReadBytes> {
    const reading = this.#readAll(limitBytes).finally(() => {
      this.#reading = undefined
    })
    this.#reading = reading
    return reading.then(read => {
      if (read.kind === 'too-large') leave()
      return read
    })
  }

  async #readAll(limitBytes: number): Promise<ReadBytes> {
    if (this.#cut !== undefined) return { kind: 'cut', cause: this.#cut.cause }
    let length = 0
    try {
      for (;;) {
        const chunk = await this.#next()
        if (chunk === undefined) break
        this.#kept.push(chunk)
        length += chunk.byteLength
        if (length > limitBytes) return { kind: 'too-large', rest: new ReadableStream() }
      }
    } catch (cause) {
      this.#cut = { cause }
      return { kind: 'cut', cause }
    }
    this.#hasEnded = true
    const bytes = joined(this.#kept)
    // The receiver of a chunk may modify the chunk, so it gets a copy.
    return { kind: 'whole', bytes: this.#kept.length === 1 ? bytes.slice() : bytes }
  }

  body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
      this.isBegun = true
      if (this.#reading !== undefined) await this.#reading
      const kept = this.#kept.shift()
      if (kept === undefined && this.#cut !== undefined) throw this.#cut.cause
      const chunk = kept ?? (this.#hasEnded ? undefined : await this.#next())
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    }
    // An unread body would keep the next request on this connection waiting.
    const cancel = async () => {
      for (let end = this.#hasEnded; !end;) end = (await this.#chunks.next()).done === true
    }
    // Nothing is read before it is requested.
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 })
  }
}
