import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import express from 'express'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency, NotExecuted } from '../../src/entries/server.ts'
import type { IdempotencyOptions } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent, nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { told } from './trial-server.ts'

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
}

const idempotency = (options: Partial<IdempotencyOptions> = {}) =>
  createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', ...options })

const post = (url: string, key: string, body = '{"item":"tea"}') =>
  told(
    fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
    }),
  )

describe('idempotent, for Express', () => {
  async function shop(
    handler: (request: express.Request, response: express.Response) => unknown,
    options?: Partial<IdempotencyOptions>,
  ) {
    const app = express()
    app.use((_, response, next) => {
      response.setHeader('x-request-id', '7')
      next()
    })
    app.post(
      '/orders',
      express.json(),
      idempotent(idempotency(options), async (request: express.Request, response: express.Response) =>
        handler(request, response),
      ),
    )
    app.use((error: Error, _: express.Request, response: express.Response, next: express.NextFunction) => {
      if (response.headersSent) next(error)
      else response.status(418).json({ seen: error.message })
    })
    return listening(app.listen(0, '127.0.0.1'))
  }

  test('an answer in parts, with cookies, is held and given whole', async () => {
    const url = await shop((_, response) => {
      response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] })
      response.write('one ')
      response.write(Buffer.from('two '))
      response.end('three')
    })
    const first = await post(url, 'k1')
    expect(first).toMatchObject({ status: 201, body: 'one two three' })
    expect(first.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(first.headers.get('x-request-id')).toBe('7')
    const again = await post(url, 'k1')
    expect(again).toMatchObject({ status: 201, body: 'one two three', replayed: true })
    expect(again.headers.getSetCookie()).toEqual([])
    expect(again.headers.get('x-request-id')).toBe('7')
  })

  test.each<[what: string, headers: readonly unknown[]]>([
    ['names and values in turn', ['set-cookie', 'a=1', 'Set-Cookie', 'b=2', 'x-own', '7']],
    [
      'pairs',
      [
        ['set-cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['x-own', 7],
      ],
    ],
  ])('headers in a list, %s, may come twice', async (_, headers) => {
    const url = await shop((_request, response) => response.writeHead(201, headers as string[]).end('one'))
    const first = await post(url, 'k1')
    expect(first).toMatchObject({ status: 201, body: 'one' })
    expect(first.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(first.headers.get('x-own')).toBe('7')
    expect((await post(url, 'k1')).headers.get('x-own')).toBe('7')
  })

  test.each<[what: string, answer: (response: express.Response) => unknown]>([
    ['ends', response => response.end('one')],
    ['writes', response => response.write('one') && response.end()],
    ['is piped', response => Readable.from([Buffer.from('one')]).pipe(response)],
  ])('what waits for the head of an answer, as on-headers does, is heard when it %s', async (_, answer) => {
    const url = await shop((_request, response) => {
      const writeHead = response.writeHead.bind(response)
      response.writeHead = () => {
        response.setHeader('x-late', '7')
        return writeHead(207)
      }
      return answer(response)
    })
    for (const replayed of [false, true]) {
      const seen = await post(url, 'k1')
      expect(seen).toMatchObject({ status: 207, body: 'one', replayed })
      expect(seen.headers.get('x-late')).toBe('7')
    }
  })

  test('an answer goes out with its length, the first time and again', async () => {
    const url = await shop((_, response) => response.write('täglich') && response.end())
    for (const replayed of [false, true]) {
      const answer = await post(url, 'k1')
      expect(answer).toMatchObject({ body: 'täglich', replayed })
      expect(answer.headers.get('content-length')).toBe('8')
    }
  })

  test('an answer over the limit goes out whole, and is kept without its body', async () => {
    const url = await shop((_, response) => response.status(201).send('x'.repeat(5_000)), {
      maxAnswerBytes: 10,
    })
    expect(await post(url, 'k1')).toMatchObject({ status: 201, body: 'x'.repeat(5_000) })
    expect(await post(url, 'k1')).toMatchObject({ status: 201, body: '', replayed: true })
  })

  test('a body over the limit is refused', async () => {
    let runs = 0
    const url = await shop((_, response) => response.json((runs += 1)), { maxBodyBytes: 20 })
    expect(await post(url, 'k1', `{"item":"${'x'.repeat(20)}"}`)).toMatchObject({ code: 'body-too-large' })
    expect(runs).toBe(0)
  })

  test('an answer that is piped, or comes after the handler has returned', async () => {
    const url = await shop((_, response) => {
      setImmediate(() => Readable.from(['one ', 'two']).pipe(response))
    })
    expect(await post(url, 'k1')).toMatchObject({ status: 200, body: 'one two' })
    expect(await post(url, 'k1')).toMatchObject({ status: 200, body: 'one two', replayed: true })
  })

  test('a handler that answers twice has answered once', async () => {
    const url = await shop((_, response) => {
      response.status(201).json({ order: 1 })
      response.status(500).json({ order: 2 })
    })
    expect(await post(url, 'k1')).toMatchObject({ status: 201, body: { order: 1 } })
    expect(await post(url, 'k1')).toMatchObject({ status: 201, body: { order: 1 }, replayed: true })
  })

  test('a handler that throws after its answer has answered', async () => {
    const url = await shop((_, response) => {
      response.status(201).json({ order: 1 })
      throw new Error('too late')
    })
    expect(await post(url, 'k1')).toMatchObject({ status: 201, body: { order: 1 } })
    expect(await post(url, 'k1')).toMatchObject({ status: 201, replayed: true })
  })

  test('a handler that throws is answered by Express, with nothing of its half answer, and not run again', async () => {
    let runs = 0
    const url = await shop((_, response) => {
      runs += 1
      response.status(201).setHeader('content-length', 100)
      response.write('half')
      throw new Error('half done')
    })
    for (let turn = 0; turn < 2; turn++)
      expect(await post(url, 'k1')).toMatchObject({
        status: 418,
        body: { seen: 'half done' },
        replayed: false,
      })
    expect(runs).toBe(1)
  })

  test('NotExecuted frees the key; an error after which nothing happened goes to Express', async () => {
    let runs = 0
    const url = await shop(
      (_, response) => {
        runs += 1
        if (runs === 1) throw new NotExecuted()
        if (runs === 2) throw new RangeError('out of stock')
        response.json({ run: runs })
      },
      { nothingHappened: error => error instanceof RangeError },
    )
    expect(await post(url, 'k1')).toMatchObject({ status: 503, code: 'nothing-happened' })
    expect(await post(url, 'k1')).toMatchObject({ status: 418, body: { seen: 'out of stock' } })
    expect(await post(url, 'k1')).toMatchObject({ status: 200, body: { run: 3 } })
  })

  test.each(['application/json', 'application/merge-patch+json', 'application/vnd.api+json', 'text/plain'])(
    'a body of %s that no parser has read counts, and is there for the handler',
    async type => {
      const seen: string[] = []
      const app = express()
      app.post(
        '/orders',
        idempotent(idempotency(), async (request: express.Request, response: express.Response) => {
          let text = ''
          for await (const chunk of request) text += String(chunk)
          seen.push(text)
          response.end()
        }),
      )
      const url = await listening(app.listen(0, '127.0.0.1'))
      const send = (body: string) =>
        told(
          fetch(url, {
            method: 'POST',
            body,
            headers: { 'content-type': type, 'idempotency-key': 'k1' },
          }),
        )
      expect(await send('{"a":1}')).toMatchObject({ status: 200, replayed: false })
      expect(await send('{"a":1}')).toMatchObject({ status: 200, replayed: true })
      expect(await send('{"a":2}')).toMatchObject({ status: 422, code: 'payload-mismatch' })
      expect(seen).toEqual(['{"a":1}'])
    },
  )

  test('a request without a key is executed as ever, whoever has read its body', async () => {
    const app = express()
    app.use(async (request, _, next) => {
      for await (const _chunk of request);
      next()
    })
    const keys = idempotency({ required: false })
    const payload = () => {
      throw new Error('only of requests with a key')
    }
    for (const options of [{}, { payload }]) {
      const way = `/orders${Object.keys(options).length}`
      app.post(
        way,
        idempotent(keys, (_: express.Request, response: express.Response) => void response.end(), options),
      )
    }
    const url = await listening(app.listen(0, '127.0.0.1'))
    for (const way of ['/orders0', '/orders1']) {
      expect((await fetch(new URL(way, url), { method: 'POST', body: 'x' })).status, way).toBe(200)
      const headers = { 'idempotency-key': 'k1' }
      expect((await fetch(new URL(way, url), { method: 'POST', body: 'x', headers })).status, way).toBe(500)
    }
  })

  test.each<[what: string, reason: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['the word for another route', 'route'],
  ])('a rejection with %s is an error, and never goes on to the next handler', async (_what, reason) => {
    const handler = () => Promise.reject(reason)
    const app = express()
    let later = 0
    app.post('/orders', express.json(), idempotent(idempotency(), handler))
    app.post('/orders', (_request, response) => void response.json({ later: (later += 1) }))
    app.use((error: Error, _: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(500).json({ seen: error.message })
    })
    const url = await listening(app.listen(0, '127.0.0.1'))
    expect(await post(url, 'k1')).toMatchObject({ status: 500, body: { seen: 'Rejected promise' } })
    expect(later).toBe(0)
  })

  test.each<[what: string, options: Partial<IdempotencyOptions>]>([
    // oxlint-disable-next-line prefer-promise-reject-errors -- what is tested
    ['scope', { scope: () => Promise.reject() }],
    // oxlint-disable-next-line prefer-promise-reject-errors -- what is tested
    ['parse', { parse: () => Promise.reject(null) }],
  ])('a %s that rejects with nothing never goes on to the next handler', async (_what, options) => {
    const app = express()
    let later = 0
    app.use(express.json())
    app.post(
      '/orders',
      idempotent(idempotency(options), (_, response: express.Response) => void response.end()),
    )
    app.post('/orders', (_request, response) => void response.json({ later: (later += 1) }))
    const url = await listening(app.listen(0, '127.0.0.1'))
    expect((await post(url, 'k1')).status).toBe(500)
    expect(later).toBe(0)
  })

  test('the reason of a status line goes out; an error takes it back', async () => {
    const url = await shop((request, response) => {
      response.writeHead(201, 'Made', { 'x-order': '7' })
      if ((request.body as { readonly item?: string }).item !== 'tea') response.write('half')
      if ((request.body as { readonly item?: string }).item !== 'tea') throw new Error('half way')
      response.end('made')
    })
    const send = (item: string) =>
      fetch(url, {
        method: 'POST',
        body: JSON.stringify({ item }),
        headers: { 'content-type': 'application/json', 'idempotency-key': item },
      })
    expect((await send('tea')).statusText).toBe('Made')
    expect((await send('lamp')).statusText).toBe("I'm a Teapot")
  })

  test.each([
    ['{}', 'application/json'],
    ['{ }', 'application/json'],
    ['[]', 'application/json'],
    ['&', 'application/x-www-form-urlencoded'],
  ])('a body that says nothing, %s, was parsed all the same', async (body, type) => {
    const app = express()
    app.use(express.json(), express.urlencoded())
    let runs = 0
    app.post(
      '/orders',
      idempotent(idempotency(), (_: express.Request, response: express.Response) => {
        response.json({ run: (runs += 1) })
      }),
    )
    const url = await listening(app.listen(0, '127.0.0.1'))
    const headers = { 'content-type': type, 'idempotency-key': 'k1' }
    const order = () => told(fetch(url, { method: 'POST', headers, body }))
    for (const replayed of [false, true])
      expect(await order()).toMatchObject({ status: 200, body: { run: 1 }, replayed })
  })

  test('JSON that is 5,000 levels deep counts as any other', async () => {
    const url = await shop((_, response) => response.json({ order: 1 }))
    const send = (item: string) => {
      const body = `${'['.repeat(5000)}"${item}"${']'.repeat(5000)}`
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
      return told(fetch(url, { method: 'POST', headers, body }))
    }
    expect(await send('tea')).toMatchObject({ status: 200, replayed: false })
    expect(await send('tea')).toMatchObject({ status: 200, replayed: true })
    expect(await send('ink')).toMatchObject({ status: 422, code: 'payload-mismatch' })
  })

  test('an empty object that Express 4 puts in the place of a body that was read elsewhere tells nothing of it', async () => {
    const app = express()
    app.use(express.text({ type: '*/*' }), (request, _, next) => {
      request.body = {}
      next()
    })
    app.post(
      '/orders',
      idempotent(idempotency(), (_: express.Request, response: express.Response) => response.end()),
    )
    app.use((error: Error, _: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(500).json({ seen: error.message })
    })
    const url = await listening(app.listen(0, '127.0.0.1'))
    for (const type of ['application/json', 'text/csv', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type, 'idempotency-key': 'k1' }
      const answer = await told(fetch(url, { method: 'POST', headers, body: '{"item":"tea"}' }))
      expect(answer, type).toMatchObject({
        status: 500,
        body: { seen: expect.stringMatching(/^request\.body: /) },
      })
    }
    for (const [type, body] of [
      ['application/x-www-form-urlencoded', 'a=1'],
      ['application/json', '[12]'],
      ['application/json', '[1,2]'],
    ] as const) {
      const headers = { 'content-type': type, 'idempotency-key': 'k1' }
      expect((await fetch(url, { method: 'POST', headers, body })).status, body).toBe(500)
    }
  })

  test('under a router the whole path counts', async () => {
    const held: (() => void)[] = []
    const router = express.Router()
    router.post(
      '/orders',
      idempotent(idempotency(), async (_: express.Request, response: express.Response) => {
        held.push(() => response.end())
      }),
    )
    const app = express()
    app.use('/v1', router)
    const url = (await listening(app.listen(0, '127.0.0.1'))).replace('/orders', '/v1/orders')
    const ask = () => told(fetch(url, { method: 'POST', headers: { 'idempotency-key': 'k1' } }))
    const [one, other] = [ask(), ask()]
    const loser = await Promise.race([one, other])
    expect(loser.status).toBe(409)
    expect(loser.headers.get('location')).toBe('/v1/orders/by-key/k1')
    held[0]!()
    await Promise.all([one, other])
  })

  test('several headers with a key are refused', async () => {
    const url = await shop((_, response) => response.end())
    const request = httpRequest(url, {
      method: 'POST',
      headers: [
        'host',
        'shop.example',
        'idempotency-key',
        'k1',
        'Idempotency-Key',
        'k2',
        'content-length',
        '0',
      ],
    })
    request.end()
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume: () => void }]
    response.resume()
    expect(response.statusCode).toBe(400)
  })
})

