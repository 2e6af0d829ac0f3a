import ky from 'ky'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CreateClientOptions, RecordStore } from '../../src/entries/index.ts'
import { createClient, defineProfile, ietf, memoryStore, noKeys } from '../../src/entries/index.ts'
import { Order, cart, ending } from './bench/bench.ts'
import { SHOP, fakeShop } from './bench/fake-shop.ts'

/* The whole client, ky included, as an application makes it; only the network is msw's. */
const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => network.resetHandlers())
afterAll(() => network.close())

/** The operation, in a process of its own. */
function orders(
  store: RecordStore,
  options: Partial<CreateClientOptions> = {},
  asks: 'asks' | 'never-asks' = 'asks',
) {
  const client = createClient({
    http: { baseUrl: `${SHOP}/` },
    store,
    scope: 'user-7',
    profile: ietf,
    retry: { backoff: { base: 0, cap: 0 } },
    poll: { interval: { min: 1, max: 1 } },
    ...options,
  })
  return client.operation({
    name: 'place-order',
    id: (input: typeof cart) => input.id,
    request: json => ({ method: 'post', url: 'orders', json }),
    response: Order,
    ...(asks === 'asks' && { status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }) } }),
  })
}

function shop(options?: Partial<CreateClientOptions>, asks?: 'asks' | 'never-asks') {
  const fake = fakeShop()
  network.use(...fake.handlers)
  const store = memoryStore()
  return { ...fake, store, placeOrder: orders(store, options, asks) }
}

/** The keys in the requests, each as a letter in the order of its first appearance. */
function lettered(seen: readonly string[]): readonly string[] {
  const letters = new Map<string, string>()
  return seen.map(line =>
    line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, key => {
      if (!letters.has(key)) letters.set(key, 'ABCDEF'.charAt(letters.size))
      return letters.get(key)!
    }),
  )
}

describe('against a shop that honours keys', () => {
  test('an order is placed once, and its result is given again without a request', async () => {
    const { placeOrder, ledger, seen } = shop()

    expect(await Promise.all([placeOrder.run(cart), placeOrder.run(cart)])).toEqual([
      { order: 1 },
      { order: 1 },
    ])
    expect(await placeOrder.run(cart)).toEqual({ order: 1 })
    expect(ledger).toEqual(['cart-42'])
    expect(lettered(seen)).toEqual(['POST /orders A'])
  })

  test('lost answers are asked for again under the same key, and it happens once', async () => {
    const { placeOrder, ledger, seen, loseNextAnswers } = shop()
    loseNextAnswers(3)

    expect(await placeOrder.start(cart).settled).toEqual({
      outcome: 'executed',
      data: { order: 1 },
      replayed: true,
    })
    expect(ledger).toEqual(['cart-42'])
    expect(lettered(seen)).toEqual(['POST /orders A', 'POST /orders A', 'POST /orders A', 'POST /orders A'])
  })

  test('a process that comes later goes on under the same key', async () => {
    const { placeOrder, store, ledger, seen, loseNextAnswers } = shop(
      { retry: { attempts: 1 } },
      'never-asks',
    )
    loseNextAnswers(9)
    expect((await ending(placeOrder.run(cart))).error).toMatchObject({ outcome: 'unknown' })
    loseNextAnswers(0)

    expect(await orders(store).run(cart)).toEqual({ order: 1 })
    expect(ledger).toEqual(['cart-42'])
    expect(new Set(lettered(seen))).toEqual(new Set(['POST /orders A']))
  })

  test('settle finds out without sending', async () => {
    const { placeOrder, store, seen, loseNextAnswers } = shop({ retry: { attempts: 1 } }, 'never-asks')
    loseNextAnswers(9)
    await ending(placeOrder.run(cart))

    expect(await orders(store).settle(cart)).toEqual({
      outcome: 'executed',
      data: { order: 1 },
      replayed: true,
    })
    expect(lettered(seen)).toEqual(['POST /orders A', 'GET /orders/by-key/A'])
  })

  test('a refusal brings its problem details', async () => {
    const { placeOrder } = shop()
    network.use(
      http.post(`${SHOP}/orders`, () =>
        HttpResponse.json(
          { type: 'https://shop.test/no-stock', title: 'Out of stock', status: 422 },
          { status: 422, headers: { 'content-type': 'application/problem+json' } },
        ),
      ),
    )

    expect((await ending(placeOrder.run(cart))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
      response: { status: 422, problem: { type: 'https://shop.test/no-stock', title: 'Out of stock' } },
    })
  })

  test('a server at work is polled where it said', async () => {
    const { placeOrder } = shop()
    let polls = 0
    network.use(
      http.post(
        `${SHOP}/orders`,
        () => new HttpResponse(null, { status: 202, headers: { location: '/jobs/7' } }),
      ),
      http.get(`${SHOP}/jobs/7`, () =>
        HttpResponse.json(
          ++polls < 3 ? { status: 'running' } : { status: 'succeeded', result: { order: 7 } },
        ),
      ),
    )

    expect(await placeOrder.run(cart)).toEqual({ order: 7 })
    expect(polls).toBe(3)
  })

  test('a 303 is not followed, and is no success', async () => {
    const { placeOrder, ledger } = shop({ retry: { attempts: 1 } }, 'never-asks')
    let followed = 0
    network.use(
      http.post(
        `${SHOP}/orders`,
        () => new HttpResponse(null, { status: 303, headers: { location: `${SHOP}/thanks` } }),
      ),
      http.get(`${SHOP}/thanks`, () => {
        followed++
        return HttpResponse.json({ order: 1 })
      }),
    )

    expect((await ending(placeOrder.run(cart))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
    })
    expect([followed, ledger]).toEqual([0, []])
  })
})

