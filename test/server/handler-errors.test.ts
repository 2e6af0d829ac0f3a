import type { Server } from 'node:http'
import { once as event } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency, NotExecuted } from '../../src/entries/server.ts'
import type { IdempotencyOptions } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { atKey, post, shop, told, trialServer } from './trial-server.ts'

/* What fails: the client sees what it saw before the middleware came, and the key says no more than is known. */

class SoldOut extends Error {
  readonly status = 409
}

const handler = (body: unknown) => {
  const item = (body as { item?: unknown } | undefined)?.item
  if (typeof item !== 'string') throw Object.assign(new Error('no item'), { status: 400 })
  if (item === 'lamp') throw new SoldOut('sold out')
  if (item === 'bomb') throw new Error('the database broke')
  return { item }
}
const statusOf = (error: unknown) => (error as { status?: number }).status ?? 500

type Shop = (
  options?: Partial<IdempotencyOptions>,
) => Promise<{ readonly send: (init: RequestInit) => Promise<Response>; readonly seen: unknown[] }>

const guard = (options: Partial<IdempotencyOptions> | undefined) =>
  options && createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', ...options })

async function senderTo(server: Server) {
  if (!server.listening) await event(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return (init: RequestInit) => fetch(`http://127.0.0.1:${port}/orders`, init)
}

/** The same app without the middleware, and with it, in each framework. */
const frameworks: readonly (readonly [name: string, shop: Shop])[] = [
  ['Express, by throwing', options => expressShop(options, error => Promise.reject(error))],
  ['Express, by next(error)', options => expressShop(options, (error, next) => next(error))],
  [
    'Fastify',
    async options => {
      const seen: unknown[] = []
      const app = Fastify()
      app.setErrorHandler(async (error, _, reply) => {
        seen.push(error)
        return reply
          .code(statusOf(error))
          .header('x-error', '1')
          .send({ error: (error as Error).message })
      })
      const once = guard(options)
      const work = async (
        request: { readonly body?: unknown },
        reply: { code: (status: number) => unknown },
      ) => {
        reply.code(201)
        return handler(request.body)
      }
      app.post('/orders', once === undefined ? work : idempotentInFastify(once, work))
      await app.listen({ port: 0, host: '127.0.0.1' })
      return { send: await senderTo(app.server), seen }
    },
  ],
  [
    'Hono',
    async options => {
      const seen: unknown[] = []
      const app = new Hono()
      app.onError((error, c) => {
        seen.push(error)
        return c.json({ error: error.message }, statusOf(error) as 409, { 'x-error': '1' })
      })
      const once = guard(options && { rethrow: true, ...options })
      const work = async (c: Context) => c.json(handler(await c.req.json()), 201)
      app.post('/orders', c => (once === undefined ? work(c) : once.handle(c.req.raw, () => work(c))))
      return { send: async init => app.request('/orders', init), seen }
    },
  ],
]

async function expressShop(
  options: Partial<IdempotencyOptions> | undefined,
  fail: (error: unknown, next: (error: unknown) => void) => unknown,
) {
  const seen: unknown[] = []
  const app = express()
  const once = guard(options)
  const work: express.RequestHandler = async (request, response, next) => {
    let order
    try {
      order = handler(request.body)
    } catch (error) {
      return void (await fail(error, next))
    }
    response.status(201).json(order)
  }
  app.post('/orders', express.json(), once === undefined ? work : idempotent(once, work))
  app.use((error: Error, _: express.Request, response: express.Response, _next: express.NextFunction) => {
    seen.push(error)
    response.status(statusOf(error)).set('x-error', '1').json({ error: error.message })
  })
  return { send: await senderTo(app.listen(0, '127.0.0.1')), seen }
}

const order = (body: string, key = 'k1', type = 'application/json'): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type, 'idempotency-key': key },
})

