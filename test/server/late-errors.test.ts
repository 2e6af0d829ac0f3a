import { once as event } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency, NotExecuted } from '../../src/entries/server.ts'
import type { IdempotencyOptions } from '../../src/server/options.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { told } from './trial-server.ts'

/* Errors that change nothing of an answer, or that no framework is there for: somebody is told all the same. */

function guard(options: Partial<IdempotencyOptions> = {}) {
  const errors: string[] = []
  const once = createIdempotency({
    store: memoryStore({ maxSettled: Infinity }),
    scope: 'shop',
    timeout: 2_000,
    onError: (error, { key }) => errors.push(`${key}: ${(error as Error).message}`),
    ...options,
  })
  return { once, errors }
}

async function urlOf(server: Server): Promise<string> {
  if (!server.listening) await event(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
}

const post = (url: string, key: string | undefined = 'k1') =>
  told(fetch(url, { method: 'POST', headers: key === undefined ? {} : { 'idempotency-key': key } }))

describe('what a handler throws after it has answered is told, and changes nothing', () => {
  type End = (request: unknown, response: express.Response, next: (error?: unknown) => void) => unknown
  test.each<[how: string, handler: End]>([
    ['at once', (_, response) => (response.status(201).end('tea'), Promise.reject(new Error('mail')))],
    [
      'in a turn to come',
      async (_, response) => {
        response.status(201).end('tea')
        await event(response, 'close')
        throw new Error('mail')
      },
    ],
    ['to next', (_, response, next) => (response.status(201).end('tea'), next(new Error('mail')))],
  ])('behind Express, %s', async (_, handler) => {
    const { once, errors } = guard()
    const seen: string[] = []
    const app = express()
    app.post('/orders', idempotent(once, handler))
    app.use((error: Error, _q: express.Request, response: express.Response, _n: express.NextFunction) => {
      seen.push(`${error.message} ${response.headersSent}`)
      if (!response.headersSent) response.status(500).end()
    })
    const url = await urlOf(app.listen(0, '127.0.0.1'))
    expect(await post(url)).toMatchObject({ status: 201, body: 'tea' })
    await expect.poll(() => [errors, seen]).toEqual([['k1: mail'], ['mail true']])
    expect(await post(url)).toMatchObject({ status: 201, body: 'tea', replayed: true })
    expect(await once.counts()).toMatchObject({ unknown: 0, processing: 0 })
  })

  test('behind Express a handler that goes on well after its answer tells nobody', async () => {
    const { once, errors } = guard()
    const app = express()
    let end = () => {}
    const isOver = new Promise<void>(resolve => (end = resolve))
    app.post(
      '/orders',
      idempotent(once, async (_: express.Request, response: express.Response) => {
        response.status(201).end('tea')
        await event(response, 'close')
        setImmediate(end)
      }),
    )
    const url = await urlOf(app.listen(0, '127.0.0.1'))
    await post(url)
    await isOver
    expect(errors).toEqual([])
  })

  test.each<[how: string, handler: (request: FastifyRequest, reply: FastifyReply) => unknown]>([
    ['sent', async (_, reply) => (void reply.code(201).send('tea'), Promise.reject(new Error('mail')))],
    [
      'written',
      async (_, reply) => (
        void reply.hijack(),
        reply.raw.writeHead(201).end('tea'),
        Promise.reject(new Error('mail'))
      ),
    ],
  ])('behind Fastify, %s', async (_, handler) => {
    const { once, errors } = guard()
    const logged: string[] = []
    const write = (line: string) => {
      const { err } = JSON.parse(line) as { err?: { message: string } }
      if (err !== undefined) logged.push(err.message)
    }
    const app = Fastify({ logger: { level: 'error', stream: { write } } })
    app.post('/orders', idempotentInFastify(once, handler))
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/orders`
    expect(await post(url)).toMatchObject({ status: 201, body: 'tea' })
    await expect.poll(() => [errors, logged]).toEqual([['k1: mail'], ['mail']])
    expect(await post(url)).toMatchObject({ status: 201, body: 'tea', replayed: true })
  })
})

describe('without a framework, in a bare createServer,', () => {
  async function bare(handler: () => unknown, options: Partial<IdempotencyOptions> = {}) {
    const { once, errors } = guard(options)
    const listener = idempotent(once, handler) as unknown as () => void
    return { once, errors, url: await urlOf(createServer(listener).listen(0, '127.0.0.1')) }
  }
  const failing = (error: unknown) => () => {
    throw error
  }

  test('what a handler throws is told as it is, and its client in the server’s words', async () => {
    for (const error of [new Error('mail'), Object.assign(new Error('mail'), { status: 409 })]) {
      const { errors, url } = await bare(failing(error))
      for (const _turn of ['first', 'again'])
        expect(await post(url)).toMatchObject({ status: 500, code: 'outcome-unknown' })
      expect(errors).toEqual(['k1: mail'])
    }
  })

  test('a handler that says that nothing happened frees its key', async () => {
    const { errors, url } = await bare(failing(new NotExecuted()))
    expect(await post(url)).toMatchObject({ status: 503, code: 'nothing-happened' })
    expect(errors).toEqual([])
  })

  test('what comes before the run is told', async () => {
    const { errors, url } = await bare(() => {}, { scope: failing(new Error('no session')) })
    expect(await post(url)).toMatchObject({ status: 500 })
    expect(errors).toEqual([': no session'])
  })

  test('a request without a key is answered too', async () => {
    const { errors, url } = await bare(failing(new Error('mail')), { required: false })
    const answer = await told(fetch(url, { method: 'POST' }))
    expect(answer).toMatchObject({ status: 500 })
    expect(errors).toEqual([': mail'])
  })
})

describe('`idempotent` twice on one route is told by name', () => {
  const TWICE = expect.stringContaining('is on this route twice')

  test('behind Express', async () => {
    const { once } = guard()
    const app = express()
    app.post(
      '/orders',
      idempotent(once, (_q: express.Request, _r: express.Response, next) => next()),
      idempotent(once, (_: express.Request, response: express.Response) => void response.end('tea')),
    )
    app.use(
      (error: Error, _q: express.Request, response: express.Response, _n: express.NextFunction) =>
        void response.status(500).send(error.message),
    )
    const url = await urlOf(app.listen(0, '127.0.0.1'))
    expect(await post(url)).toMatchObject({ status: 500, body: TWICE })
    expect((await post(url)).status).toBe(500)
  })

  test('behind Fastify', async () => {
    const { once } = guard()
    const app = Fastify()
    const inner = idempotentInFastify(once, async () => 'tea')
    app.post('/orders', idempotentInFastify(once, inner))
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/orders`
    expect(await post(url)).toMatchObject({ status: 500, body: { message: TWICE } })
  })

  test('but not for two of them with keys apart', async () => {
    const app = express()
    app.post(
      '/orders',
      idempotent(guard().once, (_q: express.Request, _r: express.Response, next) => next()),
      idempotent(guard().once, (_: express.Request, response: express.Response) => void response.end('tea')),
    )
    const url = await urlOf(app.listen(0, '127.0.0.1'))
    expect(await post(url)).toMatchObject({ status: 200, body: 'tea' })
  })
})
