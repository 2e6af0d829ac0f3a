import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import express from 'express'
import { createReadStream } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency, NotExecuted } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* What a handler of Fastify answers is what Fastify made of it before: the same client sees the same. */

type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => unknown

const keys = (timeout = 120_000) =>
  createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', timeout })

async function shop(handler: FastifyHandler, prepare: (app: FastifyInstance) => unknown = () => {}) {
  const app = Fastify()
  prepare(app)
  app.post('/bare', handler)
  app.post('/safe', idempotentInFastify(keys(), handler))
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

async function seen(url: string) {
  const response = await fetch(url, {
    method: 'POST',
    body: '{"item":"tea"}',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' },
  })
  const { status, headers } = response
  return { status, type: headers.get('content-type'), own: headers.get('x-own'), body: await response.text() }
}

test.each<[what: string, handler: FastifyHandler]>([
  ['a promise of nothing', async () => {}],
  ['null', async () => null],
  ['null that is sent', (_, reply) => reply.send(null)],
  ['nothing that is sent', (_, reply) => reply.send()],
  ['a number', async () => 7],
  ['a Response without a type', async () => new Response(new Uint8Array([1, 2]))],
  ['a Buffer', async () => Buffer.from('tea')],
  ['bytes', async () => new Uint8Array([65])],
  ['a Buffer that is sent', (_, reply) => reply.send(Buffer.from('tea'))],
  ['a Buffer with a type', (_, reply) => reply.type('text/csv').send(Buffer.from('tea'))],
  ['a number as text', (_, reply) => reply.type('text/plain').send(7)],
  ['an object as CSV', (_, reply) => reply.type('text/csv').send({ order: 1 })],
  ['a list as HTML', async (_, reply) => (void reply.type('text/html'), [1])],
  ['JSON as a text', (_, reply) => reply.type('application/json').send('{"order":1}')],
  ['JSON of a type of its own', (_, reply) => reply.type('application/hal+json').send({ order: 1 })],
  [
    'what a serializer makes of it',
    (_, reply) => reply.serializer((data: unknown) => `S${JSON.stringify(data)}`).send({ order: 1 }),
  ],
  [
    'what a serializer makes of it, with a type',
    (_, reply) =>
      reply
        .type('text/csv')
        .serializer((data: unknown) => `S${JSON.stringify(data)}`)
        .send({ order: 1 }),
  ],
  ['a status that is set after', (_, reply) => reply.code(201).send({ order: 1 }).code(500)],
  [
    'an answer that is sent twice',
    (_, reply) => {
      reply.code(201).send({ order: 1 })
      reply.code(500).send({ order: 2 })
    },
  ],
  [
    'an answer in the raw',
    (_, reply) => {
      reply.raw.writeHead(201, { 'content-type': 'text/plain', 'x-own': '7' })
      reply.raw.write('one ')
      reply.raw.end('two')
      return reply
    },
  ],
  [
    'an answer past Fastify',
    (_, reply) => {
      reply.hijack()
      reply.raw.writeHead(202, { 'content-type': 'text/plain' })
      setImmediate(() => reply.raw.end('later'))
      return reply
    },
  ],
  [
    'an answer past Fastify, of a promise of nothing',
    async (_, reply) => {
      reply.hijack()
      setImmediate(() => reply.raw.end('later'))
    },
  ],
])('%s is what Fastify makes of it, at once and again', async (_, handler) => {
  const url = await shop(handler)
  const before = await seen(`${url}/bare`)
  expect(await seen(`${url}/safe`)).toEqual(before)
  expect(await seen(`${url}/safe`)).toEqual(before)
})

test.each<[what: string, handler: FastifyHandler]>([
  ['an error that is sent', (_, reply) => reply.code(422).send(new Error('no tea'))],
  [
    'an error that is thrown',
    async (_, reply) => {
      reply.code(422)
      throw new Error('no tea')
    },
  ],
  [
    'an error after a success',
    async (_, reply) => {
      reply.code(201)
      throw new Error('no tea')
    },
  ],
])('%s has the status that Fastify gives it', async (_, handler) => {
  const url = await shop(handler)
  const before = await seen(`${url}/bare`)
  expect(await seen(`${url}/safe`)).toEqual(before)
  expect(await seen(`${url}/safe`)).toEqual(before)
})

test.each<[what: string, handler: FastifyHandler]>([
  ['data', async () => ({ order: 1 })],
  ['a text', async () => 'tea'],
  ['JSON without a charset', (_, reply) => reply.type('application/json').send('{"order":1}')],
  [
    'what a serializer makes',
    (_, reply) =>
      reply
        .serializer(() => '<order/>')
        .type('text/xml')
        .send({}),
  ],
])('an onSend hook that takes texts gets %s as a text', async (_, handler) => {
  const url = await shop(handler, app =>
    app.addHook<string>('onSend', async (_request, _reply, payload) => payload.replace(/^/, 'signed ')),
  )
  const before = await seen(`${url}/bare`)
  expect(before.body).toMatch(/^signed /)
  expect(await seen(`${url}/safe`)).toEqual(before)
  expect(await seen(`${url}/safe`)).toEqual(before)
})

test('a problem has the type that it had, and is a text for an onSend hook too', async () => {
  const url = await shop(
    async () => ({ order: 1 }),
    app =>
      app.addHook<string>('onSend', async (_request, _reply, payload) => payload.replace(/^/, 'signed ')),
  )
  const response = await fetch(`${url}/safe`, { method: 'POST' })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.text()).toMatch(/^signed \{.*"code":"key-missing"/)
})

describe('a header that was set before the handler, and that the handler takes away', () => {
  const before = { 'x-own': '7', 'x-other': '8' }
  const headersOf = ({ headers }: Response) => [headers.get('x-own'), headers.get('x-other')]
  const post = (url: string) => fetch(url, { method: 'POST', headers: { 'idempotency-key': 'k1' } })

  test.each<[what: string, handler: FastifyHandler]>([
    ['sends', (_, reply) => reply.removeHeader('x-own').send({ order: 1 })],
    ['returns', async (_, reply) => (void reply.removeHeader('x-own'), { order: 1 })],
  ])('is not in what it %s in Fastify', async (_, handler) => {
    const url = await shop(handler, app =>
      app.addHook('onRequest', async (_request, reply) => void reply.headers(before)),
    )
    expect(headersOf(await post(`${url}/bare`))).toEqual([null, '8'])
    expect(headersOf(await post(`${url}/safe`))).toEqual([null, '8'])
    // Middleware sets it again for each request, and no handler has run that would take it away.
    expect(headersOf(await post(`${url}/safe`))).toEqual(['7', '8'])
  })

  test.each<[what: string, handler: express.RequestHandler]>([
    ['answers', (_, response) => (response.removeHeader('x-own'), void response.json({ order: 1 }))],
    [
      'writes',
      (_, response) => {
        response.removeHeader('x-own')
        response.writeHead(201)
        response.end('1')
      },
    ],
    [
      'throws',
      (_, response) => {
        response.removeHeader('x-own')
        throw new Error('half way')
      },
    ],
  ])('is not in what it %s in Express', async (_, handler) => {
    const app = express()
    app.use((_request, response, next) => (response.set(before), next()))
    app.post('/safe', idempotent(keys(), handler))
    app.use((_e: Error, _q: express.Request, response: express.Response, _n: express.NextFunction) => {
      response.status(409).end()
    })
    const server = app.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/safe`
    expect(headersOf(await post(url))).toEqual([null, '8'])
    expect(headersOf(await post(url))).toEqual(['7', '8'])
  })
})

describe('a stream that fails before its first byte is an error for Fastify, as ever', () => {
  const soldOut = () => Object.assign(new Error('sold out'), { statusCode: 409 })
  const failing = () => {
    const stream = new PassThrough()
    setImmediate(() => stream.destroy(soldOut()))
    return stream
  }

  test.each<[what: string, handler: FastifyHandler, status: number, message: string]>([
    ['a file that is missing', async () => createReadStream('/nope'), 500, 'ENOENT'],
    ['one that is sent', (_, reply) => reply.send(createReadStream('/nope')), 500, 'ENOENT'],
    ['a stream with an error that says 4xx', async () => failing(), 409, 'sold out'],
    ['one with a status of its own', (_, reply) => reply.code(201).send(failing()), 409, 'sold out'],
    [
      'a Response of one',
      async () => new Response(Readable.toWeb(failing()) as ReadableStream),
      409,
      'sold out',
    ],
    ['one of the web', async () => Readable.toWeb(failing()), 409, 'sold out'],
  ])('%s', async (_, handler, status, message) => {
    const errors: unknown[] = []
    const once = createIdempotency({
      store: memoryStore({ maxSettled: Infinity }),
      scope: 'shop',
      onError: error => errors.push(error),
    })
    const app = Fastify()
    app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) =>
      reply
        .code(error.statusCode ?? 500)
        .header('x-own', '1')
        .send({ app: error.message }),
    )
    app.post('/bare', handler)
    app.post('/safe', idempotentInFastify(once, handler))
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`

    const before = await seen(`${url}/bare`)
    expect(before).toMatchObject({ status, own: '1', body: expect.stringContaining(message) })
    expect(await seen(`${url}/safe`)).toEqual(before)
    expect(await seen(`${url}/safe`)).toEqual(before)
    expect(errors).toMatchObject([{ message: expect.stringContaining(message) }])
    expect(await once.counts()).toMatchObject({ unknown: 1, processing: 0 })
  })

  test('one that fails later leaves the outcome unknown, and tells why', async () => {
    const errors: unknown[] = []
    const once = createIdempotency({
      store: memoryStore({ maxSettled: Infinity }),
      scope: 'shop',
      onError: error => errors.push(error),
    })
    const app = Fastify()
    app.post(
      '/safe',
      idempotentInFastify(once, async () => {
        const stream = new PassThrough()
        stream.write('half')
        setImmediate(() => stream.destroy(soldOut()))
        return stream
      }),
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/safe`
    expect(await seen(url)).toMatchObject({ status: 500, body: expect.stringContaining('outcome-unknown') })
    expect(errors).toMatchObject([
      { message: 'The body of the answer broke off: sold out', cause: { message: 'sold out' } },
    ])
  })
})

describe('hooks before data is written', () => {
  const handler: FastifyHandler = (_, reply) => reply.code(201).send({ order: 1 })

  test.each<[what: string, hook: (app: FastifyInstance) => unknown]>([
    ['of a promise', app => app.addHook('preSerialization', async (_r, _s, payload) => ({ data: payload }))],
    [
      'of a callback',
      app => app.addHook('preSerialization', (_r, _s, payload, done) => done(null, { data: payload })),
    ],
    [
      'two, and one that changes nothing',
      app =>
        app
          .addHook('preSerialization', async () => {})
          .addHook('preSerialization', async (_r, _s, payload) => ({ data: payload }))
          .addHook('preSerialization', async (_r, _s, payload) => ({ more: payload })),
    ],
  ])('see it, once: %s', async (_, hook) => {
    const url = await shop(handler, hook)
    const before = await seen(`${url}/bare`)
    expect(before.body).toContain('"data":{"order":1}')
    expect(await seen(`${url}/safe`)).toEqual(before)
    expect(await seen(`${url}/safe`)).toEqual(before)
  })

  test('that fail are the handler’s failure: the outcome is unknown', async () => {
    const url = await shop(handler, app =>
      app.addHook('preSerialization', async () => {
        throw new Error('no envelope')
      }),
    )
    const before = await seen(`${url}/bare`)
    expect(await seen(`${url}/safe`)).toMatchObject({ status: 500, body: before.body })
  })
})

describe('a handler that takes too long', () => {
  type Late = 'answers' | 'returns' | 'throws' | 'says that nothing happened' | 'never ends'

  /** Ends as it is told to, once its client knows. */
  function slow() {
    let tell = () => {}
    const told = new Promise<void>(resolve => {
      tell = resolve
    })
    const end = async (how: Late, answer: () => unknown) => {
      await told
      if (how === 'throws') throw new Error('late')
      if (how === 'says that nothing happened') throw new NotExecuted()
      if (how === 'returns') return { late: true }
      return how === 'never ends' ? new Promise(() => {}) : answer()
    }
    return { tell, end }
  }

  const frameworks = {
    async Fastify(how: Late) {
      const { tell, end } = slow()
      const once = keys(20)
      const app = Fastify()
      app.post(
        '/safe',
        idempotentInFastify(once, (_request, reply: FastifyReply) =>
          end(how, () => reply.code(201).send({ late: true })),
        ),
      )
      await app.listen({ port: 0, host: '127.0.0.1' })
      onTestFinished(() => app.close())
      return { once, tell, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/safe` }
    },
    async Express(how: Late) {
      const { tell, end } = slow()
      const once = keys(20)
      const app = express()
      const errors: unknown[] = []
      app.post(
        '/safe',
        express.json(),
        idempotent(once, (_: express.Request, response: express.Response) =>
          end(how, () => response.status(201).json({ late: true })),
        ),
      )
      app.use((error: unknown, _q: express.Request, _r: express.Response, _n: express.NextFunction) => {
        errors.push(error)
      })
      const server = app.listen(0, '127.0.0.1')
      await new Promise(resolve => server.once('listening', resolve))
      onTestFinished(() => {
        expect(errors).toEqual([])
        server.closeAllConnections()
        server.close()
      })
      return { once, tell, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/safe` }
    },
  }

  test.each(
    (['Fastify', 'Express'] as const).flatMap(framework =>
      (['answers', 'returns', 'throws', 'never ends'] as const).map(how => [framework, how] as const),
    ),
  )(
    'behind %s and then %s leaves the outcome unknown: its client is told, and told again',
    async (framework, how) => {
      const { once, tell, url } = await frameworks[framework](how)
      expect(await seen(url)).toMatchObject({ status: 500, body: expect.stringContaining('outcome-unknown') })
      tell()
      if (how !== 'never ends') await once.idle()
      expect(await seen(url)).toMatchObject({ status: 500, body: expect.stringContaining('outcome-unknown') })
      expect(await once.counts()).toMatchObject({ unknown: 1, processing: 0 })
    },
  )

  test.each(['Fastify', 'Express'] as const)(
    'behind %s and then says that nothing happened has freed its key',
    async framework => {
      const { once, tell, url } = await frameworks[framework]('says that nothing happened')
      expect(await seen(url)).toMatchObject({ status: 500 })
      tell()
      await once.idle()
      expect(await once.counts()).toMatchObject({ unknown: 0, processing: 0 })
    },
  )
})