describe('nodeListener', () => {
  test.each([
    ['HTTP://shop.example/orders?item=tea', '/orders?item=tea'],
    ['http://shop.example', '/'],
    ['/orders?item=http://x/', '/orders?item=http://x/'],
  ])('the target %s, as a proxy is asked for it, is that path', async (path, seen) => {
    const url = await listening(
      createServer(
        nodeListener(request => {
          const { pathname, search } = new URL(request.url)
          return new Response(`${pathname}${search}`)
        }),
      ).listen(0, '127.0.0.1'),
    )
    const request = httpRequest(new URL(url).origin, { path })
    request.end()
    const [response] = (await once(request, 'response')) as [Readable]
    expect(Buffer.concat(await response.toArray()).toString()).toBe(seen)
  })

  test('a path that looks like another host stays a path', async () => {
    const url = await listening(
      createServer(nodeListener(request => new Response(new URL(request.url).pathname))).listen(
        0,
        '127.0.0.1',
      ),
    )
    const origin = new URL(url).origin
    const request = httpRequest(origin, { path: '//evil.example/orders' })
    request.end()
    const [response] = (await once(request, 'response')) as [Readable]
    expect(Buffer.concat(await response.toArray()).toString()).toBe('//evil.example/orders')
  })

  test('what it throws is a bare 500, and is told', async () => {
    const seen: unknown[] = []
    const fail = () => {
      throw new Error('secret')
    }
    const url = await listening(
      createServer(nodeListener(fail, { onError: error => seen.push(error) })).listen(0, '127.0.0.1'),
    )
    expect(await told(fetch(url))).toMatchObject({ status: 500, body: '' })
    expect(seen).toEqual([new Error('secret')])
  })

  test.each<[string, (request: Request) => Promise<unknown>]>([
    ['by nobody', async () => {}],
    ['by a clone, at the same time', async request => void request.clone().text()],
    ['by a clone, before', async request => request.clone().text()],
    ['in part by a clone', async request => request.clone().body?.getReader().read()],
  ])('the body is whole for the handler and its fingerprint, read elsewhere %s', async (_, readElsewhere) => {
    const serve = idempotency().wrap(async request => {
      const copy = new Request(request)
      return new Response(String((await copy.text()).length))
    })
    const listener = nodeListener(async request => {
      await readElsewhere(request)
      return serve(request)
    })
    const url = await listening(createServer(listener).listen(0, '127.0.0.1'))
    const send = async (body: string) => {
      const sent = await fetch(url, { method: 'POST', headers: { 'idempotency-key': 'k1' }, body })
      return [sent.status, sent.headers.get('idempotent-replayed'), await sent.text()]
    }
    const long = 'x'.repeat(300_000)
    expect(await send(`${long}1`)).toEqual([200, null, '300001'])
    expect(await send(`${long}1`)).toEqual([200, 'true', '300001'])
    expect((await send(`${long}2`))[0]).toBe(422)
  })

  test('a request that is cut in the middle executes nothing', async () => {
    let runs = 0
    const reached = resolvable<Response>()
    const serve = idempotency().wrap(async () => {
      runs += 1
      return new Response('done')
    })
    const url = await listening(
      createServer(
        nodeListener(async request => {
          const response = await serve(request)
          reached.resolve(response.clone())
          return response
        }),
      ).listen(0, '127.0.0.1'),
    )
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      'POST /orders HTTP/1.1\r\nHost: shop.example\r\nIdempotency-Key: k1\r\nContent-Length: 100\r\n\r\n{"item":',
    )
    await once(socket, 'connect')
    socket.end()
    expect(await told(reached.promise)).toMatchObject({ status: 400, code: 'body-unreadable' })
    expect(runs).toBe(0)
  })

  test('a client that leaves before the answer finds it when it comes back', async () => {
    const begun = resolvable<void>()
    const left = resolvable<void>()
    const once_ = idempotency()
    const serve = once_.wrap(async request => {
      begun.resolve()
      request.signal.addEventListener('abort', () => left.resolve())
      await left.promise
      return new Response('done', { status: 201 })
    })
    const url = await listening(createServer(nodeListener(serve)).listen(0, '127.0.0.1'))
    const client = new AbortController()
    const gone = fetch(url, {
      method: 'POST',
      body: 'tea',
      headers: { 'idempotency-key': 'k1', 'content-type': 'text/plain' },
      signal: client.signal,
    })
    await begun.promise
    client.abort()
    await expect(gone).rejects.toThrow('aborted')
    await once_.idle()
    const again = fetch(url, { method: 'POST', body: 'tea', headers: { 'idempotency-key': 'k1' } })
    expect(await told(again)).toMatchObject({ status: 201, body: 'done', replayed: true })
  })
})

