/* Bodies of requests and answers are read up to a limit. */

export type ReadBytes =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** `rest` is the whole body, from its beginning. */
  | { readonly kind: 'too-large'; readonly rest: ReadableStream<Uint8Array<ArrayBuffer>> }
  | { readonly kind: 'cut'; readonly cause: unknown }

const NOTHING = new Uint8Array()

const AT_HAND = new WeakMap<Request | Response, Uint8Array<ArrayBuffer>>()

/**
 * Remembers the bytes that a body was made from, because reading them through its stream costs more than everything
 * else.
 */
export function keepAtHand<Message extends Request | Response>(
  message: Message,
  bytes: Uint8Array<ArrayBuffer>,
): Message {
  AT_HAND.set(message, bytes)
  return message
}

/** The bytes of a body, if they are known and nobody has read the body. */
export function bytesAtHand(message: Request | Response): Uint8Array<ArrayBuffer> | undefined {
  return message.bodyUsed ? undefined : AT_HAND.get(message)
}

/** Returns undefined if the request's own body should be read. */
type ReadLater = (limitBytes: number) => Promise<ReadBytes> | undefined

const LATER = new WeakMap<Request, ReadLater>()

/**
 * Sets how to read the body of a request that has no body of its own: a request made by an adapter, whose body the
 * handler reads elsewhere.
 */
export function readLater(request: Request, read: ReadLater): Request {
  LATER.set(request, read)
  return request
}

/** What the fingerprint is made from, if that differs from the bytes that stand for the body. */
export type Counted = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The bytes that version 0.1.0 used, if no other payload could have had the same bytes. */
  readonly earlier: Uint8Array<ArrayBuffer> | undefined
}

/** Reads a request's body and leaves it unread for the handler, whatever framework reads it there. */
export async function readRequest(request: Request, limitBytes: number): Promise<ReadBytes> {
  const later = LATER.get(request)?.(limitBytes)
  if (later !== undefined) return later
  if (request.body === null) return { kind: 'whole', bytes: NOTHING }
  const known = bytesAtHand(request)
  if (known !== undefined && known.byteLength <= limitBytes) return { kind: 'whole', bytes: known }
  const copy = request.clone()
  const read = await readUpTo(copy.body, limitBytes)
  if (read.kind === 'too-large') {
    void read.rest.cancel().catch(() => {})
    void request.body.cancel().catch(() => {})
  }
  return read
}

/** Reads a body and leaves nothing of it unread. */
export function readUpTo(
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null,
  limitBytes: number,
): ReadBytes | Promise<ReadBytes> {
  if (body === null) return { kind: 'whole', bytes: NOTHING }
  if (!(body instanceof Uint8Array)) return readBytes(body, limitBytes)
  return body.byteLength <= limitBytes
    ? { kind: 'whole', bytes: body }
    : { kind: 'too-large', rest: streamOf(body) }
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}

async function readBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  limitBytes: number,
): Promise<ReadBytes> {
  const reader = stream.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { kind: 'whole', bytes: joined(chunks) }
      const chunk = bytesOf(value)
      chunks.push(chunk)
      length += chunk.byteLength
      if (length > limitBytes) return { kind: 'too-large', rest: continued(chunks, reader) }
    }
  } catch (cause) {
    return { kind: 'cut', cause }
  }
}

/** Accepts text too, because the code that writes answers out accepts text. */
function bytesOf(chunk: unknown): Uint8Array<ArrayBuffer> {
  if (typeof chunk === 'string') return encoder.encode(chunk)
  if (!isBytes(chunk)) throw new TypeError('The stream gives what is no bytes.')
  return chunk
}

/** Checks the tag, because in jsdom Node's streams return bytes of another realm than the page's Uint8Array. */
function isBytes(chunk: unknown): chunk is Uint8Array<ArrayBuffer> {
  return Object.prototype.toString.call(chunk) === '[object Uint8Array]'
}

const encoder = new TextEncoder()

/**
 * The stream, once it has returned its first bytes or has ended. Rejects if the stream fails before that, when
 * nothing has been sent yet.
 */
export async function onceBegun(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const reader = stream.getReader()
  const { done, value } = await reader.read()
  return continued(done ? [] : [value], reader)
}

/**
 * The same stream, which fails if a chunk is not bytes. Code that writes it out may accept anything, and fail too
 * late.
 */
export function streamOfBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return continued([], stream.getReader())
}

/** The chunks that were read already, followed by the rest of the stream. */
function continued(
  chunks: readonly Uint8Array<ArrayBuffer>[],
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const begun = [...chunks]
  return new ReadableStream({
    async pull(controller) {
      const first = begun.shift()
      if (first !== undefined) return controller.enqueue(first)
      const { done, value } = await reader.read()
      return done ? controller.close() : controller.enqueue(bytesOf(value))
    },
    cancel: reason => reader.cancel(reason),
  })
}

export function joined(chunks: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