describe.each(frameworks)('in %s', (name, shopOf) => {
  test.each(['{"item":"lamp"}', '{"item":"bomb"}', '{"item":3}', '{"item":', '{"item":"tea"}'])(
    'the client and the error handling see of %s what they saw before',
    async body => {
      const before = await shopOf()
      const after = await shopOf({})
      const [wanted, got] = [await before.send(order(body)), await after.send(order(body))]
      expect([got.status, got.headers.get('x-error'), await got.text()]).toEqual([
        wanted.status,
        wanted.headers.get('x-error'),
        await wanted.text(),
      ])
      expect(after.seen.map(error => (error as Error).constructor)).toEqual(
        before.seen.map(error => (error as Error).constructor),
      )
    },
  )

  test('an error that is declared harmless leaves the key free', async () => {
    let stock = 0
    const { send } = await shopOf({ nothingHappened: error => error instanceof SoldOut && (stock += 1) > 0 })
    for (const _ of [1, 2]) expect((await send(order('{"item":"lamp"}'))).status).toBe(409)
    expect(stock).toBe(2)
    expect((await send(order('{"item":"tea"}'))).status).toBe(201)
  })

  test('another error leaves it unknown: it is not run again, and nobody is told that it is proven', async () => {
    const { send, seen } = await shopOf({})
    await send(order('{"item":"lamp"}'))
    const again = await send(order('{"item":"lamp"}'))
    // Hono renders outside: what it made of the error is not known.
    expect(again.status).toBe(name === 'Hono' ? 500 : 409)
    expect(again.headers.get('idempotent-replayed')).toBe(name === 'Hono' ? 'true' : null)
    expect(seen).toHaveLength(1)
  })

  test('a 5xx that was made of an error has the mark: to send it again leads nowhere', async () => {
    const { send } = await shopOf({})
    const [first, again] = [await send(order('{"item":"bomb"}')), await send(order('{"item":"bomb"}'))]
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([500, null])
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([500, 'true'])
  })
})

describe('in Express', () => {
  test('what stands before it claims nothing: the parser refuses, then the same key is executed', async () => {
    const { send } = await expressShop({}, error => Promise.reject(error))
    expect((await send(order('{"item":'))).status).toBe(400)
    expect((await send(order('{"item":"tea"}'))).status).toBe(201)
  })

  test('the default page of an error says what it said', async () => {
    const once = guard({})!
    const app = express()
    app.set('env', 'test')
    const work: express.RequestHandler = (_, _response, next) => next(new SoldOut('sold out'))
    app.post('/orders', idempotent(once, work))
    const send = await senderTo(app.listen(0, '127.0.0.1'))
    const answer = await send({ method: 'POST', headers: { 'idempotency-key': 'k1' } })
    expect(answer.status).toBe(409)
    expect(await answer.text()).toContain('sold out')
  })
})

describe('in Express, where the handler goes on to a later one', () => {
  test.each([
    ['throws', () => Promise.reject(new SoldOut('sold out')), 409],
    ['answers 4xx', (response: express.Response) => response.sendStatus(409), 409],
    ['answers 2xx', (response: express.Response) => response.sendStatus(201), 201],
  ] as const)('that %s: only its success is proof', async (_what, end, status) => {
    let runs = 0
    const app = express()
    app.post(
      '/orders',
      idempotent(guard({})!, (_request: express.Request, _response: express.Response, next) => next()),
      (_request: express.Request, response: express.Response) => {
        runs += 1
        return end(response)
      },
    )
    app.use((error: Error, _: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(409).send(error.message)
    })
    const send = await senderTo(app.listen(0, '127.0.0.1'))
    const press = () => send({ method: 'POST', headers: { 'idempotency-key': 'k1' } })
    const [first, again] = [await press(), await press()]
    expect([first.status, again.status, runs]).toEqual([status, status, 1])
    expect(again.headers.get('idempotent-replayed')).toBe(status === 201 ? 'true' : null)
  })
})