describe('idempotent, for Fastify', () => {
  async function shop(
    handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
    options?: Partial<IdempotencyOptions>,
  ) {
    const app = Fastify()
    app.addHook('onRequest', async (_, reply) => {
      reply.header('x-request-id', '7')
    })
    app.setErrorHandler((error: Error, _, reply) => reply.code(418).send({ seen: error.message }))
    app.post('/orders', idempotentInFastify(idempotency(options), handler))
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    return listening(app.server)
  }

  test.each<[string, (request: FastifyRequest, reply: FastifyReply) => unknown, unknown]>([
    ['returned', async (_, reply) => (reply.code(201), { order: 1 }), { order: 1 }],
    ['sent', async (_, reply) => reply.code(201).send({ order: 1 }), { order: 1 }],
    [
      'sent later',
      (_, reply) => void setImmediate(() => void reply.code(201).send({ order: 1 })),
      { order: 1 },
    ],
    ['a text', async (_, reply) => (reply.code(201), 'done'), 'done'],
    ['bytes', async (_, reply) => reply.code(201).send(Buffer.from('done')), 'done'],
    ['a Response', async () => new Response('done', { status: 201 }), 'done'],
  ])('an answer that is %s', async (_, handler, body) => {
    const url = await shop(handler)
    const first = await post(url, 'k1')
    expect(first).toMatchObject({ status: 201, body, replayed: false })
    expect(first.headers.get('x-request-id')).toBe('7')
    expect(await post(url, 'k1')).toMatchObject({ status: 201, body, replayed: true })
  })

  test('a handler that throws, or sends an error, is answered by Fastify, and not run again', async () => {
    let runs = 0
    const url = await shop(async (_, reply) => {
      runs += 1
      if (runs === 1) throw new Error('half done')
      return reply.send(new Error('half sent'))
    })
    for (const [key, seen] of [
      ['k1', 'half done'],
      ['k2', 'half sent'],
    ] as const)
      for (let turn = 0; turn < 2; turn++)
        expect(await post(url, key)).toMatchObject({ status: 418, body: { seen }, replayed: false })
    expect(runs).toBe(2)
  })

  test('an error after which nothing happened goes to Fastify', async () => {
    let runs = 0
    const url = await shop(
      async () => {
        runs += 1
        if (runs === 1) throw new RangeError('out of stock')
        return { run: runs }
      },
      { nothingHappened: error => error instanceof RangeError },
    )
    expect(await post(url, 'k1')).toMatchObject({ status: 418, body: { seen: 'out of stock' } })
    expect(await post(url, 'k1')).toMatchObject({ status: 200, body: { run: 2 } })
  })

  test('another body under a key is a mismatch', async () => {
    const url = await shop(async () => ({ order: 1 }))
    await post(url, 'k1')
    expect(await post(url, 'k1', '{"item":"coffee"}')).toMatchObject({ status: 422 })
  })
})

function resolvable<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
