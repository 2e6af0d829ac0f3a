import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import axios from 'axios'
import axiosRetry, { isNetworkError, isRetryableError } from 'axios-retry'
import { idempotentFetch } from 'idempotent-fetch'
import ky from 'ky'
import Stripe from 'stripe'
import { afterAll, describe, expect, test } from 'vitest'
import { buildIdempotency } from '../../src/server/idempotency.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* Clients that others wrote, each with retries as its own README says, over sockets that break. */

/** Places the order under this key, and gives what the server answered. */
type PlaceOrder = (key: string) => Promise<unknown>

const ORDER = { item: 'tea', quantity: '2' }

const CLIENTS: Readonly<Record<string, (baseUrl: string) => PlaceOrder>> = {
  'stripe-node'(baseUrl) {
    const { hostname, port } = new URL(baseUrl)
    const stripe = new Stripe('sk_test_shop', {
      host: hostname,
      port,
      protocol: 'http',
      maxNetworkRetries: 3,
      telemetry: false,
    })
    return key => stripe.rawRequest('POST', '/orders', ORDER, { idempotencyKey: key })
  },
  'idempotent-fetch'(baseUrl) {
    return async key => {
      const { response } = await idempotentFetch(`${baseUrl}orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ORDER),
        idempotency: { key, networkRetryAttempts: 3, networkRetryBackoffMs: 1 },
      })
      return response.json()
    }
  },
  'axios with axios-retry'(baseUrl) {
    const client = axios.create({ baseURL: baseUrl })
    // It retries no POST by itself: a key makes it safe.
    axiosRetry(client, {
      retries: 3,
      retryCondition: error => isNetworkError(error) || isRetryableError(error),
    })
    return async key => {
      const { data } = await client.post<unknown>('orders', ORDER, { headers: { 'idempotency-key': key } })
      return data
    }
  },
  'ky with retries'(baseUrl) {
    const client = ky.create({ baseUrl, retry: { limit: 3, methods: ['post'], delay: () => 1 } })
    return key => client.post('orders', { json: ORDER, headers: { 'idempotency-key': key } }).json()
  },
}

const servers: Server[] = []
// Tests run at once, so that each has a server of its own until the last has ended.
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** What happens to one request. */
type Fault = 'request lost' | 'answer lost' | 'reset after the effect' | 'answer cut' | 'none'

/** A shop that places orders with stillonce/server, behind a wire that does this to its requests, in turn. */
async function shop(faults: readonly Fault[], handlerEnds: Promise<void> = Promise.resolve()) {
  const orders: string[] = []
  const seen: string[] = []
  const idempotency = buildIdempotency(
    { store: memoryStore({ maxSettled: Infinity }), scope: 'shop', wait: 10_000 },
    systemRuntime,
  )
  const place = idempotency.wrap(async request => {
    orders.push(await request.text())
    await handlerEnds
    return Response.json({ order: orders.length }, { status: 201 })
  })
  const server = createServer((request, response) => {
    const fault = faults[seen.length] ?? 'none'
    seen.push(String(request.headers['idempotency-key']))
    if (fault === 'request lost') request.socket.destroy()
    else
      nodeListener(async incoming => broken(fault, await place(incoming), request, response))(
        request,
        response,
      )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { baseUrl, orders, seen, arrived: (count: number) => until(server, () => seen.length >= count) }
}

/** The answer as the wire leaves it, once the server has done its work. */
async function broken(
  fault: Fault,
  answer: Response,
  { socket }: IncomingMessage,
  response: ServerResponse,
): Promise<Response> {
  if (fault === 'none') return answer
  if (fault === 'answer lost') socket.destroy()
  if (fault === 'reset after the effect') socket.resetAndDestroy()
  if (fault === 'answer cut') {
    const body = await answer.text()
    response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': body.length })
    response.write(body.slice(0, body.length / 2), () => socket.destroy())
  }
  return new Promise(() => {})
}

/** Looks after each request. */
async function until(server: Server, isSo: () => boolean): Promise<void> {
  while (!isSo()) await once(server, 'request')
}

describe.each(Object.entries(CLIENTS))('%s', (_, open) => {
  test.concurrent.each<[string, readonly Fault[]]>([
    ['the request is lost', ['request lost']],
    ['the answer is lost after the effect', ['answer lost']],
    ['the connection is reset after the effect', ['reset after the effect']],
    ['the answer is lost twice', ['answer lost', 'reset after the effect']],
    ['a request and an answer are lost', ['request lost', 'answer lost']],
  ])('%s: one effect, and its answer', async (__, faults) => {
    const { baseUrl, orders, seen } = await shop(faults)
    expect(await open(baseUrl)('key-1')).toMatchObject({ order: 1 })
    expect(orders).toHaveLength(1)
    expect(seen).toEqual([...faults, 'none'].map(() => 'key-1'))
  })

  test.concurrent('the answer is cut: called again with its key, it gets the first answer', async () => {
    const { baseUrl, orders } = await shop(['answer cut'])
    const place = open(baseUrl)
    // Some read it again by themselves, others tell their caller.
    await place('key-1').catch(() => {})
    expect(await place('key-1')).toMatchObject({ order: 1 })
    expect(orders).toHaveLength(1)
  })

  test.concurrent('five at once with one key: one effect, and all get its answer', async () => {
    let end = () => {}
    const handlerEnds = new Promise<void>(resolve => (end = resolve))
    const { baseUrl, orders, arrived } = await shop(['none', 'none', 'answer lost'], handlerEnds)
    const place = open(baseUrl)
    const all = Promise.all(Array.from({ length: 5 }, () => place('key-1')))
    await arrived(5)
    end()
    expect(await all).toMatchObject(Array.from({ length: 5 }, () => ({ order: 1 })))
    expect(orders).toHaveLength(1)
  })

  test.concurrent('another key is another order', async () => {
    const { baseUrl, orders } = await shop([])
    const place = open(baseUrl)
    expect(await place('key-1')).toMatchObject({ order: 1 })
    expect(await place('key-2')).toMatchObject({ order: 2 })
    expect(orders).toHaveLength(2)
  })
})
