import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { fetchRoute, idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent, nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* An answer goes out as bytes of its own length: what it says of another connection is not sent on, nor kept. */

const guard = () =>
  createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', timeout: 2_000 })

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

type Answer = {
  readonly status: number | undefined
  readonly headers: Record<string, unknown>
  readonly text: string
}

/** By Node's own client, which refuses what it cannot parse. */
function post(port: number, path = '/orders') {
  return new Promise<Answer>((resolve, reject) => {
    const headers = { 'idempotency-key': path, 'content-length': 0 }
    const sent = httpRequest({ port, path, method: 'POST', agent: false, headers }, answer => {
      let text = ''
      answer.on('data', chunk => (text += String(chunk)))
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function expectTwice(port: number, text: string) {
  const first = await post(port)
  const again = await post(port)
  for (const answer of [first, again]) {
    expect(answer).toMatchObject({ status: 200, text })
    expect(answer.headers).not.toHaveProperty('transfer-encoding')
  }
  expect(again.headers['idempotent-replayed']).toBe('true')
  return { first, again }
}

test.each<[what: string, handler: (context: Context) => Response, text: string]>([
  ['streamText', context => streamText(context, async out => void (await out.write('tea'))), 'tea'],
  ['streamSSE', context => streamSSE(context, async out => out.writeSSE({ data: '1' })), 'data: 1\n\n'],
  ['stream', context => stream(context, async out => void (await out.write('tea'))), 'tea'],
])('what %s of Hono gives', async (_, handler, text) => {
  const once = guard()
  const app = new Hono()
  app.post('/orders', context => once.handle(context.req.raw, () => handler(context)))
  await expectTwice(await portOf(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })), text)
})

const odd: Record<string, Record<string, string>> = {
  chunks: { 'transfer-encoding': 'chunked' },
  'another length': { 'content-length': '5' },
  'a shorter length': { 'content-length': '1' },
  'the connection': {
    connection: 'keep-alive, x-hop',
    'keep-alive': 'timeout=9',
    'x-hop': '1',
    te: 'trailers',
  },
  'an upgrade': {
    upgrade: 'h2c',
    trailer: 'x-sum',
    'proxy-authenticate': 'Basic',
    'proxy-connection': 'close',
  },
}

const frameworks: Record<string, (headers: Record<string, string>) => Promise<Server>> = {
  'a Fetch-style handler': async headers =>
    createServer(nodeListener(guard().wrap(async () => new Response('tea', { headers })))),
  Express: async headers => {
    const app = express()
    const handler = (_: express.Request, response: express.Response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.end('tea')
    }
    app.post('/orders', idempotent(guard(), handler))
    return createServer(app)
  },
  Fastify: async headers => {
    const app = Fastify()
    const handler = (_: FastifyRequest, reply: FastifyReply) => reply.headers(headers).send('tea')
    app.post('/orders', idempotentInFastify(guard(), handler))
    await app.ready()
    return app.server
  },
  'a Response in Fastify': async headers => {
    const app = Fastify()
    app.post(
      '/orders',
      idempotentInFastify(guard(), async () => new Response('tea', { headers })),
    )
    await app.ready()
    return app.server
  },
  'a route of Fastify': async headers => {
    const app = Fastify()
    app.post('/orders', fetchRoute(guard().wrap(async () => new Response('tea', { headers }))))
    await app.ready()
    return app.server
  },
}

describe.each(Object.keys(frameworks))('from %s', from => {
  test.each(Object.keys(odd))('an answer that tells of %s', async of => {
    const port = await portOf((await frameworks[from]!(odd[of]!)).listen(0, '127.0.0.1'))
    const { first, again } = await expectTwice(port, 'tea')
    for (const { headers } of [first, again]) {
      expect(headers['content-length']).toBe('3')
      for (const name of ['te', 'trailer', 'upgrade', 'x-hop', 'proxy-authenticate', 'proxy-connection'])
        expect(headers).not.toHaveProperty(name)
      expect(headers['keep-alive']).not.toBe('timeout=9')
    }
  })

  test('that closes its connection closes it still, and its replay does not', async () => {
    const port = await portOf((await frameworks[from]!({ connection: 'close' })).listen(0, '127.0.0.1'))
    const { first } = await expectTwice(port, 'tea')
    expect(first.headers['connection']).toBe('close')
  })
})

test('what Fastify hands on from another server', async () => {
  const upstream = createServer((_, response) => {
    response.write('te')
    response.end('a')
  })
  const from = await portOf(upstream.listen(0, '127.0.0.1'))
  const app = Fastify()
  app.post(
    '/orders',
    idempotentInFastify(guard(), async () => fetch(`http://127.0.0.1:${from}`)),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  await expectTwice((app.server.address() as AddressInfo).port, 'tea')
})

describe('a stream', () => {
  const texts = () =>
    new ReadableStream<string>({
      start(controller) {
        controller.enqueue('te')
        controller.enqueue('a')
        controller.close()
      },
    })
  const ended = async () => {
    const gone = new PassThrough()
    gone.resume().end('tea')
    await finished(gone)
    return gone
  }

  test.each<[what: string, handler: () => unknown]>([
    ['of the web, of texts', texts],
    ['of a Response, of texts', () => new Response(texts() as never)],
    ['that is over', ended],
  ])('%s is what Fastify makes of it', async (_, handler) => {
    const app = Fastify()
    app.post('/bare', async () => handler())
    app.post(
      '/safe',
      idempotentInFastify(guard(), async () => handler()),
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    const { port } = app.server.address() as AddressInfo
    const { status, text } = await post(port, '/bare')
    expect(status).toBe(200)
    expect(await post(port, '/safe')).toMatchObject({ status, text })
    expect(await post(port, '/safe')).toMatchObject({ status, text })
  })

  test('of texts is what `nodeListener` makes of it', async () => {
    const handler = async () => new Response(texts() as never)
    for (const listener of [nodeListener(handler), nodeListener(guard().wrap(handler))]) {
      const port = await portOf(createServer(listener).listen(0, '127.0.0.1'))
      expect(await post(port)).toMatchObject({ status: 200, text: 'tea' })
    }
  })
})
