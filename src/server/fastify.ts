import type { Execution } from './execution.ts'
import type { HandleOptions, Idempotency } from './idempotency.ts'
import type { NodeRequest } from './node-request.ts'
import { bytesAtHand, keepAtHand } from './bodies.ts'
import { parsedBody, requestHead, takesBody } from './node-request.ts'

/** What is used of Fastify's request and reply, by shape. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest
  readonly body?: unknown
}

export interface FastifyReplyLike {
  readonly statusCode: number
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  removeHeader(name: string): unknown
  getHeaders(): Readonly<Record<string, unknown>>
  serialize(payload: unknown): unknown
  send(payload?: unknown): unknown
}

/**
 * A handler for Fastify whose effects happen once for a key. It answers as always, by what it returns or by
 * `reply.send`; the answer is held until it is written down. What it throws is not given to Fastify, unless it says
 * that nothing happened.
 *
 * @example
 * app.post('/orders', idempotent(once, async (request, reply) => {
 *   reply.code(201)
 *   return placeOrder(request.body)
 * }))
 */
export function idempotent<Incoming extends FastifyRequestLike, Outgoing extends FastifyReplyLike>(
  idempotency: Idempotency,
  handler: (request: Incoming, reply: Outgoing, execution: Execution) => unknown,
  options?: HandleOptions,
): (request: Incoming, reply: Outgoing) => Promise<unknown> {
  return async (request, reply) => {
    const before = reply.getHeaders()
    const response = await idempotency.handle(
      toRequest(request),
      async (_, execution) =>
        answerOf(reply, await payloadOf(reply, () => handler(request, reply, execution))),
      options,
    )
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
    for (const [name, value] of Object.entries(before)) reply.header(name, value)
    reply.code(response.status)
    for (const [name, value] of response.headers) if (name !== 'set-cookie') reply.header(name, value)
    const cookies = response.headers.getSetCookie()
    if (cookies.length > 0) reply.header('set-cookie', cookies)
    if (response.body === null) return reply.send(undefined)
    return reply.send(bytesAtHand(response) ?? new Uint8Array(await response.arrayBuffer()))
  }
}

/** What is sent, or returned: whichever comes first. */
async function payloadOf(reply: FastifyReplyLike, work: () => unknown): Promise<unknown> {
  try {
    const sent = new Promise<{ readonly payload: unknown }>(resolve => {
      Object.assign(reply, {
        send(payload: unknown) {
          resolve({ payload })
          return reply
        },
      })
    })
    const returned = (async () => work())().then(payload =>
      payload === reply || payload === undefined ? sent : { payload },
    )
    const { payload } = await Promise.race([sent, returned])
    if (payload instanceof Error) throw payload
    return payload
  } finally {
    // What is left is Fastify's own, of the prototype.
    Reflect.deleteProperty(reply, 'send')
  }
}

const encoder = new TextEncoder()

function answerOf(reply: FastifyReplyLike, payload: unknown): Response {
  if (payload instanceof Response) return payload
  const headers = new Headers()
  for (const [name, value] of Object.entries(reply.getHeaders()))
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, String(one))
  const { statusCode: status } = reply
  if (payload === undefined || payload === null || status === 204)
    return new Response(null, { status, headers })
  const ofBytes = (bytes: Uint8Array<ArrayBuffer>) =>
    keepAtHand(new Response(bytes, { status, headers }), bytes)
  if (payload instanceof Uint8Array) return ofBytes(new Uint8Array(payload))
  if (payload instanceof ReadableStream)
    return new Response(payload as ReadableStream<Uint8Array>, { status, headers })
  if (typeof payload === 'string') {
    if (!headers.has('content-type')) headers.set('content-type', 'text/plain; charset=utf-8')
    return ofBytes(encoder.encode(payload))
  }
  if (!headers.has('content-type')) headers.set('content-type', 'application/json; charset=utf-8')
  return ofBytes(encoder.encode(String(reply.serialize(payload))))
}

function toRequest({ raw, body }: FastifyRequestLike): Request {
  const { url, init } = requestHead(raw)
  if (!takesBody(init.method)) return new Request(url, init)
  if (body === undefined || body === null) return new Request(url, init)
  const bytes = parsedBody(body)
  return keepAtHand(new Request(url, { ...init, body: bytes }), bytes)
}
