import { isResponse } from '../answer/answers.ts'
import type { ServerAnswer } from '../answer/answer.ts'
import { PlainAnswer } from '../answer/answer.ts'
import { onceBegun } from '../answer/bodies.ts'
import type { FastifyReplyLike, FastifyRequestLike } from './fastify-like.ts'
import { captureAnswer, changedHeaders, headersOf, listOf, removedHeaders } from './node-response.ts'
import type { ReplyPayload } from './payload-body.ts'
import { payloadOf } from './payload-body.ts'

/* The answer of a Fastify handler, held back until it is recorded. */

type ReplyHeaders = Readonly<Record<string, unknown>>

/**
 * What was sent, and the reply's status and headers at that moment. As in Fastify, later changes by the handler do
 * not count.
 */
type Sent = { readonly payload: unknown; readonly status: number; readonly headers: ReplyHeaders }

export type HeldReply = {
  /** The handler's answer: what it sends, returns, or writes to `reply.raw`, whichever comes first. */
  readonly answerOf: (work: () => unknown) => Promise<ServerAnswer>
  /**
   * Gives the reply back to Fastify. A handler that still runs has exceeded its time, and the answer it gives now is
   * unknown.
   */
  readonly release: () => void
  /** Whether the handler wrote its answer past Fastify, so that it must also be sent past Fastify. */
  readonly isRaw: () => boolean
  /** Names of headers that were set before the handler and that the handler removed. */
  readonly removed: () => readonly string[]
}

/** `late` receives what the handler throws after it has answered. */
export function holdReply(
  request: FastifyRequestLike,
  reply: FastifyReplyLike,
  late: (error: unknown) => void,
): HeldReply {
  const before = { ...reply.getHeaders() }
  const raw = captureAnswer(reply.raw)
  let isRaw = false
  let removed: readonly string[] = []

  function release(): void {
    const { statusCode } = reply
    raw.release()
    // Fastify uses this status to answer an error that names no status.
    if (statusCode >= 400) reply.code(statusCode)
    // Deleting the own property brings back Fastify's `send` from the prototype.
    Reflect.deleteProperty(reply, 'send')
  }

  async function answerOf(work: () => unknown): Promise<ServerAnswer> {
    const asItStands = (payload: unknown): Sent => ({
      payload,
      status: reply.statusCode,
      headers: { ...reply.getHeaders() },
    })
    const sent = new Promise<Sent>(resolve => {
      Object.assign(reply, {
        send(payload: unknown) {
          resolve(asItStands(payload))
          return reply
        },
      })
    })
    try {
      const returned = returnedBy(work, reply)
      const tooLate = Promise.all([returned, raw.released]).then(() => {
        throw timeIsUp()
      })
      const first = await Promise.race([
        sent,
        raw.answer,
        tooLate,
        returned.then(end => {
          if (raw.isReleased()) throw timeIsUp()
          return end.kind === 'later' ? Promise.race([sent, raw.answer]) : asItStands(end.payload)
        }),
      ])
      returned.catch(late)
      if (first instanceof PlainAnswer) {
        isRaw = true
        removed = raw.removed()
        return first
      }
      if (first.payload instanceof Error) throw first.payload
      return await responseOf(first)
    } finally {
      release()
    }
  }

  /**
   * Leaves out headers that were set before the handler began: they are not the handler's, and the framework sets
   * them again.
   */
  async function responseOf({ payload, status, headers: after }: Sent): Promise<ServerAnswer> {
    const headers = headersOf(changedHeaders(before, after))
    removed = removedHeaders(before, after)
    if (isResponse(payload)) {
      for (const [name, value] of payload.headers) if (name !== 'set-cookie') headers.set(name, value)
      for (const cookie of payload.headers.getSetCookie()) headers.append('set-cookie', cookie)
      const begun = payload.body && (await onceBegun(payload.body))
      return new PlainAnswer({ status: payload.status, headers, body: begun })
    }
    const body = payloadOf(payload)
    if (body.kind === 'nothing' || status === 204 || status === 205 || status === 304)
      return new PlainAnswer({ status, headers })
    const given = listOf(after['content-type'])
    if (body.kind === 'data' && given !== '' && !/json/i.test(given) && !hasSerializer(reply))
      throw invalidPayload(payload)
    const type = typeGiven(payload, body, { given, isSerialized: hasSerializer(reply) })
    if (type !== undefined) headers.set('content-type', type)
    // If the stream fails at once, Fastify has sent nothing yet and answers with the error.
    if (body.kind === 'stream')
      return new PlainAnswer({ status, headers, body: await onceBegun(body.stream) })
    if (body.kind === 'bytes' && typeof payload !== 'string')
      return new PlainAnswer({ status, headers, body: body.bytes })
    const text =
      typeof payload === 'string' ? payload : String(reply.serialize(await hooked(payload, request, reply)))
    return new PlainAnswer({
      status,
      headers,
      body: encoder.encode(text),
      text: text.isWellFormed() ? text : undefined,
    })
  }

  return { answerOf, release, isRaw: () => isRaw, removed: () => removed }
}

