import { describe, expect, test, vi } from 'vitest'
import type { KeyContext } from '../../src/engine/plan.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { azure } from '../../src/profiles/azure.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

describe('a key of the definition’s own', () => {
  test('it is made of who, what and which generation, and is what the server gets', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402), answer(201, { order: 9 }))
    const key = vi.fn<(about: KeyContext) => string>(({ id, generation }) => `${String(id)}-${generation}`)
    const order = placeOrder({ key })
    await clock.until(ending(order.run(cart)))
    await clock.until(order.run(cart))

    expect(key.mock.calls).toEqual([
      [{ scope: 'user-7', name: 'place-order', id: 'cart-42', generation: 1 }],
      [{ scope: 'user-7', name: 'place-order', id: 'cart-42', generation: 2 }],
    ])
    expect(server.requests.map(request => request.key)).toEqual(['cart-42-1', 'cart-42-2'])
  })

  test('it is asked for once a generation, not at every attempt', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, reset, answer(201, { order: 9 }))
    const key = vi.fn<() => string>(() => 'mine')
    await clock.until(placeOrder({ key }).run(cart))

    expect(key).toHaveBeenCalledTimes(1)
  })

  test.each<[string, unknown, string]>([
    ['a line break', 'a\r\nX-Evil: 1', 'must be printable ASCII without spaces, quotes and backslashes'],
    ['a space', 'a b', 'must be printable ASCII without spaces, quotes and backslashes'],
    ['a quote', 'a"b', 'must be printable ASCII without spaces, quotes and backslashes'],
    ['a backslash', 'a\\b', 'must be printable ASCII without spaces, quotes and backslashes'],
    ['a letter beyond ASCII', 'clé', 'must be printable ASCII without spaces, quotes and backslashes'],
    ['a NUL', 'a\0', 'must be printable ASCII without spaces, quotes and backslashes'],
    ['nothing', '', 'must not be empty'],
    ['no text', 42, 'must be a string'],
    ['undefined', undefined, 'must be a string'],
    ['a promise', Promise.resolve('a'), 'must be synchronous: it gave a promise'],
    ['too long', 'k'.repeat(256), 'must have at most 255 characters, has 256'],
  ])('that does not fit is refused before it meets a header: %s', async (_, key, fault) => {
    const { placeOrder, server, clock, records } = bench()
    const order = placeOrder({ key: () => key as string })

    const { error } = await clock.until(ending(order.run(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: `operation(place-order).key: ${fault}`,
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('that throws is a configuration error with its cause', async () => {
    const { placeOrder, server, clock } = bench()
    const thrown = new Error('no key today')
    const order = placeOrder({
      key: () => {
        throw thrown
      },
    })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: 'operation(place-order).key: threw',
      cause: thrown,
    })
    expect(server.requests).toHaveLength(0)
  })

  test('the limits are those of the profile', async () => {
    const { placeOrder, server, clock } = bench({ profile: azure })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ key: () => 'k'.repeat(37) })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      message: 'operation(place-order).key: must have at most 36 characters, has 37',
    })
  })
})

describe('keys that are made here', () => {
  test('have 122 random bits, and are never the same', () => {
    const runtime = systemRuntime()
    const keys: string[] = []
    for (let index = 0; index < 1_000; index++) keys.push(runtime.createKey())

    expect(new Set(keys).size).toBe(1_000)
    for (const key of keys)
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const bits = keys.join('').replaceAll('-', '')
    for (const digit of '0123456789abcdef') expect(bits).toContain(digit)
  })
})

describe('how the key goes over the wire', () => {
  const own = { name: 'own', honoursKeys: true } as const

  test('bare, in Idempotency-Key, by default', async () => {
    const { placeOrder, server, clock } = bench({ profile: defineProfile(own) })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(server.requests[0]!.headers['idempotency-key']).toBe('key-1')
  })

  test('quoted, as the draft says', async () => {
    const { placeOrder, server, clock } = bench({ profile: defineProfile({ ...own, format: 'quoted' }) })
    server.script(reset, answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['"key-1"', '"key-1"'])
  })

  test('in the header that the profile names', async () => {
    const { placeOrder, server, clock } = bench({
      profile: defineProfile({ ...own, header: 'X-Request-Token' }),
    })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(server.requests[0]!.headers).toMatchObject({ 'x-request-token': 'key-1' })
    expect(server.requests[0]!.headers).not.toHaveProperty('idempotency-key')
  })

  test('with the time of its first send, the same at every attempt, where the profile names a header for it', async () => {
    const profile = defineProfile({ ...own, firstSent: { header: 'X-First-Sent' } })
    const { placeOrder, server, clock } = bench({ profile })
    server.script(answer(503, undefined, { 'retry-after': '90' }), answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(server.requests.map(({ headers }) => headers['x-first-sent'])).toEqual([
      'Fri, 15 Jan 2027 08:00:00 GMT',
      'Fri, 15 Jan 2027 08:00:00 GMT',
    ])
  })

  test('not to a server without keys: some proxies take the header for leave to send again', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(Object.keys(server.requests[0]!.headers).toSorted()).toEqual(['accept', 'content-type'])
  })

  test('to a server without keys only in the header that the profile names', async () => {
    const profile = defineProfile({ ...noKeys, name: 'logs-keys', header: 'X-Request-Key' })
    const { placeOrder, server, clock } = bench({ profile })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(server.requests[0]!.headers).toMatchObject({ 'x-request-key': 'key-1' })
  })

  test('a status request and a poll carry no key', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(200, { order: 9 }))
    await clock.until(placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).run(cart))

    expect(server.requests.map(request => request.key)).toEqual(['key-1', undefined])
  })

  test('redirects are never followed by the platform', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(200, { order: 9 }))
    await clock.until(placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).run(cart))

    expect(server.requests.map(({ redirect }) => redirect)).toEqual(['manual', 'manual'])
  })
})

describe('what a profile says of answers decides', () => {
  const acme = defineProfile({
    name: 'acme',
    honoursKeys: true,
    rules: [
      { status: 409, code: 'key_in_use', means: 'processing', source: 'https://acme.test/docs' },
      { status: 402, means: 'rejected', conclusive: true, source: 'https://acme.test/docs' },
      { status: 400, type: 'key_reused', means: 'mismatch', source: 'https://acme.test/docs' },
      {
        status: 409,
        header: { name: 'x-done', value: 'yes' },
        means: 'succeeded',
        source: 'https://acme.test/docs',
      },
    ],
    replayed: { header: 'X-Replayed', value: 'true' },
  })

  test('processing', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(answer(409, { code: 'key_in_use' }), answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
  })

  test('rejected and conclusive, also after an attempt that may have executed', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(reset, answer(402))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
    })
  })

  test('a replay of a refusal is conclusive after an attempt that may have executed', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(reset, answer(404, undefined, { 'x-replayed': 'true' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
    })
  })

  test('mismatch', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(answer(400, { error: { type: 'key_reused' } }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'payload-mismatch',
    })
  })

  test('succeeded', async () => {
    const { placeOrder, server, clock } = bench({ profile: acme })
    server.script(answer(409, { order: 9 }, { 'x-done': 'yes' }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
  })

  test('a definition may speak to another server than the client', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(reset, answer(201, { order: 9 }))

    expect(await clock.until(placeOrder({ profile: acme }).run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(2)
  })

  test('another profile in a later deployment does not send again what the first one sent', async () => {
    const { placeOrder, server, clock, another } = bench({ profile: acme, retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))

    expect((await clock.until(ending(another().placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })
})
