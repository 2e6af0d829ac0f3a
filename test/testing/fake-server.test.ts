import { runInNewContext } from 'node:vm'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createClient as createPlainClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { createClient, memoryStore, noKeys, stillonce } from '../../src/entries/index.ts'
import type { FakeFault } from '../../src/testing/fake-server.ts'
import { fakeServer } from '../../src/testing/fake-server.ts'

const settings = {
  store: memoryStore(),
  scope: 'anna',
  retry: { backoff: { base: 1, cap: 1 } },
  poll: { interval: { min: 1, max: 1 } },
}
const definition = {
  name: 'place',
  id: (cart: { id: string }) => cart.id,
  request: (cart: { id: string }) => ({ method: 'post', url: 'orders', json: cart }),
  status: { request: ({ key }: { key: string }) => ({ url: `orders/by-key/${key}` }) },
  cancel: { request: ({ key }: { key: string }) => ({ method: 'delete', url: `orders/by-key/${key}` }) },
}

function shop(fake = fakeServer()) {
  const client = createPlainClient({
    ...settings,
    store: memoryStore(),
    profile: stillonce,
    transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: fake.fetch }),
  })
  return { fake, client, place: client.operation(definition) }
}

describe('a client of a fake server', () => {
  test.each<[string, readonly FakeFault[]]>([
    ['nothing', []],
    ['a lost request', ['lose-request']],
    ['two lost answers', ['lose-answer', 'lose-answer']],
    ['a 202', ['accept']],
    ['a 409', ['busy']],
    ['a slow answer', [{ delay: 5 }]],
    ['a gateway', [{ status: 502 }]],
    ['all of it', ['lose-request', { status: 503 }, 'lose-answer', 'busy']],
  ])('that meets %s has one effect and its result', async (_, faults) => {
    const { fake, place } = shop()
    fake.next(...faults)
    expect(await place.run({ id: 'cart-1' })).toEqual({ id: 1 })
    expect(fake.effects).toEqual([
      {
        method: 'POST',
        path: '/orders',
        key: expect.stringMatching(/^[\da-f-]{36}$/),
        body: '{"id":"cart-1"}',
      },
    ])
  })

  test('that re-sends after the server forgot its key has two: the server is at fault', async () => {
    const { fake, place } = shop()
    fake.next('lose-answer', { status: 503 })
    const end = place.start({ id: 'cart-1' })
    end.subscribe(() => {
      if (end.snapshot.attempts === 2) fake.forget()
    })
    await end.settled
    expect(fake.effects).toHaveLength(2)
  })

  test('without keys is never sent again by a client that knows it', async () => {
    const fake = fakeServer()
    const client = createPlainClient({
      ...settings,
      store: memoryStore(),
      profile: noKeys,
      transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: fake.fetch }),
    })
    fake.ignoreKeys(true)
    fake.next('lose-answer')
    const { status, cancel, ...plain } = definition
    expect(typeof status).toBe(typeof cancel)
    expect(await client.operation(plain).start({ id: 'cart-1' }).settled).toMatchObject({
      outcome: 'unknown',
    })
    expect(fake.effects).toHaveLength(1)
    await client.operation({ ...plain, name: 'again' }).run({ id: 'cart-1' })
    expect(fake.effects).toHaveLength(2)
  })

  test('cancels', async () => {
    const { fake, place } = shop()
    expect(await place.cancel({ id: 'cart-1' })).toMatchObject({ outcome: 'not-executed' })
    expect(fake.effects).toEqual([])
  })

  test('gets what the test has it perform', async () => {
    const fake = fakeServer({
      url: 'https://shop.example',
      perform: (_, effects) => Response.json({ effects }, { status: 402 }),
    })
    const { place } = shop(fake)
    expect(await place.start({ id: 'cart-1' }).settled).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected', response: { status: 402, body: { effects: 1 } } },
    })
  })
})

describe('always', () => {
  test.each<[FakeFault, object, number]>([
    ['lose-request', { outcome: 'unknown' }, 0],
    ['lose-answer', { outcome: 'unknown' }, 1],
    ['accept', { outcome: 'executed', data: { id: 1 } }, 1],
    ['busy', { outcome: 'executed', data: { id: 1 } }, 1],
    [{ delay: 1 }, { outcome: 'executed', data: { id: 1 } }, 1],
    [{ status: 503 }, { outcome: 'unknown' }, 0],
  ])('%o is what every operation meets, and one effect at most', async (fault, end, effects) => {
    const fake = fakeServer()
    const client = createPlainClient({
      ...settings,
      store: memoryStore(),
      profile: stillonce,
      deadline: 2_000,
      transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: fake.fetch }),
    })
    const { status, ...unasked } = definition
    const place = client.operation(fault === 'accept' || fault === 'busy' ? definition : unasked)
    expect(status).toBeDefined()
    fake.always(fault)
    expect(await place.start({ id: 'cart-1' }).settled).toMatchObject(end)
    expect(fake.effects).toHaveLength(effects)

    fake.always()
    expect(await place.run({ id: 'cart-1' })).toEqual({ id: 1 })
    expect(fake.effects).toHaveLength(1)
  })

  test('is for those that `next` does not name', async () => {
    const fake = fakeServer()
    fake.always({ status: 503 })
    fake.next({ status: 502 }, { delay: 1 })
    const statuses = []
    for (let sent = 0; sent < 3; sent += 1)
      statuses.push((await fake.fetch(`${fake.url}/orders`, { method: 'post' })).status)
    expect(statuses).toEqual([502, 201, 503])
  })
})

test('reset makes it as it was at first', async () => {
  const { fake, place } = shop()
  await place.run({ id: 'cart-1' })
  fake.ignoreKeys(true)
  fake.always({ status: 503 })
  fake.next({ status: 502 })
  fake.reset()
  expect(fake.effects).toEqual([])
  const post = async () => {
    const headers = { 'idempotency-key': 'key-1' }
    const response = await fake.fetch(`${fake.url}/orders`, { method: 'post', headers })
    return [response.status, await response.json()]
  }
  expect([await post(), await post()]).toEqual([
    [201, { id: 1 }],
    [201, { id: 1 }],
  ])
})

test('of a page’s own origin it takes relative URLs', async () => {
  const fake = fakeServer({ url: '/api/' })
  expect(fake.url).toBe('/api')
  expect((await fake.fetch(`${fake.url}/orders`, { method: 'post' })).status).toBe(201)
  expect(fake.effects).toMatchObject([{ method: 'POST', path: '/api/orders' }])
})

test('a body is read whose bytes are of another realm, as they are in jsdom', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(runInNewContext('new Uint8Array([123, 125])'))
      controller.close()
    },
  })
  const fake = fakeServer()
  const headers = { 'idempotency-key': 'key-1' }
  const init: RequestInit & { duplex: 'half' } = { method: 'post', headers, body, duplex: 'half' }
  expect((await fake.fetch(`${fake.url}/orders`, init)).status).toBe(201)
  expect(fake.effects[0]?.body).toBe('{}')
})

test('under msw it is reached by the platform’s own fetch', async () => {
  const fake = fakeServer()
  const server = setupServer(...fake.handlers(http))
  server.listen()
  onTestFinished(() => server.close())
  const client = createClient({ ...settings, profile: stillonce, http: { baseUrl: `${fake.url}/` } })
  fake.next('lose-answer')

  expect(await client.operation(definition).run({ id: 'cart-1' })).toEqual({ id: 1 })
  expect(fake.effects).toHaveLength(1)
})