const encoder = new TextEncoder()

type Returned = { readonly kind: 'payload'; readonly payload: unknown } | { readonly kind: 'later' }

/** The content type that Fastify sends, if it differs from the one that was set. */
function typeGiven(
  payload: unknown,
  body: ReplyPayload,
  { given, isSerialized }: { readonly given: string; readonly isSerialized: boolean },
): string | undefined {
  const isText = body.kind === 'data' || typeof payload === 'string'
  if (given !== '')
    return isText && !isSerialized && /json/i.test(given) && !/;\s*charset=/i.test(given)
      ? `${given}; charset=utf-8`
      : undefined
  if (body.kind !== 'data') return 'type' in body ? body.type : undefined
  return isSerialized ? undefined : 'application/json; charset=utf-8'
}

/** Fastify's own error for data that it can send under no type other than JSON. */
function invalidPayload(payload: unknown): Error {
  const message = `Attempted to send payload of invalid type '${typeof payload}'. Expected a string or Buffer.`
  const about = { name: 'FastifyError', code: 'FST_ERR_REP_INVALID_PAYLOAD_TYPE', statusCode: 500 }
  return Object.assign(new TypeError(message), about)
}

/** Finds the symbol of `reply.serializer` by its description, because Fastify does not export the symbol. */
export function hasSerializer(reply: object): boolean {
  const place = placeOf(reply, 'fastify.reply.serializer')
  return place !== undefined && typeof (reply as Record<symbol, unknown>)[place] === 'function'
}

function placeOf(object: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find(({ description }) => description === name)
}

/**
 * Reads the handler's result as Fastify does: a promise of undefined sends an empty answer, unless the answer is made
 * elsewhere.
 */
async function returnedBy(work: () => unknown, reply: FastifyReplyLike): Promise<Returned> {
  const given = work()
  const isPromise =
    given !== reply && typeof (given as { then?: unknown } | null | undefined)?.then === 'function'
  const payload: unknown = isPromise ? await given : given
  const isElsewhere = payload === reply || (payload === undefined && (!isPromise || reply.sent))
  return isElsewhere ? { kind: 'later' } : { kind: 'payload', payload }
}

function timeIsUp(): Error {
  return new Error('The handler went on after its time was up: what it answered is not known.')
}

type Hook = (
  request: unknown,
  reply: unknown,
  payload: unknown,
  done: (error?: unknown, payload?: unknown) => void,
) => unknown

/**
 * Runs the app's preSerialization hooks on the data. Fastify runs them only inside `send`, together with everything
 * that follows.
 */
async function hooked(payload: unknown, request: object, reply: object): Promise<unknown> {
  let data = payload
  for (const hook of hooksOf(request)) {
    const next = await made(hook, [request, reply, data])
    if (next !== undefined) data = next
  }
  return data
}

/** The hook's result, from its promise or its callback. Undefined changes nothing. */
function made(hook: Hook, [request, reply, payload]: [unknown, unknown, unknown]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const promised = hook(request, reply, payload, (error, next) => (error ? reject(error) : resolve(next)))
    if (typeof (promised as { then?: unknown } | undefined)?.then === 'function') resolve(promised)
  })
}

/** Finds Fastify's symbol by its description, because it is not exported. Without the symbol there are no hooks. */
function hooksOf(request: object): readonly Hook[] {
  const place = placeOf(request, 'fastify.context')
  const context =
    place && (request as Record<symbol, { readonly preSerialization?: unknown } | undefined>)[place]
  const hooks = context?.preSerialization
  return Array.isArray(hooks) ? hooks.filter((hook): hook is Hook => typeof hook === 'function') : []
}
