import { isResponse } from './answers.ts'
import { keepAtHand, onceBegun } from './bodies.ts'
import type { FastifyReplyLike, FastifyRequestLike } from './fastify.ts'
import { captureAnswer, changedHeaders, headersOf } from './node-response.ts'
import { payloadOf } from './payload-body.ts'

/* What a handler of Fastify answers, held until it is written down. */

type ReplyHeaders = Readonly<Record<string, unknown>>

/** What was sent, and how the reply stood then: what the handler changes after it counts as little as in Fastify. */
type Sent = { readonly payload: unknown; readonly status: number; readonly headers: ReplyHeaders }

export type HeldReply = {
  /** What the handler sends, returns, or writes to `reply.raw`: whichever comes first. */
  readonly answerOf: (work: () => unknown) => Promise<Response>
  /** Fastify's again. A handler that still runs has taken too long: what it answers now is not known. */
  readonly release: () => void
  /** It was written past Fastify, which is so to be written out too. */
  readonly isRaw: () => boolean
}

export function holdReply(request: FastifyRequestLike, reply: FastifyReplyLike): HeldReply {
  const before = { ...reply.getHeaders() }
  const raw = captureAnswer(reply.raw)
  let isRaw = false

  function release(): void {
    raw.release()
    // What is left is Fastify's own, of the prototype.
    Reflect.deleteProperty(reply, 'send')
  }

  async function answerOf(work: () => unknown): Promise<Response> {
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
        throw late()
      })
      const first = await Promise.race([
        sent,
        raw.answer,
        tooLate,
        returned.then(end => {
          if (raw.isReleased()) throw late()
          return end.kind === 'later' ? Promise.race([sent, raw.answer]) : asItStands(end.payload)
        }),
      ])
      if (first instanceof Response) {
        isRaw = true
        return first
      }
      if (first.payload instanceof Error) throw first.payload
      return await responseOf(first)
    } finally {
      release()
    }
  }

  /** What was set before the handler began is not its own, and is the framework's to set again. */
  async function responseOf({ payload, status, headers: after }: Sent): Promise<Response> {
    const changed = changedHeaders(before, after)
    const headers = headersOf(changed)
    if (isResponse(payload)) {
      for (const [name, value] of payload.headers) if (name !== 'set-cookie') headers.set(name, value)
      for (const cookie of payload.headers.getSetCookie()) headers.append('set-cookie', cookie)
      return new Response(payload.body && (await onceBegun(payload.body)), {
        status: payload.status,
        headers,
      })
    }
    const body = payloadOf(payload)
    if (body.kind === 'nothing' || status === 204 || status === 205 || status === 304)
      return new Response(null, { status, headers })
    const type = body.kind === 'data' ? 'application/json; charset=utf-8' : body.type
    if (type !== undefined && after['content-type'] === undefined) headers.set('content-type', type)
    // Fastify has sent nothing yet where its stream fails at once, and answers with the error.
    if (body.kind === 'stream') return new Response(await onceBegun(body.stream), { status, headers })
    const bytes =
      body.kind === 'bytes'
        ? body.bytes
        : encoder.encode(String(reply.serialize(await hooked(payload, request, reply))))
    return keepAtHand(new Response(bytes, { status, headers }), bytes)
  }

  return { answerOf, release, isRaw: () => isRaw }
}

const encoder = new TextEncoder()

type Returned = { readonly kind: 'payload'; readonly payload: unknown } | { readonly kind: 'later' }

/** As Fastify reads it: a promise of nothing answers with nothing, unless the answer is made elsewhere. */
async function returnedBy(work: () => unknown, reply: FastifyReplyLike): Promise<Returned> {
  const given = work()
  const isPromise =
    given !== reply && typeof (given as { then?: unknown } | null | undefined)?.then === 'function'
  const payload: unknown = isPromise ? await given : given
  const isElsewhere = payload === reply || (payload === undefined && (!isPromise || reply.sent))
  return isElsewhere ? { kind: 'later' } : { kind: 'payload', payload }
}

function late(): Error {
  return new Error('The handler went on after its time was up: what it answered is not known.')
}

type Hook = (
  request: unknown,
  reply: unknown,
  payload: unknown,
  done: (error?: unknown, payload?: unknown) => void,
) => unknown

/** What the app's preSerialization hooks make of data. Fastify runs them in `send` alone, with all that follows. */
async function hooked(payload: unknown, request: object, reply: object): Promise<unknown> {
  let data = payload
  for (const hook of hooksOf(request)) {
    const next = await made(hook, [request, reply, data])
    if (next !== undefined) data = next
  }
  return data
}

/** By a promise, or by its callback; undefined changes nothing. */
function made(hook: Hook, [request, reply, payload]: [unknown, unknown, unknown]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const promised = hook(request, reply, payload, (error, next) => (error ? reject(error) : resolve(next)))
    if (typeof (promised as { then?: unknown } | undefined)?.then === 'function') resolve(promised)
  })
}

/** Fastify names the place, and shows it to nobody: where there is none, there are no hooks. */
function hooksOf(request: object): readonly Hook[] {
  const place = Object.getOwnPropertySymbols(request).find(
    ({ description }) => description === 'fastify.context',
  )
  const context =
    place && (request as Record<symbol, { readonly preSerialization?: unknown } | undefined>)[place]
  const hooks = context?.preSerialization
  return Array.isArray(hooks) ? hooks.filter((hook): hook is Hook => typeof hook === 'function') : []
}
