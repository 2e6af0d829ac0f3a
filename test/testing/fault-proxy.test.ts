import { EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { memoryStore, stillonce } from '../../src/entries/index.ts'
import { createIdempotency } from '../../src/entries/server.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import type { Hop, ProxyFault } from '../../src/testing/fault-proxy.ts'
import { faultProxy } from '../../src/testing/fault-proxy.ts'

/** A server that says what it got, behind a proxy. */
async function behindProxy(listener?: Parameters<typeof createServer>[1], fault?: ProxyFault) {
  const bodies: string[] = []
  const server = createServer(
    listener ??
      ((message, response) => {
        void text(message).then(body => {
          bodies.push(body)
          response.writeHead(201, { 'x-mine': message.headers['x-yours'] ?? '' }).end(`got ${body}`)
        })
      }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const news = new EventEmitter()
  const [hop, arrived] = [once(news, 'hop'), once(news, 'arrived')]
  const proxy = await faultProxy({
    to: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => {
      news.emit('arrived')
      return fault
    },
    onHop: ended => news.emit('hop', ended),
  })
  onTestFinished(async () => {
    await proxy.close()
    server.close()
  })
  return { proxy, bodies, server, hop: hop.then(([ended]) => ended as Hop), arrived }
}

/** What a client saw. */
const seen = (url: string, init: RequestInit = {}) =>
  fetch(url, { method: 'POST', body: 'tea', ...init }).then(
    async response => {
      const head = { status: response.status, mine: response.headers.get('x-mine') }
      return { ...head, body: await response.text().catch(() => 'cut') }
    },
    () => 'nothing',
  )

test('a request that meets nothing passes whole, and so does its answer', async () => {
  const { proxy, bodies } = await behindProxy()
  expect(await seen(`${proxy.url}/orders?a=1`, { headers: { 'x-yours': 'tea' } })).toEqual({
    status: 201,
    mine: 'tea',
    body: 'got tea',
  })
  expect(bodies).toEqual(['tea'])
  expect(proxy.hops).toMatchObject([
    {
      request: { method: 'POST', path: '/orders?a=1', body: 'tea', headers: { 'x-yours': 'tea' } },
      fault: undefined,
      status: 201,
      end: 'answer',
    },
  ])
})

test.each<[ProxyFault, unknown, readonly string[], Hop['end']]>([
  ['reset-request', 'nothing', [], 'reset'],
  ['reset-answer', 'nothing', ['tea'], 'reset'],
  ['cut-answer', { status: 201, mine: '', body: 'cut' }, ['tea'], 'cut'],
  [{ cut: 'chunks' }, { status: 201, mine: '', body: 'cut' }, ['tea'], 'cut'],
  [{ cut: 'close' }, { status: 201, mine: '', body: 'got' }, ['tea'], 'cut'],
  [{ status: 502 }, { status: 502, mine: null, body: 'upstream connect error' }, [], 'status'],
  [
    { status: 502, performed: true },
    { status: 502, mine: null, body: 'upstream connect error' },
    ['tea'],
    'status',
  ],
  [{ delay: 5 }, { status: 201, mine: '', body: 'got tea' }, ['tea'], 'answer'],
])('%o', async (fault, client, server, end) => {
  const { proxy, bodies } = await behindProxy()
  proxy.next(fault)
  expect(await seen(proxy.url)).toEqual(client)
  await proxy.idle()
  expect(bodies).toEqual(server)
  expect(proxy.hops).toMatchObject([{ fault, end }])
})

test.each<[ProxyFault, readonly string[]]>([
  ['lose-request', []],
  ['lose-answer', ['tea']],
])('%s: nobody says anything', async (fault, server) => {
  const { proxy, bodies, hop } = await behindProxy()
  proxy.next(fault)
  const controller = new AbortController()
  const client = seen(proxy.url, { signal: controller.signal })
  expect(await hop).toMatchObject({ fault, end: 'nothing' })
  expect(bodies).toEqual(server)
  controller.abort()
  expect(await client).toBe('nothing')
})

test('what is delayed is delivered although the client has given up', async () => {
  const { proxy, bodies, hop, arrived } = await behindProxy(undefined, { delay: 200 })
  const controller = new AbortController()
  const client = seen(proxy.url, { signal: controller.signal })
  await arrived
  controller.abort()
  expect(await client).toBe('nothing')
  expect(bodies).toEqual([])
  expect(await hop).toMatchObject({ end: 'gone', status: 201 })
  expect(bodies).toEqual(['tea'])
})

test('a kept connection is reset when it is used again, a fresh one is spared', async () => {
  const { proxy, bodies } = await behindProxy()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const ask = async () => {
    const [response] = (await once(request(proxy.url, { method: 'POST', agent }).end('tea'), 'response')) as [
      IncomingMessage,
    ]
    return text(response)
  }
  proxy.next('reset-idle', 'reset-idle')
  expect(await ask()).toBe('got tea')
  expect(proxy.hops[0]?.fault).toBeUndefined()
  await expect(ask()).rejects.toThrow(/ECONNRESET|hang up/)
  expect(proxy.hops[1]).toMatchObject({ fault: 'reset-idle', end: 'reset' })
  expect(bodies).toEqual(['tea'])
})

test('a server that is gone ends the connection', async () => {
  const { proxy, server } = await behindProxy()
  server.close()
  await once(server, 'close')
  expect(await seen(proxy.url)).toBe('nothing')
})

test('a client behind it orders once, whatever it meets', async () => {
  let orders = 0
  const idempotency = createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })
  const { proxy } = await behindProxy(
    nodeListener(idempotency.wrap(async () => Response.json({ order: (orders += 1) }))),
  )
  const place = createClient({
    transport: fetchTransport({ baseUrl: `${proxy.url}/` }),
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
    timeout: 1_000,
    retry: { attempts: 8, backoff: { base: 1, cap: 2 } },
  }).operation({
    name: 'place',
    id: String,
    request: id => ({ method: 'post', url: 'orders', json: { id } }),
  })

  proxy.next('reset-request', 'reset-answer', 'cut-answer', { status: 503, performed: true }, 'lose-answer')
  expect(await place.run('cart-1')).toEqual({ order: 1 })
  expect(orders).toBe(1)
  expect(proxy.hops.map(({ end }) => end)).toEqual(['reset', 'reset', 'cut', 'status', 'nothing', 'answer'])
})
