import express from 'express'
import Fastify from 'fastify'
import type { Server } from 'node:http'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent, nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* A body that is refused, or that nobody reads, does not keep the next request of its connection waiting. */

const LARGE = 1_000_000

const keys = () =>
  createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', maxBodyBytes: 100_000 })

const servers: Record<string, () => Promise<Server>> = {
  'node:http': async () =>
    createServer(nodeListener(keys().wrap(async asked => new Response(await asked.text())))),
  'node:http, without a key': async () =>
    createServer(nodeListener(() => new Response('done', { status: 413 }))),
  Express: async () => {
    const app = express()
    app.post(
      '/orders',
      idempotent(keys(), (_: express.Request, response: express.Response) => void response.end()),
    )
    return createServer(app)
  },
  Fastify: async () => {
    const app = Fastify({ bodyLimit: 2 * LARGE })
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
    app.post(
      '/orders',
      idempotentInFastify(keys(), async () => 'done'),
    )
    await app.ready()
    return app.server
  },
}

test.each(Object.keys(servers))('%s', async name => {
  const server = (await servers[name]!()).listen(0, '127.0.0.1')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const send = (key: string, length: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'idempotency-key': key, 'content-type': 'application/octet-stream' }
      const sent = request({ port, path: '/orders', method: 'POST', agent, headers }, answer => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode))
      })
      sent.on('error', reject)
      sent.end(Buffer.alloc(length))
    })
  expect(await send('k1', LARGE)).toBe(413)
  expect(await send('k2', 10)).toBe(name.endsWith('key') ? 413 : 200)
})
