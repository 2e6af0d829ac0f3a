import { afterEach, describe, expect, test, vi } from 'vitest'
import type { KeyRules } from '../../src/core/answers/profile.ts'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

type Changes = Partial<OperationDefinition<Cart, OrderData>>

const placed = (key: KeyRules | Partial<KeyRules>) => defineProfile({ name: 'acme', honoursKeys: true, key })

const body = (
  given: NonNullable<ReturnType<OperationDefinition<Cart>['request']>['body']>,
  type?: string,
): Changes => ({
  request: () => ({
    method: 'post',
    url: 'orders',
    body: given,
    ...(type !== undefined && { headers: { 'content-type': type } }),
  }),
})

const FORM = 'application/x-www-form-urlencoded'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the key goes where the profile puts it, the same at every attempt', () => {
  test.each<[string, Partial<KeyRules>, Changes, string, string]>([
    ['a header', { field: 'X-Key' }, {}, 'orders', '{"id":"cart-42","total":990}'],
    [
      'a JSON field',
      { in: 'json', field: 'key' },
      {},
      'orders',
      '{"id":"cart-42","total":990,"key":"key-1"}',
    ],
    [
      'a JSON field within',
      { in: 'json', field: 'meta.key' },
      {},
      'orders',
      '{"id":"cart-42","total":990,"meta":{"key":"key-1"}}',
    ],
    [
      'a JSON text, whose numbers stay',
      { in: 'json', field: 'key' },
      body('{"amount":9007199254740993}', 'application/json'),
      'orders',
      '{"amount":9007199254740993,"key":"key-1"}',
    ],
    [
      'JSON as bytes',
      { in: 'json', field: 'key' },
      body(new TextEncoder().encode('{"é":1}'), 'application/json'),
      'orders',
      '{"é":1,"key":"key-1"}',
    ],
    [
      'JSON as a Blob',
      { in: 'json', field: 'key' },
      body(new Blob(['{}'], { type: 'application/json' })),
      'orders',
      '{"key":"key-1"}',
    ],
    [
      'a form field',
      { in: 'form', field: 'ClientToken' },
      body(new URLSearchParams({ Action: 'RunInstances' })),
      'orders',
      'Action=RunInstances&ClientToken=key-1',
    ],
    ['a form as a text', { in: 'form', field: 'Key' }, body('a=1&Key=mine', FORM), 'orders', 'a=1&Key=key-1'],
    [
      'a form as a Blob',
      { in: 'form', field: 'Key' },
      body(new Blob(['a=1'], { type: FORM })),
      'orders',
      'a=1&Key=key-1',
    ],
    [
      'the query',
      { in: 'query', field: 'requestId' },
      {},
      'orders?requestId=key-1',
      '{"id":"cart-42","total":990}',
    ],
    [
      'a query with more in it',
      { in: 'query', field: 'requestId' },
      { request: json => ({ method: 'post', url: 'orders?zone=a%20b&requestId=mine', json }) },
      'orders?zone=a%20b&requestId=key-1',
      '{"id":"cart-42","total":990}',
    ],
  ])('%s', async (_, key, changes, url, sent) => {
    const { placeOrder, server, clock } = bench({ profile: placed(key) })
    server.script(reset, answer(201, { order: 9 }))
    await clock.until(placeOrder(changes).run(cart))

    const one = [`https://shop.test/api/${url}`, sent]
    expect(server.requests.map(request => [request.url, request.body])).toEqual([one, one])
    expect(server.requests.map(({ headers }) => [headers['x-key'], headers['idempotency-key']])).toEqual(
      Array.from({ length: 2 }, () => [key.in === undefined ? 'key-1' : undefined, undefined]),
    )
  })

  test('a field of FormData', async () => {
    const { placeOrder, server, clock } = bench({ profile: placed({ in: 'form', field: 'Key' }) })
    server.script(reset, answer(201, { order: 9 }))
    const form = new FormData()
    form.append('a', '1')
    await clock.until(placeOrder(body(form)).run(cart))

    const [first, second] = server.requests
    expect(first?.body).toContain('name="Key"\r\n\r\nkey-1\r\n')
    expect(first?.body).toContain('name="a"\r\n\r\n1\r\n')
    expect(second?.body).toBe(first?.body)
    expect(form.has('Key')).toBe(false)
  })
})

