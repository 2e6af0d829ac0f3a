import type { Fetch } from '../../../src/public/transport.ts'

/** A request as the server got it. */
export type SeenRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly bytes: Uint8Array
  /** The `Idempotency-Key`. */
  readonly key: string | undefined
  /** Ms since the test began. */
  readonly at: number
  readonly redirect: RequestRedirect | undefined
  readonly cache: RequestCache | undefined
  readonly signal: AbortSignal | undefined
}

export type Reply = (request: SeenRequest) => Response | Promise<Response>

/** A server that says what a test told it to say, in order; a request too many fails and is counted. */
export type ScriptedServer = {
  readonly fetch: Fetch
  readonly requests: readonly SeenRequest[]
  /** What it answers to the next requests. */
  readonly script: (...replies: readonly Reply[]) => void
  /** What it answers when the script has come to its end. */
  readonly always: (reply: Reply) => void
  /** Requests that nobody expected. */
  readonly unexpectedCount: () => number
}

export function scriptedServer(elapsed: () => number): ScriptedServer {
  const requests: SeenRequest[] = []
  const replies: Reply[] = []
  let fallback: Reply | undefined
  let unexpected = 0
  return {
    requests,
    script: (...more) => void replies.push(...more),
    always: reply => {
      fallback = reply
    },
    unexpectedCount: () => unexpected,
    async fetch(input, init) {
      const bytes = bytesOf(init?.body)
      const headers = Object.fromEntries(new Headers(init?.headers))
      const request: SeenRequest = {
        method: init?.method ?? 'GET',
        url: input instanceof Request ? input.url : input.toString(),
        headers,
        body: new TextDecoder().decode(bytes),
        bytes,
        key: headers['idempotency-key'],
        at: elapsed(),
        redirect: init?.redirect,
        cache: init?.cache,
        signal: init?.signal ?? undefined,
      }
      if (request.signal?.aborted === true) throw abortError()
      requests.push(request)
      const reply = replies.shift() ?? fallback
      if (reply === undefined) {
        unexpected++
        throw new Error(`nobody expected request ${requests.length}: ${request.method} ${request.url}`)
      }
      return unlessAborted(Promise.resolve(reply(request)), request.signal)
    },
  }
}

/** As fetch does: an abort rejects at once, whatever the server does. */
async function unlessAborted(
  response: Promise<Response>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  if (signal === undefined) return response
  let stop = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortError())
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([response, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function abortError(): Error {
  return new DOMException('This operation was aborted', 'AbortError')
}

function bytesOf(body: BodyInit | null | undefined): Uint8Array {
  if (body === null || body === undefined) return new Uint8Array()
  if (body instanceof Uint8Array) return body
  // What `client.fetch` passes on is as the SDK gave it.
  if (typeof body === 'string') return new TextEncoder().encode(body)
  throw new Error('the engine sends bytes, and nothing else')
}

/** An answer with a JSON body of known length, or an empty one. */
export function answer(
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const isText = typeof body === 'string'
  const text = isText ? body : JSON.stringify(body ?? null)
  const type = isText ? 'text/plain' : 'application/json'
  return () =>
    body === undefined || [204, 304].includes(status)
      ? new Response(null, { status, headers: { 'content-length': '0', ...headers } })
      : new Response(text, {
          status,
          headers: {
            'content-type': type,
            'content-length': String(new TextEncoder().encode(text).length),
            ...headers,
          },
        })
}

/** A page, as gateways write it. */
export function htmlAnswer(status: number): Reply {
  const headers = { 'content-type': 'text/html' }
  return () => new Response('<!doctype html><h1>Sorry</h1>', { status, headers })
}

/** A 201 whose body begins well and then breaks off with the connection. */
export function cutAnswer(status: number, begun: string): Reply {
  return () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(begun))
      },
      pull(controller) {
        controller.error(failure('terminated', { code: 'UND_ERR_SOCKET' }))
      },
    })
    return new Response(body, {
      status,
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
  }
}

/** The connection is refused: proof that nothing left. */
export const refusedConnection: Reply = () => {
  throw failure('fetch failed', { code: 'ECONNREFUSED', syscall: 'connect' })
}

/** The connection is reset after sending: it may have executed. */
export const reset: Reply = () => {
  throw failure('fetch failed', { code: 'ECONNRESET', syscall: 'read' })
}

/** The request never comes back. */
export const silence: Reply = () => new Promise(() => {})

function failure(text: string, cause: Readonly<Record<string, string>>): Error {
  return new TypeError(text, { cause: Object.assign(new Error('socket'), cause) })
}

/** A reply that waits for the test's word. */
export function held(): { readonly reply: Reply; readonly release: (reply: Reply) => void } {
  let release: (reply: Reply) => void = () => {}
  const word = new Promise<Reply>(resolve => (release = resolve))
  return { reply: async request => (await word)(request), release: reply => release(reply) }
}

/** A reply that comes later. */
export function afterMs(
  clock: { after(delayMs: number, callback: () => void): unknown },
  ms: number,
  reply: Reply,
): Reply {
  return request =>
    new Promise((resolve, reject) => {
      clock.after(ms, () => {
        Promise.resolve()
          .then(() => reply(request))
          .then(resolve, reject)
      })
    })
}
