import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createReadStream } from 'node:fs'
import type { Server } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventEmitter } from 'node:events'
import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import express from 'express'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { fetchRoute, idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent, nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { told } from './trial-server.ts'

/* What handlers of the frameworks answer with: the client gets its content, at once and again. */

const folder = mkdtempSync(join(tmpdir(), 'stillonce-payloads-'))
const slip = join(folder, 'slip.txt')
writeFileSync(slip, 'paid 12.00')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const keys = () => createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })

function urlOf(server: Server): string {
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const post = (url: string, key = 'k1') =>
  fetch(`${url}/orders`, {
    method: 'POST',
    body: '{"item":"tea"}',
    headers: { 'content-type': 'application/json', 'idempotency-key': key, origin: 'https://page.example' },
  })

describe('Fastify', () => {
  async function shop(handler: (request: FastifyRequest, reply: FastifyReply) => unknown): Promise<string> {
    const app = Fastify()
    app.addHook('onRequest', async (_, reply) => {
      reply.header('access-control-expose-headers', 'X-Own').header('x-request-id', crypto.randomUUID())
    })
    app.post('/orders', idempotentInFastify(keys(), handler))
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    return urlOf(app.server)
  }

  const old = () => {
    // A stream as packages made them before there were async iterables.
    const stream = new EventEmitter() as EventEmitter & { pipe: () => void; destroy: () => void }
    stream.pipe = () => {}
    stream.destroy = () => {}
    setImmediate(() => {
      stream.emit('data', Buffer.from('paid '))
      stream.emit('data', '12.00')
      stream.emit('end')
    })
    return stream
  }
  const web = () => new Response('paid 12.00').body
  const wide = Uint16Array.from(Buffer.from('paid 12.00'), (_, index) => 0x6161 + index)

  test.each<[what: string, payload: () => unknown, body: string]>([
    ['a file', () => createReadStream(slip), 'paid 12.00'],
    ['a stream of texts', () => Readable.from(['paid ', '12.00']), 'paid 12.00'],
    ['a stream with an encoding', () => createReadStream(slip, 'utf8'), 'paid 12.00'],
    ['a transform', () => createReadStream(slip).pipe(new PassThrough()), 'paid 12.00'],
    ['a stream without an iterator', old, 'paid 12.00'],
    ['a stream of the web', web, 'paid 12.00'],
    ['a Buffer', () => Buffer.from('paid 12.00'), 'paid 12.00'],
    ['a part of a buffer', () => Buffer.from('unpaid 12.00').subarray(2), 'paid 12.00'],
    ['bytes', () => new TextEncoder().encode('paid 12.00'), 'paid 12.00'],
    ['wider numbers', () => wide, Buffer.from(wide.buffer).toString()],
    ['an ArrayBuffer', () => new TextEncoder().encode('paid 12.00').buffer, 'paid 12.00'],
    ['a view', () => new DataView(new TextEncoder().encode('paid 12.00').buffer), 'paid 12.00'],
    ['a Blob', () => new Blob(['paid 12.00']), 'paid 12.00'],
    ['a Response', () => new Response('paid 12.00'), 'paid 12.00'],
    ['a text', () => 'paid 12.00', 'paid 12.00'],
    ['data', () => ({ paid: 12 }), '{"paid":12}'],
    ['false', () => false, 'false'],
  ])('%s is its content, returned and sent, at once and again', async (_, payload, body) => {
    for (const way of ['returned', 'sent']) {
      const url = await shop(async (_request, reply) => {
        reply.code(201).header('x-order', '7')
        return way === 'sent' ? reply.send(payload()) : payload()
      })
      const answers = [await post(url), await post(url)]
      expect(await Promise.all(answers.map(answer => answer.text())), way).toEqual([body, body])
      expect(
        answers.map(({ headers }) => headers.get('x-order')),
        way,
      ).toEqual(['7', '7'])
      expect(answers[1]!.headers.get('idempotent-replayed'), way).toBe('true')
      expect(answers[0]!.headers.get('content-type')).toBe(answers[1]!.headers.get('content-type'))
    }
  })

  test.each<[what: string, payload: () => unknown]>([
    [
      'breaks off',
      () =>
        Readable.from(
          (async function* () {
            yield 'paid '
            throw new Error('the disk')
          })(),
        ),
    ],
    [
      'is destroyed',
      () => {
        const stream = new PassThrough()
        stream.write('paid ')
        setImmediate(() => stream.destroy())
        return stream
      },
    ],
    ['gives objects', () => Readable.from([{ paid: 12 }])],
    ['is of a file that is not there', () => createReadStream(join(folder, 'none'))],
  ])('a stream that %s leaves the outcome unknown, and nothing of it goes out', async (_, payload) => {
    const url = await shop((_request, reply) => reply.code(201).send(payload()))
    for (const _turn of ['first', 'again']) {
      const answer = await told(post(url))
      expect(answer.status).toBe(500)
      expect(JSON.stringify(answer.body)).not.toContain('paid')
    }
  })

  test('a compressed stream stays compressed', async () => {
    const url = await shop((_request, reply) =>
      reply
        .header('content-encoding', 'gzip')
        .type('text/plain')
        .send(Readable.from([gzipSync('paid 12.00')])),
    )
    for (const _turn of ['first', 'again']) {
      const answer = await post(url)
      expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual(['gzip', 'paid 12.00'])
    }
  })

  test('what hooks set is of each request, and what they expose stays exposed', async () => {
    const url = await shop(async () => 'paid')
    const [first, again] = [await post(url), await post(url)]
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(again.headers.get('access-control-expose-headers')).toMatch(/^X-Own, Idempotency-Key, /)
  })

  test("the key's own URL is a route, which gets Fastify's request", async () => {
    type SignedIn = FastifyRequest & { user?: string }
    const idempotency = createIdempotency({
      store: memoryStore({ maxSettled: Infinity }),
      scope: (_, request: SignedIn) => request.user,
    })
    const app = Fastify()
    app.decorateRequest('user')
    app.addHook('onRequest', async (request: SignedIn) => {
      request.user = String(request.headers['x-user'])
    })
    app.post(
      '/orders',
      idempotentInFastify(idempotency, async () => ({ order: 1 })),
    )
    app.get('/orders/by-key/:key', fetchRoute(idempotency.status))
    app.delete('/orders/by-key/:key', fetchRoute(idempotency.seal))
    const inject = async (method: 'GET' | 'POST' | 'DELETE', url: string, user: string) =>
      app.inject({ method, url, headers: { 'x-user': user, 'idempotency-key': 'k1' } })

    expect((await inject('POST', '/orders', 'anna')).json()).toEqual({ order: 1 })
    expect((await inject('GET', '/orders/by-key/k1', 'anna')).json()).toEqual({
      status: 'succeeded',
      result: { order: 1 },
    })
    expect((await inject('GET', '/orders/by-key/k1', 'bert')).statusCode).toBe(404)
    expect((await inject('DELETE', '/orders/by-key/k1', 'bert')).json()).toEqual({ status: 'canceled' })
    expect((await inject('POST', '/orders', 'undefined')).statusCode).toBe(500)
    await app.close()
  })
})

describe('Express', () => {
  async function shop(
    handler: (request: express.Request, response: express.Response) => unknown,
  ): Promise<string> {
    const app = express()
    app.use((_, response, next) => {
      response.set('access-control-expose-headers', 'X-Own').set('x-request-id', crypto.randomUUID())
      next()
    })
    app.post(
      '/orders',
      express.json(),
      idempotent(keys(), async (request: express.Request, response: express.Response) =>
        handler(request, response),
      ),
    )
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return urlOf(server)
  }

  test.each<[what: string, answer: (response: express.Response) => unknown, body: string]>([
    ['a file', response => response.sendFile(slip), 'paid 12.00'],
    ['a download', response => response.download(slip), 'paid 12.00'],
    ['a stream that is piped', response => createReadStream(slip).pipe(response), 'paid 12.00'],
    ['a pipeline', response => pipeline(createReadStream(slip), response), 'paid 12.00'],
    ['a Buffer', response => response.send(Buffer.from('paid 12.00')), 'paid 12.00'],
    [
      'parts',
      response => {
        response.write('paid ')
        response.end('12.00')
      },
      'paid 12.00',
    ],
    ['base64', response => response.end('cGFpZCAxMi4wMA==', 'base64'), 'paid 12.00'],
    ['hexadecimal', response => response.end('70616964', 'hex'), 'paid'],
    ['latin1', response => response.end('pa\u00efd', 'latin1'), 'pa\ufffdd'],
    ['half a surrogate pair', response => response.end('pa\ud800d'), 'pa\ufffdd'],
    ['UTF-16', response => response.end('paid', 'utf16le'), 'p\0a\0i\0d\0'],
    [
      'headers sent ahead',
      response => {
        response.flushHeaders()
        response.end('paid')
      },
      'paid',
    ],
    ['only a status', response => response.sendStatus(202), 'Accepted'],
    ['nothing', response => response.status(204).end(), ''],
  ])('%s is its content, at once and again', async (_, answer, body) => {
    const url = await shop((_request, response) => answer(response.set('x-order', '7')))
    const answers = [await post(url), await post(url)]
    expect(await Promise.all(answers.map(each => each.text()))).toEqual([body, body])
    expect(answers[0]!.status).toBe(answers[1]!.status)
    expect(answers.map(({ headers }) => headers.get('x-order'))).toEqual(['7', '7'])
    expect(answers.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true'])
  })

  test('what middleware set is of each request, and what it exposes stays exposed', async () => {
    const url = await shop((_request, response) => response.json('paid'))
    const [first, again] = [await post(url), await post(url)]
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(again.headers.get('access-control-expose-headers')).toMatch(/^X-Own, Idempotency-Key, /)
  })

  test('an answer that is piped while its client leaves is written down all the same', async () => {
    let go = () => {}
    const gone = new Promise<void>(resolve => (go = resolve))
    let arrive = () => {}
    const arrived = new Promise<void>(resolve => (arrive = resolve))
    const url = await shop((request, response) => {
      request.socket.once('close', () => setImmediate(go))
      const slow = new Transform({
        transform: (chunk, _encoding, done) => {
          request.socket.once('close', () => setImmediate(done, null, chunk))
          arrive()
        },
      })
      createReadStream(slip).pipe(slow).pipe(response)
    })
    const leaving = httpRequest(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' },
    })
    leaving.on('error', () => {})
    leaving.end('{"item":"tea"}')
    await arrived
    leaving.destroy()
    await gone
    await expect.poll(async () => (await post(url)).text()).toBe('paid 12.00')
  })

  test("the key's own URL gets Express's request", async () => {
    type SignedIn = express.Request & { user?: string }
    const idempotency = createIdempotency({
      store: memoryStore({ maxSettled: Infinity }),
      scope: (_, request: SignedIn) => request.user,
    })
    const app = express()
    app.use((request: SignedIn, _, next) => {
      request.user = String(request.headers['x-user'])
      next()
    })
    app.post(
      '/orders',
      idempotent(idempotency, async (_: SignedIn, response: express.Response) => response.json({ order: 1 })),
    )
    app.get('/orders/by-key/:key', nodeListener(idempotency.status))
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = urlOf(server)
    const ask = (path: string, method: string, user: string) =>
      told(fetch(`${url}${path}`, { method, headers: { 'x-user': user, 'idempotency-key': 'k1' } }))
    expect(await ask('/orders', 'POST', 'anna')).toMatchObject({ body: { order: 1 } })
    expect(await ask('/orders/by-key/k1', 'GET', 'anna')).toMatchObject({ status: 200 })
    expect(await ask('/orders/by-key/k1', 'GET', 'bert')).toMatchObject({ status: 404 })
  })
})
