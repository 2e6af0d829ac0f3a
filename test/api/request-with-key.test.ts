import { describe, expect, test, vi } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

type Request = OperationDefinition<Cart, OrderData>['request']

const acme = defineProfile({ name: 'acme', honoursKeys: true, key: { in: 'request' } })

/** A key for each recipient, made of the operation's own. */
const perRecipient: Request = ({ id, total }, { key }) => ({
  method: 'post',
  url: 'sms',
  json: { id, recipients: ['ada', 'bob'].map((to, index) => ({ to, total, requestId: `${key}-${index}` })) },
})

/** The key in path, query and headers. */
const everywhere: Request = (json, { key }) => ({
  method: 'put',
  url: `orders/${key}?ref=${key}`,
  json,
  headers: { 'operation-id': key },
})

describe('a request may take the key, for servers that want it where no profile puts it', () => {
  test('in the body, the same at every attempt, another for the next generation', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(reset, answer(402, {}), answer(402, {}), answer(201, { order: 9 }))
    const order = placeOrder({ request: perRecipient })
    await clock.until(ending(order.run(cart)))
    await clock.until(order.conclude(cart, { outcome: 'not-executed' }))
    await clock.until(ending(order.run(cart)))
    await clock.until(order.run(cart))

    const bodyOf = (key: string) =>
      `{"id":"cart-42","recipients":[{"to":"ada","total":990,"requestId":"${key}-0"},{"to":"bob","total":990,"requestId":"${key}-1"}]}`
    expect(server.requests.map(({ body }) => body)).toEqual(['key-1', 'key-1', 'key-2', 'key-3'].map(bodyOf))
    expect(server.requests.map(({ key }) => key)).toEqual([undefined, undefined, undefined, undefined])
  })

  test('in path, query and headers: another process goes on with what is stored, and with a call', async () => {
    const setup = { profile: acme, retry: { attempts: 1 }, poll: { deadline: 1 } }
    const { placeOrder, server, clock, record, another } = bench(setup)
    server.script(reset, reset, answer(201, { order: 9 }))
    const stored = { request: everywhere, persist: 'request', keepHeaders: ['operation-id'] } as const
    await clock.until(ending(placeOrder(stored).run(cart)))
    const { target } = (await record()) as unknown as { target: { path: string } }
    const resumed = another(setup)
    resumed.placeOrder(stored)
    await clock.until(resumed.client.resume({ send: true }))
    await clock.until(another(setup).placeOrder(stored).run(cart))

    expect(target.path).toBe('/api/orders/key-1')
    const one = ['https://shop.test/api/orders/key-1?ref=key-1', 'key-1', '{"id":"cart-42","total":990}']
    expect(server.requests.map(({ url, headers, body }) => [url, headers['operation-id'], body])).toEqual([
      one,
      one,
      one,
    ])
  })

  test('beside a key that the profile puts into a header', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder({ request: everywhere }).run(cart))

    expect(server.requests.map(({ key, url }) => [key, url])).toEqual([
      ['key-1', 'https://shop.test/api/orders/key-1?ref=key-1'],
    ])
  })

  test('it is compared without the key: the same call joins, another payload is refused', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ request: perRecipient })
    const [first, second] = [order.run(cart), order.run(cart)]
    expect(await clock.until(Promise.all([first, second]))).toEqual([{ order: 9 }, { order: 9 }])
    const { error } = await clock.until(ending(order.run({ id: 'cart-42', total: 1 })))

    expect(error).toMatchObject({ code: 'payload-mismatch' })
    expect(server.requests).toHaveLength(1)
  })

  test('a status request may use a key that a request takes where no key is honoured', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(reset, answer(200, { order: 9 }))
    const status = { request: ({ key }: { readonly key: string }) => ({ url: `orders/${key}` }) }

    expect(await clock.until(placeOrder({ request: everywhere, status }).run(cart))).toEqual({ order: 9 })
  })

  test('one that does not ask for it is asked once', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }))
    const request = vi.fn<Request>(json => ({ method: 'post', url: 'orders', json }))
    await clock.until(placeOrder({ request }).run(cart))

    expect(request).toHaveBeenCalledTimes(1)
  })
})

