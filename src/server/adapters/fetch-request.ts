import { configurationError } from '../../public/errors.ts'
import { readLater } from '../answer/bodies.ts'
import { chunkBytes } from './chunk-bytes.ts'
import { isJson, isObjectOrList, isPlaceholder } from './lost-body.ts'
import { textBytes } from './node-payload.ts'
import type { NodeRequest } from './node-request.ts'
import { announcesBody, requestHead, takesBody } from './node-request.ts'
import { isJsonData } from '../request/payload-text.ts'
import { isUnread } from './unread-body.ts'

export type FetchRequest = {
  readonly request: Request
  /** Lets go of a body that nobody has read: it would keep the next request of its connection waiting. */
  readonly cancel: () => void
}

/**
 * The Request of a Fetch-style handler. `parsed`: what a parser before it has left of the body, or its stream. Where that
 * cannot be given again, reading the body is a `configuration` error.
 */
export function fetchRequestOf(source: NodeRequest, parsed: unknown, signal?: AbortSignal): FetchRequest {
  const { url, init: head } = requestHead(source)
  const init = { ...head, ...(signal !== undefined && { signal }) }
  const none = { request: new Request(url, init), cancel: () => {} }
  if (!takesBody(init.method)) return none
  const stream: AsyncIterable<unknown> = isObjectOrList(parsed) && isUnread(parsed) ? parsed : source
  if (stream === source && !announcesBody(source, init.headers)) return none
  // What is no stream of Node's cannot say whether it was read.
  if (!('readableDidRead' in stream) || isUnread(stream)) return ofStream(streamOf(stream), url, init)
  const bytes = givenAgain(source, parsed, init.headers)
  if (bytes === undefined) return ofUnread(url, init)
  // It is written anew, and not compressed.
  for (const name of ['content-length', 'content-encoding']) init.headers.delete(name)
  return { request: new Request(url, { ...init, body: bytes }), cancel: () => {} }
}

type Init = { readonly method: string; readonly headers: Headers; readonly signal?: AbortSignal }

function ofStream(body: ReadableStream<Uint8Array<ArrayBuffer>>, url: string, init: Init): FetchRequest {
  const withBody: RequestInit & { readonly duplex: 'half' } = { ...init, body, duplex: 'half' }
  // Who still reads it has locked it.
  return { request: new Request(url, withBody), cancel: () => void body.cancel().catch(() => {}) }
}

function ofUnread(url: string, init: Init): FetchRequest {
  const fail = (controller: ReadableStreamDefaultController) => controller.error(gone())
  // Only who reads it fails.
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: fail }, { highWaterMark: 0 })
  const { request, cancel } = ofStream(body, url, init)
  return { request: readLater(request, () => Promise.reject(gone())), cancel }
}

/** What a handler that reads the body would find in it, where what was parsed tells that. */
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

function streamOf(stream: AsyncIterable<unknown>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { readableEncoding } = stream as { readonly readableEncoding?: unknown }
  const chunks = stream[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(chunkBytes(value, readableEncoding))
    },
    async cancel() {
      // What nobody reads would keep the next request of this connection waiting.
      for (let end = false; !end;) end = (await chunks.next()).done === true
    },
  })
}
