import { describe, expect, test } from 'vitest'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

const profile = defineProfile({
  name: 'own',
  honoursKeys: true,
  trustedOrigins: ['https://status.test'],
  cancel: {},
})

/** A world with an http layer that has credentials, and one trusted origin beside its own. */
function guarded() {
  return bench({
    profile,
    headers: { authorization: 'Bearer secret' },
    retry: { attempts: 1 },
    deadline: 10_000,
  })
}

const origins = (requests: readonly { readonly url: string }[]) =>
  new Set(requests.map(({ url }) => new URL(url).origin))

describe('questions go to the operation’s own origin', () => {
  test('a status request has the credentials of the http layer, and what the definition gives it', async () => {
    const { placeOrder, server, clock } = guarded()
    server.script(reset, answer(200, { order: 9 }))
    const order = placeOrder({
      status: {
        request: () => ({
          method: 'post',
          url: 'status',
          json: { of: 'cart-42' },
          headers: { 'x-own': '1' },
        }),
      },
    })
    await clock.until(order.run(cart))

    expect(server.requests[1]).toMatchObject({
      method: 'POST',
      url: 'https://shop.test/api/status',
      body: '{"of":"cart-42"}',
      headers: {
        authorization: 'Bearer secret',
        'x-own': '1',
        accept: 'application/json',
        'content-type': 'application/json',
      },
    })
  })

  test.each([
    ['another', 'https://evil.test/status'],
    ['another by a short form', '//evil.test/status'],
    ['another by backslashes', '\\\\evil.test\\status'],
    ['one that the profile trusts with polls', 'https://status.test/orders/9'],
    ['the same host on another port', 'https://shop.test:8443/status'],
    ['the same host without encryption', 'http://shop.test/status'],
  ])('a status request to %s is not made', async (_, url) => {
    const { placeOrder, server, clock } = guarded()
    server.script(reset)
    const order = placeOrder({ status: { request: () => ({ url }) } })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(origins(server.requests)).toEqual(new Set(['https://shop.test']))
  })

  test.each([
    ['another', 'https://evil.test/orders'],
    ['one that the profile trusts with polls', 'https://status.test/orders/9'],
  ])('a cancel to %s is not made', async (_, url) => {
    const { placeOrder, server, clock } = guarded()
    server.script(reset)
    const order = placeOrder({ cancel: { request: () => ({ method: 'delete', url }) } })
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('a poll to an origin that the profile trusts goes there without credentials', async () => {
    const { placeOrder, server, clock } = guarded()
    server.script(
      answer(202, undefined, { location: 'https://status.test/orders/9' }),
      answer(200, { status: 'done', result: { order: 9 } }),
    )

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests[1]).toMatchObject({ method: 'GET', url: 'https://status.test/orders/9' })
    expect(server.requests[1]!.headers).toEqual({ accept: 'application/json', 'cache-control': 'no-cache' })
  })

  test('a poll to any other origin is not made: the same key tells', async () => {
    const { placeOrder, server, clock } = guarded()
    server.script(
      answer(202, undefined, { location: 'https://evil.test/orders/9' }),
      answer(201, { order: 9 }),
    )

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method, key }) => [method, key])).toEqual([
      ['POST', 'key-1'],
      ['POST', 'key-1'],
    ])
  })

  describe('where only another origin may tell, the error names it, and not the address', () => {
    const accepted = answer(202, undefined, { location: 'https://evil.test/orders/9?sig=secret' })

    test('of a server without keys', async () => {
      const { placeOrder, server, clock } = bench({ profile: noKeys })
      server.script(accepted)
      expect(await clock.until(ending(placeOrder().run(cart)))).toMatchObject({
        error: {
          code: 'still-processing',
          outcome: 'unknown',
          message:
            "The server is at work, and there is no way to ask it; the address that the server named is at https://evil.test, which is neither the operation's origin nor one of `trustedOrigins`. Whether the operation was executed is not known. Find out from the server, then call `conclude`.",
        },
      })
    })

    test('where the same key is sent until the deadline', async () => {
      const { placeOrder, server, clock } = guarded()
      server.always(accepted)
      expect(await clock.until(ending(placeOrder().run(cart)))).toMatchObject({
        error: {
          code: 'still-processing',
          message:
            "The next pause would pass the deadline; the address that the server named is at https://evil.test, which is neither the operation's origin nor one of `trustedOrigins`. Whether the operation was executed is not known. Call `run` or `settle` later: the key is kept.",
        },
      })
    })

    test('and none where it is asked at its own', async () => {
      const { placeOrder, server, clock } = guarded()
      server.script(
        answer(202, undefined, { 'operation-location': 'https://evil.test/1', location: '/orders/9' }),
      )
      server.always(answer(202))
      expect(await clock.until(ending(placeOrder().run(cart)))).toMatchObject({
        error: {
          code: 'still-processing',
          message:
            'The next pause would pass the deadline. Whether the operation was executed is not known. Call `run` or `settle` later: the key is kept.',
        },
      })
    })
  })

  test('redirects of a question stay within the origin', async () => {
    const { placeOrder, server, clock } = guarded()
    server.script(
      reset,
      answer(302, undefined, { location: '/api/status/9' }),
      answer(307, undefined, { location: 'https://evil.test/status' }),
    )
    server.always(answer(503))
    const order = placeOrder({ status: { request: () => ({ url: 'status' }) } })
    await clock.until(ending(order.run(cart)))

    expect(server.requests.slice(0, 3).map(({ url }) => url)).toEqual([
      'https://shop.test/api/orders',
      'https://shop.test/api/status',
      'https://shop.test/api/status/9',
    ])
    expect(origins(server.requests)).toEqual(new Set(['https://shop.test']))
  })
})

