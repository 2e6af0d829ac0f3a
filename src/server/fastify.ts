import { AnsweredError } from './answered-error.ts'
import type { Execution } from './execution.ts'
import type { Idempotency } from './idempotency.ts'
import type { AdapterOptions } from './node.ts'
import { webRequestOf } from './node-payload.ts'
import type { NodeRequest } from './node-request.ts'
import { joinedNames } from './answers.ts'
import { bytesAtHand, keepAtHand } from './bodies.ts'
import type { Captured, NodeResponse } from './node-response.ts'
import { captureAnswer, changedHeaders, headersOf, listOf, writeAnswer } from './node-response.ts'
import { isNotExecuted } from './not-executed.ts'
import { payloadOf } from './payload-body.ts'

/** What is used of Fastify's request and reply, by shape. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest
  readonly body?: unknown
}

type ReplyHeaders = Readonly<Record<string, unknown>>

export interface FastifyReplyLike {
  readonly raw: NodeResponse
  readonly statusCode: number
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  removeHeader(name: string): unknown
  getHeaders(): ReplyHeaders
  hasHeader(name: string): boolean
  serialize(payload: unknown): unknown
  send(payload?: unknown): unknown
}

/**
 * A handler for Fastify whose effects happen once for a key. It answers as always, by what it returns or by
 * `reply.send`; the answer is held until it is written down. Fastify parses and validates before: what fails there
 * claims nothing. What the handler throws goes to Fastify's error handler, whose answer goes to the client; the
 * key's outcome is unknown then, unless `nothingHappened` says that nothing happened.
 *
 * @example
 * app.post('/orders', idempotent(once, async (request, reply) => {
 *   reply.code(201)
 *   return placeOrder(request.body)
 * }))
 */
export function idempotent<
  Incoming extends FastifyRequestLike,
  Outgoing extends FastifyReplyLike,
  Input = unknown,
>(
  idempotency: Idempotency<Incoming>,
  handler: (request: Incoming, reply: Outgoing, execution: Execution<Input>) => unknown,
  { payload, ...options }: AdapterOptions<Incoming, Input> = {},
): (request: Incoming, reply: Outgoing) => Promise<unknown> {
  return (request, reply) => {
    const errors = fastifyErrors(reply)
    const answer = async () => {
      const before = { ...reply.getHeaders() }
      const response = await idempotency.handle<Input>(
        await toRequest(request, payload),
        async (_, execution) => {
          try {
            return answerOf(reply, before, await sentBy(reply, () => handler(request, reply, execution)))
          } catch (error) {
            throw isNotExecuted(error) ? error : new AnsweredError(error, await errors.answerTo(error))
          }
        },
        { ...options, context: request },
      )
      if (errors.hasAnswered()) return errors.write(response)
      for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
      for (const [name, value] of Object.entries(before)) reply.header(name, value)
      return sendResponse(reply, response)
    }
    return Promise.race([errors.failure, answer()])
  }
}

/** Fastify's own handling of one request's error, whose answer is held until it is written down. */
function fastifyErrors(reply: FastifyReplyLike): {
  /** Rejects with the error, for Fastify. */
  readonly failure: Promise<never>
  readonly answerTo: (error: unknown) => Promise<Response>
  readonly hasAnswered: () => boolean
  readonly write: (response: Response) => Promise<unknown>
} {
  let captured: Captured | undefined
  let fail: (error: unknown) => void = () => {}
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  // Who never fails is not waited for.
  failure.catch(() => {})
  return {
    failure,
    answerTo(error) {
      captured = captureAnswer(reply.raw)
      fail(error)
      return captured.answer
    },
    hasAnswered: () => captured !== undefined,
    async write(response) {
      captured?.release()
      await writeAnswer(reply.raw, response)
      return reply
    },
  }
}

/** What is sent, or returned: whichever comes first. */
async function sentBy(reply: FastifyReplyLike, work: () => unknown): Promise<unknown> {
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

/** Its answer. What was set before it began is not the handler's, and is the framework's to set again. */
function answerOf(reply: FastifyReplyLike, before: ReplyHeaders, payload: unknown): Response {
  const headers = headersOf(changedHeaders(before, reply.getHeaders()))
  if (isResponse(payload)) {
    const { status, body } = payload
    for (const [name, value] of payload.headers) if (name !== 'set-cookie') headers.set(name, value)
    for (const cookie of payload.headers.getSetCookie()) headers.append('set-cookie', cookie)
    return new Response(body, { status, headers })
  }
  const { statusCode: status } = reply
  const body = payloadOf(payload)
  if (body.kind === 'nothing' || status === 204 || status === 205 || status === 304)
    return new Response(null, { status, headers })
  const type = body.kind === 'data' ? 'application/json; charset=utf-8' : body.type
  if (type !== undefined && !reply.hasHeader('content-type')) headers.set('content-type', type)
  if (body.kind === 'stream') return new Response(body.stream, { status, headers })
  const bytes = body.kind === 'bytes' ? body.bytes : encoder.encode(String(reply.serialize(payload)))
  return keepAtHand(new Response(bytes, { status, headers }), bytes)
}

const encoder = new TextEncoder()

/** As Fastify tells it: also one of another realm or package. */
function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === '[object Response]'
}

const EXPOSE = 'access-control-expose-headers'

async function sendResponse(reply: FastifyReplyLike, response: Response): Promise<unknown> {
  reply.code(response.status)
  const own = listOf(reply.getHeaders()[EXPOSE])
  for (const [name, value] of response.headers) {
    // What the app's own CORS exposes stays exposed.
    const names = name === EXPOSE ? joinedNames(own, value.split(', ')) : value
    if (name !== 'set-cookie') reply.header(name, names)
  }
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  if (response.body === null) return reply.send(undefined)
  return reply.send(bytesAtHand(response) ?? response.body)
}

/**
 * A route of Fastify from a Fetch-style handler, which gets Fastify's request as its second argument: for the key's
 * own URL.
 *
 * @example
 * app.get('/orders/by-key/:key', fetchRoute(once.status))
 */
export function fetchRoute<Incoming extends FastifyRequestLike | undefined>(
  serve: (request: Request, incoming: Incoming) => Response | Promise<Response>,
): (request: NonNullable<Incoming>, reply: FastifyReplyLike) => Promise<unknown> {
  return async (request, reply) => sendResponse(reply, await serve(await toRequest(request), request))
}

function toRequest<Incoming extends FastifyRequestLike>(
  request: Incoming,
  payload?: (request: Incoming) => unknown,
): Promise<Request> {
  const rules = { payload: payload && (() => payload(request)), filesInBody: true }
  return webRequestOf(request.raw, request, rules)
}