describe('a Fetch-style handler', () => {
  test('without rethrow keeps what it throws to itself, but for what says 4xx', async () => {
    const errors: unknown[] = []
    const once = trialServer().process({ onError: error => errors.push(error) })
    const bug = new Error('secret')
    expect(await told(once.handle(post('k1'), () => Promise.reject(bug)))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
    })
    const refusal = Object.assign(new Error('declined'), { statusCode: 402 })
    await expect(once.handle(post('k2'), () => Promise.reject(refusal))).rejects.toBe(refusal)
    expect(errors).toEqual([bug, refusal])
    expect(await told(once.status(atKey('k2')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
  })

  test('rethrow lets everything go on, once the key is marked', async () => {
    const once = trialServer().process({ rethrow: true })
    const bug = new Error('half done')
    await expect(once.handle(post('k1'), () => Promise.reject(bug))).rejects.toBe(bug)
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'outcome-unknown' })
    const kept = once.handle(post('k2'), () => Promise.reject(bug), { rethrow: false })
    expect(await told(kept)).toMatchObject({ status: 500, code: 'outcome-unknown' })
  })
})

describe('parse', () => {
  const once = () => trialServer().process()
  const echo = (_: Request, { input }: { readonly input: unknown }) => Response.json({ input })

  test("'json' refuses what is no JSON before the claim; the key stays free", async () => {
    const guarded = once().wrap(echo, { parse: 'json' })
    for (const body of ['{"item":', '', 'item=tea', '\u{FEFF}{}{}'])
      expect(await told(guarded(post('k1', { body })))).toMatchObject({
        status: 400,
        code: 'body-malformed',
        replayed: false,
      })
    expect(await told(guarded(post('k1', { body: '{"item":"tea"}' })))).toMatchObject({
      status: 200,
      body: { input: { item: 'tea' } },
    })
  })

  test('what it throws goes to the caller, what it answers to the client; nothing is claimed', async () => {
    const { process, events } = trialServer()
    const guarded = process().wrap(echo, {
      parse: async request => {
        const text = await request.text()
        if (text === 'answered') return Response.json({ error: 'no item' }, { status: 422 })
        if (text === 'nothing') throw new NotExecuted('later')
        throw new SyntaxError(text)
      },
    })
    await expect(guarded(post('k1', { body: 'thrown' }))).rejects.toThrow('thrown')
    expect(await told(guarded(post('k1', { body: 'answered' })))).toMatchObject({
      status: 422,
      body: { error: 'no item' },
    })
    expect(await told(guarded(post('k1', { body: 'nothing' })))).toMatchObject({ code: 'nothing-happened' })
    expect(events).toEqual([])
  })

  test('is typed, sees the whole request, and leaves the body to the handler', async () => {
    const { process } = trialServer()
    const guarded = process().wrap(
      async (request, { input }) => Response.json([input.item, await request.text()]),
      {
        parse: async (request: Request) => ({
          item: `${request.method} ${((await request.json()) as { item: string }).item}`,
        }),
      },
    )
    expect(await told(guarded(post('k1')))).toMatchObject({ body: ['POST tea', '{"item":"tea"}'] })
  })

  test('that has become stricter does not hide what the key was answered', async () => {
    const { process } = trialServer()
    await process().handle(post('k1'), shop().handler)
    const stricter = process().wrap(shop().handler, {
      parse: () => {
        throw new Error('too strict')
      },
    })
    expect(await told(stricter(post('k1')))).toMatchObject({ status: 201, replayed: true })
    expect(await told(stricter(post('k1', { body: 'other' })))).toMatchObject({ code: 'payload-mismatch' })
    await expect(stricter(post('k2'))).rejects.toThrow('too strict')
  })

  test('of the whole app, of one handler, and of requests without a key', async () => {
    const guarded = trialServer().process({ parse: 'json', required: false })
    expect(await told(guarded.handle(post('k1', { body: '{' }), echo))).toMatchObject({ status: 400 })
    expect(await told(guarded.handle(post(undefined, { body: '{' }), echo))).toMatchObject({ status: 400 })
    expect(await told(guarded.handle(post(undefined, { body: '3' }), echo))).toMatchObject({
      body: { input: 3 },
    })
    const own = guarded.handle(post('k1', { body: '{' }), echo, { parse: request => request.text() })
    expect(await told(own)).toMatchObject({ body: { input: '{' } })
  })

  test('that is none is a mistake', async () => {
    expect(() => trialServer().process({ parse: 'xml' as 'json' })).toThrow(
      "parse: must be a function, or 'json'",
    )
    await expect(once().handle(post('k1'), echo, { parse: 3 as never })).rejects.toThrow('parse: must be')
  })
})