describe('what the answers to a question tell', () => {
  test.each<[string, Parameters<typeof answer>, string]>([
    ['404 is absence', [404], 'unknown'],
    ['410 is absence', [410], 'unknown'],
    ['500 is nothing', [500], 'unknown'],
    ['401 is nothing', [401], 'unknown'],
    ['204 is nothing', [204], 'unknown'],
    [
      'a word of failure is a proof',
      [200, { status: 'failed', error: { code: 'no_stock' } }],
      'not-executed',
    ],
    ['a word of cancellation is a proof', [200, { state: 'Canceled' }], 'not-executed'],
    ['a word of success is a proof', [200, { status: 'Succeeded', response: { order: 9 } }], 'executed'],
    ['done without an error is a proof', [200, { done: true, response: { order: 9 } }], 'executed'],
    ['done with an error is a proof', [200, { done: true, error: { code: 7 } }], 'not-executed'],
    ['its own body is the result', [200, { order: 9 }], 'executed'],
    ['a word of doubt is none', [200, { status: 'expired' }], 'unknown'],
  ])('%s', async (_, reply, outcome) => {
    const { placeOrder, server, clock } = guarded()
    server.script(reset)
    server.always(answer(...reply))
    const order = placeOrder({ status: { request: () => ({ url: 'status' }) } })

    expect((await clock.until(order.start(cart).settled)).outcome).toBe(outcome)
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })
})

describe('a store that never answers', () => {
  test.each(['inspect', 'conclude', 'forget', 'cancel', 'settle'] as const)(
    'holds %s no longer than the deadline and a timeout',
    async method => {
      const { placeOrder, store, clock } = bench({ deadline: 10_000, timeout: 5_000 })
      store.get = () => new Promise(() => {})
      const order = placeOrder({ cancel: { request: () => ({ url: 'x' }) } })
      const call = method === 'conclude' ? order.conclude(cart, { outcome: 'executed' }) : order[method](cart)
      const { data, error } = (await clock.until(ending<unknown>(call))) as {
        data?: unknown
        error?: unknown
      }

      expect(error ?? data).toMatchObject(
        method === 'cancel' || method === 'settle'
          ? { outcome: 'unknown', error: { code: 'store-failed' } }
          : { outcome: 'unknown', code: 'store-failed' },
      )
      expect(clock.elapsed()).toBeLessThanOrEqual(15_000)
    },
  )

  test.each(['pending', 'resume', 'clear'] as const)(
    'holds %s of the client no longer either',
    async method => {
      const { client, store, clock } = bench({ deadline: 10_000, timeout: 5_000 })
      const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
      store.listOpen = () => silent
      store.listSettled = () => silent

      expect((await clock.until(ending<unknown>(client[method]()))).error).toMatchObject({
        code: 'store-failed',
        outcome: 'unknown',
      })
      expect(clock.elapsed()).toBeLessThanOrEqual(15_000)
    },
  )
})
