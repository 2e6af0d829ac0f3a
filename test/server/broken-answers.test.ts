import { once as event } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RouteHandlerMethod } from 'fastify'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { fetchRoute, idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* Answers that are streamed on, and break off when a part has gone out: what looks whole would be taken for the answer. */

const PART = new TextEncoder().encode('part ')

/** Some parts, and then what `end` does. */
function parts(
  end: (controller: ReadableStreamDefaultController) => void,
  { cancel, count = 2 }: { readonly cancel?: () => void; readonly count?: number } = {},
) {
  let given = 0
  return new ReadableStream(
    {
      pull(controller) {
        given += 1
        if (given <= count) controller.enqueue(PART)
        else end(controller)
      },
      ...(cancel && { cancel }),
    },
    { highWaterMark: 0 },
  )
}

const fails = (controller: ReadableStreamDefaultController) => controller.error(new Error('the disk is gone'))
const givesAnObject = (controller: ReadableStreamDefaultController) => controller.enqueue({ no: 'bytes' })

/** An answer of two parts is over its limit. */
const guard = () =>
  createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', maxAnswerBytes: 7 })

async function nodeServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await event(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
}

async function fastifyServer(handler: RouteHandlerMethod): Promise<string> {
  const app = Fastify()
  app.post('/orders', handler)
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/orders`
}

type Serve = (stream: () => ReadableStream) => Promise<string>

test.each<[what: string, serve: Serve, end: (controller: ReadableStreamDefaultController) => void]>([
  ['nodeListener', stream => nodeServer(nodeListener(() => new Response(stream()))), fails],
  ['nodeListener', stream => nodeServer(nodeListener(() => new Response(stream()))), givesAnObject],
  [
    'what wrap gives',
    stream => nodeServer(nodeListener(guard().wrap(() => new Response(stream())))),
    givesAnObject,
  ],
  ['what wrap gives', stream => nodeServer(nodeListener(guard().wrap(() => new Response(stream())))), fails],
  ['fetchRoute', stream => fastifyServer(fetchRoute(() => new Response(stream()))), fails],
  ['fetchRoute', stream => fastifyServer(fetchRoute(() => new Response(stream()))), givesAnObject],
  [
    'idempotent of Fastify',
    stream => fastifyServer(idempotentInFastify(guard(), async () => new Response(stream()))),
    fails,
  ],
  [
    'idempotent of Fastify',
    stream => fastifyServer(idempotentInFastify(guard(), async () => new Response(stream()))),
    givesAnObject,
  ],
])('an answer of %s that breaks off never looks whole', async (_, serve, end) => {
  const url = await serve(() => parts(end))
  const text = fetch(url, { method: 'POST', headers: { 'idempotency-key': 'k1' } }).then(answer =>
    answer.text(),
  )
  await expect(text).rejects.toBeInstanceOf(TypeError)
})

test('a client that leaves ends a stream that has nothing to give', async () => {
  const left = new AbortController()
  const cancelled = new Promise<void>(resolve => {
    const stream = () => parts(() => {}, { cancel: resolve })
    void nodeServer(nodeListener(() => new Response(stream()))).then(async url => {
      const answer = await fetch(url, { method: 'POST', signal: left.signal })
      await answer.body?.getReader().read()
      left.abort()
    })
  })
  await expect(cancelled).resolves.toBeUndefined()
})

test('who waits for a slow client listens once', async () => {
  let most = 0
  const listener = nodeListener(() => new Response(parts(controller => controller.close(), { count: 5 })))
  const url = await nodeServer((request, response) => {
    const before = response.listenerCount('close')
    const write = response.write.bind(response)
    response.write = (chunk: Uint8Array) => {
      write(chunk)
      most = Math.max(most, response.listenerCount('close') - before)
      setImmediate(() => response.emit('drain'))
      return false
    }
    listener(request, response)
  })
  expect(await (await fetch(url, { method: 'POST' })).text()).toBe('part '.repeat(5))
  // That the client leaves, for the Request's signal and for the stream.
  expect(most).toBe(2)
})
