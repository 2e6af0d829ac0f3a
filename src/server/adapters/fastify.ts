import { AnsweredError } from '../answer/answered-error.ts'
import type { Execution } from '../execution.ts'
import { checkAdapted } from '../handle-options.ts'
import { fetchRequestOf } from './fetch-request.ts'
import { hopByHop } from '../answer/hop-by-hop.ts'
import type { Idempotency } from '../idempotency.ts'
import { plainHandleOf } from '../plain-handle.ts'
import { streamOfBytes } from '../answer/bodies.ts'
import type { AskedRequest } from '../request/asked.ts'
import type { AdapterOptions } from './node.ts'
import { askedBehindParser } from './node-payload.ts'
import type { ServerAnswer } from '../answer/answer.ts'
import { bodyOfAnswer, isOwnAnswer, PlainAnswer } from '../answer/answer.ts'
import { joinedNames } from '../answer/answers.ts'
import type { FastifyReplyLike, FastifyRequestLike } from './fastify-like.ts'
import type { HeldReply } from './fastify-answer.ts'
import { hasSerializer, holdReply } from './fastify-answer.ts'
import type { Captured } from './node-response.ts'
import { captureAnswer, listOf, writeAnswer } from './node-response.ts'
import { isNotExecuted } from '../answer/not-executed.ts'
import { reportRunError } from '../error-reports.ts'
import { asOnlyOne, refuseTwice } from './once-per-request.ts'

/**
 * A Fastify handler whose effects happen once for a key. It answers as always, by its result or by `reply.send`, and
 * the answer is held until it is recorded. Fastify parses and validates first, and a request that fails there claims
 * no key. If the handler throws, Fastify's error handler answers the client, and the key's outcome is unknown, unless
 * `nothingHappened` states that nothing happened. An error after the answer is logged, as always, and passed to
 * `onError`.
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
  given: AdapterOptions<Incoming, Input> = {},
): (request: Incoming, reply: Outgoing) => Promise<unknown> {
  checkAdapted(idempotency, handler, given)
  const { payload, ...options } = given
  return (request, reply) => {
    const errors = fastifyErrors(reply)
    const answer = async () => {
      refuseTwice(idempotency, request)
      const before = { ...reply.getHeaders() }
      let held: HeldReply | undefined
      let isOver = false
      const response = await plainHandleOf(idempotency)<Input>(
        await askedOf(request, payload),
        async (_, plainExecution) => {
          const execution = plainExecution as Execution<Input>
          const own = holdReply(request, reply, error => {
            reportRunError(execution, error)
            // Fastify's own message.
            reply.log?.error({ err: error }, 'Promise errored, but reply.sent = true was set')
          })
          held = own
          const work = () => own.answerOf(() => handler(request, reply, execution))
          try {
            return await (execution.key === undefined ? work() : asOnlyOne(idempotency, request, work))
          } catch (error) {
            // The client was already answered that the outcome is unknown.
            if (isNotExecuted(error) || isOver) throw error
            throw new AnsweredError(error, await errors.answerTo(error))
          }
        },
        { ...options, context: request },
      ).finally(() => {
        isOver = true
        held?.release()
      })
      if (errors.hasAnswered()) return errors.write(response)
      const removed = isOwnAnswer(response) ? (held?.removed() ?? []) : []
      if (held?.isRaw() === true) {
        for (const name of removed) reply.raw.removeHeader(name)
        await writeAnswer(reply.raw, response)
        return reply
      }
      for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
      for (const [name, value] of Object.entries(before))
        if (!removed.includes(name)) reply.header(name, value)
      return sendResponse(reply, response)
    }
    return Promise.race([errors.failure, answer()])
  }
}

/** Fastify's own handling of an error of one request. Its answer is held until it is recorded. */
function fastifyErrors(reply: FastifyReplyLike): {
  /** Rejects with the error, which Fastify then handles. */
  readonly failure: Promise<never>
  readonly answerTo: (error: unknown) => Promise<ServerAnswer>
  readonly hasAnswered: () => boolean
  readonly write: (response: ServerAnswer) => Promise<unknown>
} {
  let captured: Captured | undefined
  let fail: (error: unknown) => void = () => {}
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  // A request that never fails leaves this promise pending, and nobody waits for it.
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

const EXPOSE = 'access-control-expose-headers'

async function sendResponse(reply: FastifyReplyLike, response: ServerAnswer): Promise<unknown> {
  reply.code(response.status)
  const own = listOf(reply.getHeaders()[EXPOSE])
  const left = hopByHop(response.headers)
  for (const [name, value] of response.headers) {
    // Headers that the app's own CORS exposes stay exposed.
    const names = name === EXPOSE ? joinedNames(own, value.split(', ')) : value
    if (name !== 'set-cookie' && !left.has(name)) reply.header(name, names)
  }
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  if (response.body === null) return reply.send(undefined)
  const text = response instanceof PlainAnswer ? response.text : undefined
  if (text !== undefined && response.headers.has('content-type')) return sendText(reply, text)
  const body = bodyOfAnswer(response)
  if (!(body instanceof Uint8Array)) return reply.send(body && streamOfBytes(body))
  if (response.headers.has('content-type')) return reply.send(body)
  // Fastify adds a content type to bytes that have none; a stream keeps its headers as they are.
  reply.header('content-length', body.byteLength)
  return reply.send(new Response(body).body)
}

/** Text is sent as text, because onSend hooks are written for text. */
function sendText(reply: FastifyReplyLike, text: string): unknown {
  const type = listOf(reply.getHeaders()['content-type'])
  // A serializer would serialize the text again, and without a serializer Fastify would add a charset.
  const isChanged = hasSerializer(reply) || (/json/i.test(type) && !/;\s*charset=/i.test(type))
  if (isChanged) reply.serializer(value => (typeof value === 'string' ? value : JSON.stringify(value)))
  return reply.send(text)
}

/**
 * A Fastify route from a Fetch-style handler, which gets Fastify's request as its second argument: for the key's own
 * URL. Its Request holds the JSON, text or bytes that Fastify has parsed, or the stream if no parser has read it.
 * Reading a body that cannot be restored (a form, an upload) is a `configuration` error.
 *
 * @example
 * app.get('/orders/by-key/:key', fetchRoute(once.status))
 */
export function fetchRoute<Incoming extends FastifyRequestLike | undefined>(
  serve: (request: Request, incoming: Incoming) => Response | Promise<Response>,
): (request: NonNullable<Incoming>, reply: FastifyReplyLike) => Promise<unknown> {
  return async (request, reply) => {
    const { request: webRequest } = fetchRequestOf(request.raw, request.body)
    return sendResponse(reply, await serve(webRequest, request))
  }
}

function askedOf<Incoming extends FastifyRequestLike>(
  request: Incoming,
  payload: ((request: Incoming) => unknown) | undefined,
): AskedRequest | Promise<AskedRequest> {
  const isStripped = request.routeOptions?.schema?.body !== undefined
  const rules = { payload: payload && (() => payload(request)), filesInBody: true, isStripped }
  return askedBehindParser(request.raw, request, rules)
}
