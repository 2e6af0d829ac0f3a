/* Bodies are read up to a limit, whoever sends them. */

export type ReadBytes =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** `rest` gives all of it, from the beginning. */
  | { readonly kind: 'too-large'; readonly rest: ReadableStream<Uint8Array<ArrayBuffer>> }
  | { readonly kind: 'cut'; readonly cause: unknown }

const NOTHING = new Uint8Array()

const AT_HAND = new WeakMap<Request | Response, Uint8Array<ArrayBuffer>>()

/** Says which bytes a body has that was made of them: to read them through its stream costs more than all the rest. */
export function keepAtHand<Message extends Request | Response>(
  message: Message,
  bytes: Uint8Array<ArrayBuffer>,
): Message {
  AT_HAND.set(message, bytes)
  return message
}

/** A body's bytes, if they are at hand and nobody has taken them. */
export function bytesAtHand(message: Request | Response): Uint8Array<ArrayBuffer> | undefined {
  return message.bodyUsed ? undefined : AT_HAND.get(message)
}

/** Undefined where the request is to be read itself. */
type ReadLater = (limitBytes: number) => Promise<ReadBytes> | undefined

const LATER = new WeakMap<Request, ReadLater>()

/** Says how the body is read of a request that has none of its own: an adapter's, which the handler reads elsewhere. */
export function readLater(request: Request, read: ReadLater): Request {
  LATER.set(request, read)
  return request
}

/** What counts of a body for the fingerprint, where that is not what stands for it. */
export type Counted = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** What version 0.1.0 counted, where no other payload could have been the same. */
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

/** Reads a body, and leaves nothing of it. */
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

/** Also a text's: what writes an answer out takes texts too. */
function bytesOf(chunk: unknown): Uint8Array<ArrayBuffer> {
  if (typeof chunk === 'string') return encoder.encode(chunk)
  if (!isBytes(chunk)) throw new TypeError('The stream gives what is no bytes.')
  return chunk
}

/** By its tag: in jsdom the streams of Node give bytes of another realm than the page's Uint8Array. */
function isBytes(chunk: unknown): chunk is Uint8Array<ArrayBuffer> {
  return Object.prototype.toString.call(chunk) === '[object Uint8Array]'
}

const encoder = new TextEncoder()

/**
 * The stream, once it has given its first bytes or its end. Rejects with what it fails with before: nothing of it can
 * have gone out then.
 */
export async function onceBegun(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const reader = stream.getReader()
  const { done, value } = await reader.read()
  return continued(done ? [] : [value], reader)
}

/** The same stream, which fails where it gives what is no bytes: who writes it out may take anything, and fail too late. */
export function streamOfBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return continued([], stream.getReader())
}

/** What was read already, then what is still to come. */
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