describe('a callback that throws, or gives a promise, neither loses an answer nor keeps a claim', () => {
  const boom = () => {
    throw new Error('the callback broke')
  }
  const later = (() => Promise.reject(new Error('the callback broke later'))) as unknown as () => never

  test.each<[string, Partial<IdempotencyOptions>]>([
    ['stores', { stores: boom }],
    ['stores, as a promise', { stores: later }],
    ['stores, of a body that it reads', { stores: response => (void response.text(), true) }],
    ['stores, without a return', { stores: (() => {}) as unknown as () => boolean }],
    ['stores, of null', { stores: () => null as unknown as boolean }],
    ['onEvent', { onEvent: boom }],
    ['onEvent, later', { onEvent: later }],
    ['onError', { onError: boom, onEvent: boom }],
    ['nothingHappened', { nothingHappened: boom }],
  ])('%s', async (_, options) => {
    const { process } = trialServer()
    const once = process(options)
    const { handler: work, orders } = shop()
    expect(await told(once.handle(post('k1'), work))).toMatchObject({ status: 201, body: { order: 1 } })
    expect(await told(once.handle(post('k1'), work))).toMatchObject({ body: { order: 1 }, replayed: true })
    const broken = () => Promise.reject(new Error('half done'))
    expect(await told(once.handle(post('k2'), broken))).toMatchObject({ code: 'outcome-unknown' })
    expect(await told(once.status(atKey('k2')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
    await once.idle()
    expect(orders).toHaveLength(1)
  })

  test('what they throw is told by onError', async () => {
    const errors: string[] = []
    const once = trialServer().process({
      stores: later,
      nothingHappened: boom,
      onEvent: boom,
      onError: error => errors.push(String(error)),
    })
    await once.handle(post('k1'), () => Promise.reject(new Error('half done')))
    expect(new Set(errors)).toEqual(new Set(['Error: the callback broke', 'Error: half done']))
    await once.handle(post('k2'), shop().handler)
    expect(errors.at(-1)).toBe('Error: the callback broke')
    expect(errors.some(error => error.includes('stores: gave a promise'))).toBe(true)
  })

  test.each([
    ['without a return', undefined, 'stores: gave undefined: it must return true or false'],
    ['of null', null, 'stores: gave null: it must return true or false'],
  ])('a stores %s is told by onError', async (_, given, message) => {
    const errors: string[] = []
    const stores = (() => given) as unknown as () => boolean
    const once = trialServer().process({ stores, onError: error => errors.push((error as Error).message) })
    await once.handle(post('k1'), shop().handler)
    expect(errors).toEqual([message])
  })

  test('location, and waitUntil', async () => {
    const { process, clock } = trialServer()
    const once = process({ location: boom })
    let answer: (response: Response) => void = () => {}
    const first = once.handle(post('k1'), () => new Promise<Response>(resolve => (answer = resolve)), {
      waitUntil: boom,
    })
    await clock.settle()
    const second = await told(once.handle(post('k1'), shop().handler))
    expect(second).toMatchObject({ status: 409, code: 'in-progress' })
    expect(second.headers.has('location')).toBe(false)
    answer(new Response('done'))
    expect(await told(first)).toMatchObject({ status: 200, body: 'done' })
  })

  test('an error thrown twice has one response to give', async () => {
    const once = trialServer().process()
    const closed = new NotExecuted('closed', { response: new Response('closed', { status: 503 }) })
    const refuse = () => Promise.reject(closed)
    expect(await told(once.handle(post('k1'), refuse))).toMatchObject({ status: 503, body: 'closed' })
    expect(await told(once.handle(post('k1'), refuse))).toMatchObject({
      status: 503,
      code: 'nothing-happened',
    })
  })
})
