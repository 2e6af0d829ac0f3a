import type { Dispatcher } from 'undici'
import type { DirectRequest, ReceivedHeaders, ReceivedResponse } from '../../runtime/direct-fetch.ts'
import { decoded } from './decoded.ts'

/*
 * One request and its response, over a dispatcher of undici.
 *
 *   begin -> onRequestStart -> the head is written -> onResponseStart: resolves -> onResponseData … -> onResponseEnd
 *         \-> onResponseError: rejects, or fails the reading of the body
 *
 * An abort before `onRequestStart` takes effect there, before the first byte. Each chunk is copied, because undici's
 * chunks are views of a socket's whole buffer. The body waits in memory only until it is first asked for: from
 * MOST_WAITING bytes on the connection pauses.
 *
 * @see https://github.com/nodejs/undici/blob/main/docs/docs/api/Dispatcher.md#dispatcherdispatchoptions-handler
 */
export class Exchange implements Dispatcher.DispatchHandler, ReceivedResponse {
  status = 0
  statusText = ''
  headers: ReceivedHeaders = new Fields({})
  /** As of a response of fetch that is neither filtered nor an error. */
  readonly type = 'basic'
  readonly redirected = false
  readonly url: string
  readonly #target: URL
  readonly #init: DirectRequest
  readonly #bodiless: boolean
  #resolve: (response: this) => void = NOTHING
  #reject: (error: unknown) => void = NOTHING
  #controller: Dispatcher.DispatchController | undefined
  #isAborted = false
  #chunks: Uint8Array<ArrayBuffer>[] = []
  #waiting = 0
  #end: End | undefined
  #reader: Reader | undefined

  constructor(url: URL, init: DirectRequest) {
    this.url = url.href
    this.#target = url
    this.#init = init
    this.#bodiless = init.method === 'HEAD'
  }

  /** Sends the request. Resolves when the head of the response has arrived. */
  begin(dispatcher: Dispatcher): Promise<this> {
    const { method = 'GET', headers, body, signal } = this.#init
    const { origin, pathname, search, username, password } = this.#target
    // As fetch does: the two would be left out silently.
    if (username !== '' || password !== '')
      return Promise.reject(new TypeError('the URL holds a user or password'))
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      if (signal?.aborted === true) return reject(signal.reason)
      signal?.addEventListener('abort', this)
      dispatcher.dispatch(
        {
          origin,
          path: pathname + search,
          method,
          headers: { ...BY_DEFAULT, ...plainHeaders(headers) },
          body: body as string | Uint8Array | null,
          // Time is the client's, which aborts.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        this,
      )
    })
  }

  /** The signal fired. */
  handleEvent(): void {
    this.#isAborted = true
    // Before the abort, which reports an error of its own at once.
    this.#fail(this.#init.signal?.reason)
    this.#controller?.abort(abortReason(this.#init.signal))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) controller.abort(abortReason(this.#init.signal))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Fields['fields'],
    statusText = '',
  ): void {
    // 1xx are no responses; undici handles them, and reports some.
    if (status < 200) return
    this.status = status
    this.statusText = statusText
    this.headers = new Fields(headers)
    this.#resolve(this)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // A resume before more has arrived reports an empty chunk. Pausing for that again would never end.
    if (chunk.byteLength === 0) return
    const copy = new Uint8Array(chunk)
    if (this.#reader !== undefined) return this.#reader.chunk(copy, controller)
    this.#chunks.push(copy)
    this.#waiting += copy.byteLength
    if (this.#waiting > MOST_WAITING) controller.pause()
  }

  onResponseEnd(): void {
    this.#finish({ kind: 'whole' })
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    this.#fail(new TypeError('fetch failed', { cause: error }))
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array<ArrayBuffer>[] = []
      this.#read({
        chunk: bytes => void chunks.push(bytes),
        end: end => (end.kind === 'whole' ? resolve(joined(chunks)) : reject(end.error)),
      })
      this.#controller?.resume()
    })
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#bodiless || [204, 205, 304].includes(this.status)) return null
    const encoded = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: stream => {
        this.#read({
          chunk: (bytes, controller) => {
            stream.enqueue(bytes)
            if ((stream.desiredSize ?? 0) <= 0) controller?.pause()
          },
          end: end => (end.kind === 'whole' ? stream.close() : stream.error(end.error)),
        })
      },
      pull: () => this.#controller?.resume(),
      cancel: () => this.#controller?.abort(new Error('nobody reads the rest of the body')),
    })
    return decoded(encoded, this.headers.get('content-encoding'))
  }

  /** Hands what has arrived to the reader, then everything as it comes. */
  #read(reader: Reader): void {
    if (this.#reader !== undefined) throw new TypeError('the body is read already')
    this.#reader = reader
    for (const bytes of this.#chunks) reader.chunk(bytes, this.#controller)
    this.#chunks = []
    if (this.#end !== undefined) reader.end(this.#end)
  }

  #fail(error: unknown): void {
    this.#reject(error)
    this.#finish({ kind: 'failed', error })
  }

  #finish(end: End): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#init.signal?.removeEventListener('abort', this)
    this.#reader?.end(end)
  }
}

const MOST_WAITING = 65_536

type End = { readonly kind: 'whole' } | { readonly kind: 'failed'; readonly error: unknown }

type Reader = {
  readonly chunk: (
    bytes: Uint8Array<ArrayBuffer>,
    controller: Dispatcher.DispatchController | undefined,
  ) => void
  readonly end: (end: End) => void
}

/** What Node's own fetch adds to requests that have none of it. */
const BY_DEFAULT = { accept: '*/*', 'user-agent': 'node' }

/** The fields of a head as undici gives them: names in lower case, values as Latin-1. */
class Fields implements ReceivedHeaders {
  readonly fields: Readonly<Record<string, string | string[] | undefined>>

  constructor(fields: Fields['fields']) {
    this.fields = fields
  }

  get(name: string): string | null {
    const value = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined
    return value === undefined ? null : joinedFields(value)
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const [name, value] of Object.entries(this.fields)) {
      if (name === 'set-cookie' && Array.isArray(value)) for (const each of value) yield [name, each]
      else if (value !== undefined) yield [name, joinedFields(value)]
    }
  }
}

/** As fetch joins repeated fields. */
function joinedFields(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ')
}

function plainHeaders(headers: HeadersInit | undefined): Readonly<Record<string, string>> {
  if (headers instanceof Headers || Array.isArray(headers)) return Object.fromEntries(headers)
  return headers ?? {}
}

/** undici wants an Error, and the reason of a signal may be anything. */
function abortReason(signal: AbortSignal | null | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError')
}

function joined(chunks: readonly Uint8Array<ArrayBuffer>[]): ArrayBuffer {
  const [first, ...others] = chunks
  if (first === undefined) return new ArrayBuffer(0)
  if (others.length === 0) return first.buffer
  const all = new Uint8Array(chunks.reduce((length, { byteLength }) => length + byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.byteLength
  }
  return all.buffer
}

function NOTHING(): void {}
