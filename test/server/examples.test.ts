import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, keyPath } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { probe } from '../../src/probe/command.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { told } from './trial-server.ts'

const EXAMPLES: readonly (readonly [
  name: string,
  load: () => Promise<{ listen: (port: number) => Server }>,
])[] = [
  ['node:http', () => import('../../examples/server/node-http.ts')],
  ['Express', () => import('../../examples/server/express.ts')],
  ['Fastify', () => import('../../examples/server/fastify.ts')],
  ['Hono', () => import('../../examples/server/hono.ts')],
]

describe.each(EXAMPLES)('the example for %s', (name, load) => {
  let server: Server
  beforeAll(async () => {
    server = (await load()).listen(0)
    if (!server.listening) await once(server, 'listening')
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  function shop() {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const placed = async () => ((await (await fetch(`${url}/orders`)).json()) as unknown[]).length
    const post = (key: string | undefined, item = 'tea', token = '5c1f-anna') =>
      told(
        fetch(`${url}/orders`, {
          method: 'POST',
          body: JSON.stringify({ item }),
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${token}`,
            ...(key !== undefined && { 'idempotency-key': key }),
          },
        }),
      )
    const atKey = (key: string, method = 'GET') =>
      told(fetch(`${url}/orders/by-key/${key}`, { method, headers: { authorization: 'Bearer 5c1f-anna' } }))
    return { url, placed, post, atKey }
  }

  test('places an order once for a key, keeps users apart, and refuses what it must', async () => {
    const { placed, post, atKey } = shop()
    const before = await placed()
    const key = `${name}-1`

    const answers = await Promise.all([post(key), post(key)])
    const first = answers.find(({ status, replayed }) => status === 201 && !replayed)
    expect(first?.body).toEqual({ order: before + 1, item: 'tea' })
    const again = await post(key)
    expect(again).toMatchObject({ status: 201, body: { order: before + 1, item: 'tea' }, replayed: true })
    expect(again.headers.get('location')).toBe(`/orders/${before + 1}`)
    expect(again.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await placed()).toBe(before + 1)

    expect(await post(key, 'coffee')).toMatchObject({ status: 422, code: 'payload-mismatch' })
    expect(await post(undefined)).toMatchObject({ status: 400, code: 'key-missing' })
    expect(await post('a b')).toMatchObject({ status: 400, code: 'key-invalid' })
    expect(await atKey(key)).toMatchObject({ status: 200, body: { status: 'succeeded' } })
    expect(await post(key, 'tea', '77d2-bert')).toMatchObject({ status: 201, replayed: false })
    expect(await placed()).toBe(before + 2)
    // A token that was refreshed is still Anna's, and nobody's token is nobody.
    expect(await post(key, 'tea', '90be-anna')).toMatchObject({ status: 201, replayed: true })
    expect(await post(`${name}-2`, 'tea', 'stolen')).toMatchObject({ status: 401 })
    expect(await placed()).toBe(before + 2)
  })

  test.each([
    ['cut off', '{"item":"tea"'],
    ['none', 'item=tea'],
  ])('answers 400 to JSON that is %s, and leaves the key free', async (what, body) => {
    const { url, placed, post, atKey } = shop()
    const before = await placed()
    const key = `${name.toLowerCase()}-${what}`.replaceAll(/[^a-z-]/g, '-')
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer 5c1f-anna',
      'idempotency-key': key,
    }
    expect((await fetch(`${url}/orders`, { method: 'POST', body, headers })).status).toBe(400)
    expect(await atKey(key)).toMatchObject({ status: 404, code: 'key-unknown' })
    expect(await post(key)).toMatchObject({ status: 201, replayed: false })
    expect(await placed()).toBe(before + 1)
  })

  test('is safe, says the probe', async () => {
    const { url } = shop()
    const { text } = await probe(
      { url: `${url}/orders`, body: '{"item":"tea"}', header: ['Authorization: Bearer 77d2-bert'] },
      fetch,
      () => crypto.randomUUID(),
    )
    expect(text).toMatch(/^The same key twice +honoured: /)
    expect(text).toMatch(/^The mark of a replay +idempotent-replayed: true$/m)
    expect(text).toMatch(/^Another payload under a key +refused: 422 payload-mismatch$/m)
    expect(text).toMatch(/^Without a key +refused: 400 key-missing$/m)
    expect(text).not.toContain('a race')
  })

  test('and its client are of one mind: a lost answer, a double click, a cancel', async () => {
    const { url, placed } = shop()
    const before = await placed()
    let lose = 1
    const client = createClient({
      transport: fetchTransport({
        baseUrl: `${url}/`,
        headers: { authorization: 'Bearer 5c1f-anna' },
        fetch: async (...args: Parameters<typeof fetch>) => {
          const response = await fetch(...args)
          if (lose-- <= 0) return response
          await response.arrayBuffer()
          throw new TypeError('the answer was lost')
        },
      }),
      store: memoryStore(),
      scope: 'anna',
      profile: stillonce,
      retry: { backoff: { base: 1, cap: 2 } },
    })
    const place = client.operation({
      name: 'place',
      id: (cart: { id: string; item: string }) => cart.id,
      request: ({ item }) => ({ method: 'post', url: 'orders', json: { item } }),
      status: { request: ({ key }) => ({ url: `orders/by-key/${keyPath(key)}` }) },
      cancel: { request: ({ key }) => ({ method: 'delete', url: `orders/by-key/${keyPath(key)}` }) },
    })

    const cart = { id: 'cart-1', item: 'tea' }
    expect(await Promise.all([place.run(cart), place.run(cart)])).toEqual([
      { order: before + 1, item: 'tea' },
      { order: before + 1, item: 'tea' },
    ])
    expect(await place.start(cart).settled).toMatchObject({ outcome: 'executed', replayed: true })
    expect(await place.cancel(cart)).toMatchObject({ outcome: 'executed' })
    expect(await placed()).toBe(before + 1)
    await client.close()
  })
})