describe('whether a request asks for the key is its own matter', () => {
  const spread: Request = (json, about) => ({ method: 'post', url: 'sms', json: { ...json, ...about } })

  test.each<[string, asks: boolean, begins: boolean]>([
    ['neither asks', false, false],
    ['the one that is begun asks', false, true],
    ['the one that begins it asks, before', true, false],
    ['both ask', true, true],
  ])('where it begins another operation, and %s', async (_, asks, begins) => {
    const { client, server, clock } = bench({ profile: acme })
    server.script(answer(201, { order: 1 }), answer(201, { order: 2 }))
    const keyed = defineProfile({ name: 'keyed', honoursKeys: true })
    const inner = vi.fn<Request>(begins ? spread : json => ({ method: 'post', url: 'sms', json }))
    const sms = client.operation<Cart>({
      name: 'sms',
      id: ({ id }) => id,
      request: inner,
      ...(!begins && { profile: keyed }),
    })
    const request = vi.fn<Request>((json, about) => {
      const key = asks ? about.key : undefined
      if (request.mock.calls.length === 1) void sms.start({ id: 'sms-1', total: 1 })
      return { method: 'post', url: 'orders', json: { ...json, ...(key !== undefined && { key }) } }
    })
    const order = client.operation<Cart>({
      name: 'order',
      id: ({ id }) => id,
      request,
      ...(!asks && { profile: keyed }),
    })
    await clock.until(order.run(cart))

    expect(request.mock.calls.length > 1).toBe(asks)
    expect(inner.mock.calls.length > 1).toBe(begins)
  })

  test('and it may spread what it is given', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder({ request: spread }).run(cart))

    expect(server.requests.map(({ body }) => body)).toEqual(['{"id":"cart-42","total":990,"key":"key-1"}'])
  })
})

describe('what such a request may not do is told by name, and nothing is sent', () => {
  let count = 0
  test.each<[string, Request, string]>([
    [
      'give something else each time',
      (_, { key }) => ({ method: 'post', url: 'orders', json: { key, count: ++count } }),
      'gave another request than at the call: it is asked again when the key is known, so it must be pure, and its input must stay as it is',
    ],
    [
      'give another header each time',
      (_, { key }) => ({ method: 'post', url: 'orders', json: { key }, headers: { at: String(++count) } }),
      'gave another request than at the call: it is asked again when the key is known, so it must be pure, and its input must stay as it is',
    ],
    [
      'go elsewhere with another key',
      (json, { key }) => ({ method: 'post', url: `https://${key.slice(0, 3)}.test/`, json }),
      'must give the same method and origin for every key',
    ],
    [
      'be of another method with another key',
      (json, { key }) => ({ method: key.startsWith('key') ? 'post' : 'put', url: 'orders', json }),
      'must give the same method and origin for every key',
    ],
    [
      'take the key and put it nowhere, where nothing else carries it',
      (json, { key }) => ({ method: 'post', url: 'orders', json: key === '' ? {} : json }),
      'takes `key` and puts it nowhere, and nothing else carries it: it would be sent again without a key',
    ],
    [
      'leave the key out where the profile leaves it to it',
      json => ({ method: 'post', url: 'orders', json }),
      'must take `{ key }` beside the input: the profile acme leaves it to it',
    ],
  ])('%s', async (_, request, fault) => {
    const { placeOrder, server, clock, records } = bench({ profile: acme })
    const { error } = await clock.until(ending(placeOrder({ request }).run(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: `operation(place-order).request: ${fault}`,
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('have the header that carries the key dropped from what is stored, which a resume would send', async () => {
    const { placeOrder, server, clock, records } = bench({ profile: acme })
    const stored = { request: everywhere, persist: 'request', dropHeaders: ['operation-id'] } as const
    const { error } = await clock.until(ending(placeOrder(stored).run(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message:
        'operation(place-order).dropHeaders: names operation-id, which carries the key: `resume` would send without it. List it in keepHeaders',
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('but one that is only a copy of the key in the header of the profile may be dropped', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const stored = { request: everywhere, persist: 'request', dropHeaders: ['operation-id'] } as const

    expect(await clock.until(placeOrder(stored).run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('have its input changed before the key is known, whatever the fingerprint leaves out', async () => {
    const { client, server, clock } = bench({ profile: acme })
    const order = client.operation<{ id: string; lines: string[] }>({
      name: 'order',
      id: ({ id }) => id,
      request: ({ lines }, { key }) => ({ method: 'post', url: 'orders', json: { lines, key } }),
      fingerprint: ({ id }) => id,
    })
    const input = { id: '1', lines: ['a'] }
    const run = order.start(input)
    input.lines.push('b')

    expect((await clock.until(run.settled)).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringContaining('gave another request than at the call'),
    })
    expect(server.requests).toHaveLength(0)
  })

  test('a profile that leaves the key to it names no field', () => {
    expect(() =>
      defineProfile({ name: 'acme', honoursKeys: true, key: { in: 'request', field: 'key' } }),
    ).toThrow('profile.key.field: is for `request` to say, which puts the key where it goes')
  })
})