describe('the key is no part of what the payload means', () => {
  test.each<[string, Partial<KeyRules>, Changes, string[]]>([
    [
      'JSON',
      { in: 'json', field: 'key' },
      {},
      ['{"id":"cart-42","total":990,"key":"key-1"}', '{"id":"cart-42","total":990,"key":"key-2"}'],
    ],
    [
      'a form',
      { in: 'form', field: 'key' },
      body(new URLSearchParams({ a: '1' })),
      ['a=1&key=key-1', 'a=1&key=key-2'],
    ],
  ])('the next generation of %s is the same payload with another key', async (_, key, changes, bodies) => {
    const { placeOrder, server, clock, record } = bench({ profile: placed(key) })
    server.script(answer(402), answer(201, { order: 9 }))
    const order = placeOrder(changes)
    await clock.until(ending(order.run(cart)))
    const fingerprint = (await record())?.['fingerprint']
    await clock.until(order.run(cart))

    expect(server.requests.map(request => request.body)).toEqual(bodies)
    expect(await record()).toMatchObject({ generation: 2, key: 'key-2', fingerprint })
  })

  test.each([
    ['with a value of its own', { id: 'cart-42', total: 990, key: 'mine' }],
    ['without it', { id: 'cart-42', total: 990 }],
    ['with another', { key: 'other', total: 990, id: 'cart-42' }],
  ])('a body that has the field is the same payload: %s', async (_, json) => {
    const { placeOrder, server, clock } = bench({ profile: placed({ in: 'json', field: 'key' }) })
    server.always(answer(201, { order: 9 }))
    const given = { id: 'cart-42', total: 990, key: 'mine' }
    await clock.until(
      placeOrder({ request: () => ({ method: 'post', url: 'orders', json: given }) }).run(cart),
    )
    const again = placeOrder({ redefine: true, request: () => ({ method: 'post', url: 'orders', json }) })

    expect(await clock.until(again.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(request => request.body)).toEqual([
      '{"id":"cart-42","total":990,"key":"key-1"}',
    ])
  })

  test('what else differs is another payload', async () => {
    const { placeOrder, server, clock } = bench({ profile: placed({ in: 'json', field: 'key' }) })
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))

    expect((await clock.until(ending(order.run({ id: 'cart-42', total: 1 })))).error).toMatchObject({
      code: 'payload-mismatch',
    })
  })

  test('another zone in the query is another payload, another key in it is not', async () => {
    const { placeOrder, server, clock } = bench({ profile: placed({ in: 'query', field: 'key' }) })
    server.always(answer(201, { order: 9 }))
    const at = (url: string) =>
      placeOrder({ redefine: true, request: json => ({ method: 'post', url, json }) })
    await clock.until(at('orders?zone=a&key=mine').run(cart))

    expect(await clock.until(at('orders?zone=a').run(cart))).toEqual({ order: 9 })
    expect((await clock.until(ending(at('orders?zone=b').run(cart)))).error).toMatchObject({
      code: 'payload-mismatch',
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('another process goes on under the same key', () => {
  test.each<[string, Partial<KeyRules>, Changes, string, string]>([
    ['JSON', { in: 'json', field: 'key' }, {}, 'orders', '{"id":"cart-42","total":990,"key":"key-1"}'],
    [
      'a form',
      { in: 'form', field: 'key' },
      body(new URLSearchParams({ a: '1' })),
      'orders',
      'a=1&key=key-1',
    ],
    ['the query', { in: 'query', field: 'key' }, {}, 'orders?key=key-1', '{"id":"cart-42","total":990}'],
    [
      'a query with more in it',
      { in: 'query', field: 'key' },
      { request: json => ({ method: 'post', url: 'orders?zone=a', json }) },
      'orders?zone=a&key=key-1',
      '{"id":"cart-42","total":990}',
    ],
  ])('%s, from what is stored and from a call', async (_, key, changes, url, sent) => {
    const setup = { profile: placed(key), retry: { attempts: 1 }, poll: { deadline: 1 } }
    const { placeOrder, server, clock, another } = bench(setup)
    server.script(reset, reset, answer(201, { order: 9 }))
    const stored: Changes = { ...changes, persist: 'request' }
    await clock.until(ending(placeOrder(stored).run(cart)))
    const resumed = another(setup)
    resumed.placeOrder(stored)
    await clock.until(resumed.client.resume({ send: true }))
    await clock.until(another(setup).placeOrder(stored).run(cart))

    const one = [`https://shop.test/api/${url}`, sent]
    expect(server.requests.map(request => [request.url, request.body])).toEqual([one, one, one])
  })

  test('not where the profile puts the key elsewhere meanwhile', async () => {
    const { placeOrder, server, clock, another } = bench({
      profile: placed({ in: 'json', field: 'key' }),
      retry: { attempts: 1 },
    })
    server.script(reset)
    await clock.until(ending(placeOrder({ fingerprint: ({ total }) => total }).run(cart)))
    const { error } = await clock.until(
      ending(
        another({ profile: placed({ in: 'json', field: 'ref' }) })
          .placeOrder({ fingerprint: ({ total }) => total })
          .run(cart),
      ),
    )

    expect(error).toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('The profile puts the key into another place or form than before'),
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a request that cannot take the key is refused by name, and nothing is sent', () => {
  const json = { in: 'json', field: 'a.key' } as const
  const twice = new FormData()
  twice.append('Key', '1')
  twice.append('Key', '2')
  const form = { in: 'form', field: 'Key' } as const
  test.each<[string, Partial<KeyRules>, Changes, string]>([
    ['no JSON', json, body('hello'), 'request.body: is no JSON'],
    ['bytes that are no text', json, body(new Uint8Array([0xff])), 'request.body: is no text'],
    ['a Blob that is no JSON', json, body(new Blob(['x'])), 'request.body: is no JSON'],
    ['a form in the place of JSON', json, body(new FormData()), 'request.body: is a form'],
    ['no body', json, { request: () => ({ method: 'delete', url: 'orders' }) }, 'request.body: is missing'],
    [
      'a number on the way',
      json,
      { request: () => ({ method: 'post', url: 'orders', json: { a: 1 } }) },
      'request.json: has no object at a',
    ],
    [
      'a list',
      json,
      { request: () => ({ method: 'post', url: 'orders', json: [] }) },
      'request.json: has no a at its top',
    ],
    ['the field twice', json, body('{"a":{},"a":{}}'), 'request.body: has "a" more than once'],
    ['JSON in the place of a form', form, {}, 'request.body: is no form'],
    ['a text that does not say that it is a form', form, body('a=1'), 'request.body: is no form'],
    ['the field twice in a multipart form', form, body(twice), 'request.body: has "Key" more than once'],
    ['the field twice in a form', form, body('Key=1&Key=2', FORM), 'request.body: has "Key" more than once'],
    [
      'the parameter twice',
      { in: 'query', field: 'k' },
      { request: () => ({ method: 'post', url: 'orders?k=1&k=2' }) },
      'request.url: has "k" more than once',
    ],
    [
      'a Blob whose own fingerprint is given',
      json,
      { ...body(new Blob(['x'])), fingerprint: () => 1 },
      'request.body: is no JSON',
    ],
  ])('%s', async (_, key, changes, fault) => {
    const { placeOrder, server, clock, records } = bench({ profile: placed(key) })
    const { error } = await clock.until(ending(placeOrder(changes).run(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: `operation(place-order).${fault}, and the profile acme puts the key into its ${key.in} field ${key.field}`,
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })
})

describe('a key of another shape than the server takes is refused at the call', () => {
  test.each<[string, Partial<KeyRules>, string, string]>([
    ['too short', { minLength: 16 }, 'order-1', 'must have at least 16 characters, has 7'],
    ['too long', { maxLength: 45 }, 'k'.repeat(46), 'must have at most 45 characters, has 46'],
    ['no UUID', { format: 'uuid' }, 'order-1', 'must be a UUID, for this server takes nothing else'],
    [
      'the nil UUID',
      { format: 'uuid' },
      '00000000-0000-0000-0000-000000000000',
      'must be a UUID, for this server takes nothing else',
    ],
    [
      'another letter',
      { alphabet: 'A-Za-z0-9_-' },
      'order:1',
      'must be made of A-Za-z0-9_-, for this server takes nothing else',
    ],
    [
      'what has a meaning in a pattern',
      { alphabet: '^]0-9a-f-' },
      '0g',
      'must be made of ^]0-9a-f-, for this server takes nothing else',
    ],
  ])('%s', async (_, key, made, fault) => {
    const { placeOrder, server, clock } = bench({ profile: placed({ in: 'json', field: 'key', ...key }) })
    const { error } = await clock.until(ending(placeOrder({ key: () => made }).run(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: `operation(place-order).key: ${fault}`,
    })
    expect(server.requests).toHaveLength(0)
  })

  test.each<[string, Partial<KeyRules>, string]>([
    ['long enough', { minLength: 7, maxLength: 7 }, 'order-1'],
    ['a UUID of any version', { format: 'uuid' }, '0190B6A1-7B5C-7000-8000-00A0C91E6BF6'],
    ['of the alphabet', { alphabet: '^]0-9a-f-' }, '^]0-f'],
  ])('one of its shape is sent: %s', async (_, key, made) => {
    const { placeOrder, server, clock } = bench({ profile: placed(key) })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder({ key: () => made }).run(cart))

    expect(server.requests.map(request => request.key)).toEqual([made])
  })

  test.each<[string, Partial<KeyRules>, string]>([
    ['shorter', { maxLength: 35 }, 'must have at most 35 characters, has 36'],
    ['longer', { minLength: 40 }, 'must have at least 40 characters, has 36'],
    ['of digits', { alphabet: '0-9' }, 'must be made of 0-9, for this server takes nothing else'],
  ])('where the server takes no UUID, the definition has to make keys: %s', (_, key, fault) => {
    const { placeOrder } = bench({ profile: placed(key) })

    expect(() => placeOrder()).toThrow(
      `operation(place-order).key: is needed: this server takes no UUID, for a key ${fault}`,
    )
  })
})

describe('a key in the query', () => {
  test('stands in no event and in no error', async () => {
    const { placeOrder, server, clock, events } = bench({
      profile: placed({ in: 'query', field: 'token' }),
      retry: { attempts: 2 },
      poll: { deadline: 1 },
    })
    server.script(refusedConnection, answer(400, { error: 'no' }))
    const { error } = await clock.until(ending(placeOrder({ fingerprint: ({ total }) => total }).run(cart)))

    expect(server.requests.map(({ url }) => url)).toEqual([
      'https://shop.test/api/orders?token=key-1',
      'https://shop.test/api/orders?token=key-1',
    ])
    expect(JSON.stringify([events, error, String(error?.cause)])).not.toContain('token=')
    expect(error?.message).not.toContain('key-1')
  })

  test('is for services: in a page the profile is refused', () => {
    const profile = placed({ in: 'query', field: 'token' })
    vi.stubGlobal('document', {})

    expect(() => bench({ profile })).toThrow(
      'profile.key.in: puts the key into the URL: a page needs it in a header or the body',
    )
    expect(() => bench().placeOrder({ profile })).toThrow(
      'operation(place-order).profile.key.in: puts the key into the URL: a page needs it in a header or the body',
    )
  })
})

test('a status request may use a key that goes in the body', async () => {
  const { placeOrder, server, clock } = bench({
    profile: defineProfile({ name: 'acme', honoursKeys: false, key: { in: 'json', field: 'ref' } }),
  })
  server.script(reset, answer(200, { order: 9 }))
  const status = { request: ({ key }: { readonly key: string }) => ({ url: `orders/${key}` }) }
  await clock.until(placeOrder({ status }).run(cart))

  expect(server.requests.map(({ method, url, body: sent }) => [method, url, sent])).toEqual([
    ['POST', 'https://shop.test/api/orders', '{"id":"cart-42","total":990,"ref":"key-1"}'],
    ['GET', 'https://shop.test/api/orders/key-1', ''],
  ])
})