describe('against a shop that remembers keys, and does not honour them', () => {
  test('a lost answer is asked for, never sent again', async () => {
    const profile = defineProfile({ ...noKeys, name: 'remembers-keys', header: 'Idempotency-Key' })
    const { placeOrder, ledger, seen, loseNextAnswers } = shop({ profile })
    loseNextAnswers(1)

    expect(await placeOrder.run(cart)).toEqual({ order: 1 })
    expect(ledger).toEqual(['cart-42'])
    expect(lettered(seen)).toEqual(['POST /orders A', 'GET /orders/by-key/A'])
  })
})

describe('hooks of a ky instance', () => {
  test('a token that has expired is refreshed, under the same key', async () => {
    const session = { token: 'old' }
    const instance = ky.create({
      baseUrl: `${SHOP}/`,
      hooks: {
        beforeRequest: [({ request }) => request.headers.set('authorization', `Bearer ${session.token}`)],
        afterResponse: [
          ({ request, response }) => {
            if (response.status !== 401 || session.token === 'new') return undefined
            session.token = 'new'
            const headers = new Headers(request.headers)
            headers.set('authorization', 'Bearer new')
            return ky.retry({ request: new Request(request, { headers }) })
          },
        ],
      },
    })
    const { placeOrder, setToken, ledger, seen } = shop({ http: instance })
    setToken('new')

    expect(await placeOrder.run(cart)).toEqual({ order: 1 })
    expect(ledger).toEqual(['cart-42'])
    expect(lettered(seen)).toEqual(['POST /orders A', 'POST /orders A'])
  })

  test('a hook that turns a failure into a success is not evidence', async () => {
    const instance = ky.create({
      baseUrl: `${SHOP}/`,
      hooks: { afterResponse: [() => new Response('{"order":666}', { status: 200 })] },
    })
    const { placeOrder } = shop({ http: instance, retry: { attempts: 1 } }, 'never-asks')
    network.use(http.post(`${SHOP}/orders`, () => HttpResponse.json({ title: 'Busy' }, { status: 503 })))

    expect((await ending(placeOrder.run(cart))).error).toMatchObject({ outcome: 'unknown' })
  })
})
