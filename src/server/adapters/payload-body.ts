/* What a Fastify handler may send, as bytes. Nothing of Node is imported: its streams are recognized by their shape. */

/** Node streams of every version. Those from packages may not be async iterables. */
export interface NodeStream {
  pipe: (...rest: never[]) => unknown
  on(event: string, listener: (value?: unknown) => void): unknown
  resume?: () => unknown
  pause?: () => unknown
  readonly destroyed?: boolean
  readonly readableEnded?: boolean
  readonly errored?: Error | null
  destroy?: (error?: Error) => unknown
}

export type ReplyPayload =
  /** `type`: the content type, if the payload states one. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer>; readonly type?: string }
  | {
      readonly kind: 'stream'
      readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
      readonly type?: string
    }
  | { readonly kind: 'nothing' }
  /** Data that the framework writes as text. */
  | { readonly kind: 'data' }

/** The content of a stream, a buffer or a text, and never the internals of the object that carries it. */
export function payloadOf(payload: unknown): ReplyPayload {
  if (payload === undefined) return { kind: 'nothing' }
  if (payload === null) return { kind: 'data' }
  if (typeof payload === 'string')
    return { kind: 'bytes', bytes: encoder.encode(payload), type: 'text/plain; charset=utf-8' }
  if (ArrayBuffer.isView(payload))
    return {
      kind: 'bytes',
      bytes: copied(payload.buffer, payload.byteOffset, payload.byteLength),
      type: 'application/octet-stream',
    }
  if (payload instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(payload.slice(0)) }
  if (hasMethod(payload, 'pipe') && hasMethod(payload, 'on'))
    return { kind: 'stream', stream: streamOf(payload as NodeStream) }
  if (hasMethod(payload, 'getReader'))
    return { kind: 'stream', stream: payload as ReadableStream<Uint8Array<ArrayBuffer>> }
  if (payload instanceof Blob)
    return { kind: 'stream', stream: payload.stream(), ...(payload.type !== '' && { type: payload.type }) }
  return { kind: 'data' }
}

const encoder = new TextEncoder()

function copied(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(buffer, offset, length))
}

function hasMethod(value: object | number | boolean | bigint | symbol, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>>)[name] === 'function'
}

/** A stream that closes without an `end` event has broken off. */
function streamOf(source: NodeStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOver = false
  return new ReadableStream(
    {
      start(controller) {
        const end = (how: () => void) => {
          if (isOver) return
          isOver = true
          how()
        }
        const fail = (error: unknown) =>
          end(() => controller.error(error instanceof Error ? error : new TypeError('The stream failed.')))
        // A stream reports its end only once, and that may have happened already.
        if (source.readableEnded === true && !source.errored) return end(() => controller.close())
        if (source.destroyed === true) return fail(source.errored ?? new TypeError('The stream broke off.'))
        source.on('data', chunk => {
          if (isOver) return
          const bytes = bytesOf(chunk)
          if (bytes === undefined) {
            fail(new TypeError('The stream gives objects, which are no bytes.'))
            source.destroy?.()
            return
          }
          controller.enqueue(bytes)
          if ((controller.desiredSize ?? 1) <= 0) source.pause?.()
        })
        source.on('end', () => end(() => controller.close()))
        source.on('error', fail)
        source.on('close', () => fail(new TypeError('The stream broke off.')))
        source.pause?.()
      },
      pull: () => void source.resume?.(),
      cancel() {
        isOver = true
        source.destroy?.()
      },
    },
    { highWaterMark: 1 },
  )
}

function bytesOf(chunk: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof chunk === 'string') return encoder.encode(chunk)
  return ArrayBuffer.isView(chunk) ? copied(chunk.buffer, chunk.byteOffset, chunk.byteLength) : undefined
}
