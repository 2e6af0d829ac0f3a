import { describe, expect, test } from 'vitest'
import { decodeStored } from '../../src/engine/stored/decode-stored.ts'
import { FORMAT, decodeRecord, upgraded } from '../../src/engine/stored/record-schema.ts'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

type Changes = Partial<OperationDefinition<Cart, OrderData>>

const secretive: Changes = {
  request: () => ({
    method: 'post',
    url: 'orders?token=canary-query',
    json: { card: 'canary-body' },
    headers: { 'X-Own': 'canary-header', 'X-Kept': 'kept', authorization: 'canary-own-token' },
  }),
}

async function stored(changes: Changes) {
  const world = bench({
    retry: { attempts: 1 },
    headers: { authorization: 'canary-token', cookie: 'canary-cookie' },
  })
  world.server.script(reset)
  await world.clock.until(ending(world.placeOrder(changes).run(cart)))
  return { ...world, text: JSON.stringify(await world.record()) }
}

describe('what is stored', () => {
  test("under persist 'key': key, hashes, target and times; no body, header, query or credential", async () => {
    const { text, record } = await stored(secretive)

    expect(text).not.toContain('canary')
    expect(await record()).toEqual({
      v: 1,
      scope: 'user-7',
      name: 'place-order',
      id: 'cart-42',
      generation: 1,
      key: 'key-1',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      target: {
        method: 'POST',
        origin: 'https://shop.test',
        path: '/api/orders',
        queryHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        carriage: 'idempotency-key raw',
        profile: 'ietf',
        account: '',
      },
      state: 'pending',
      createdAt: 1_800_000_000_000,
      firstSentAt: 1_800_000_000_000,
      updatedAt: 1_800_000_000_000,
      highestSeenAt: 1_800_000_000_000,
      keyRetentionMs: 86_400_000,
      attempts: 1,
      sent: 1,
      ambiguous: 1,
      writer: { runner: 'runner-1', write: 2 },
    })
  })

  test("under persist 'request': method, URL, bytes, content type and the headers that are kept; never a credential", async () => {
    const { text, record } = await stored({
      ...secretive,
      persist: 'request',
      keepHeaders: ['X-Kept', 'x-missing'],
      dropHeaders: ['X-Own', 'Authorization'],
    })

    expect(await record()).toMatchObject({
      target: { method: 'POST' },
      request: {
        url: 'https://shop.test/api/orders?token=canary-query',
        headers: { 'content-type': 'application/json', 'x-kept': 'kept' },
        text: '{"card":"canary-body"}',
      },
    })
    expect(text).not.toMatch(/canary-(token|cookie|header|own-token)/)
  })

  test('where the server said to ask, but not where that carries a query', async () => {
    const plain = bench({ poll: { deadline: 1 } })
    plain.server.script(answer(202, undefined, { location: '/api/orders/9/status' }))
    await plain.clock.until(ending(plain.placeOrder().run(cart)))
    const secret = bench({ poll: { deadline: 1 } })
    secret.server.script(answer(202, undefined, { location: '/api/orders/9/status?sig=canary' }))
    await secret.clock.until(ending(secret.placeOrder().run(cart)))

    expect(await plain.record()).toMatchObject({ statusUrl: 'https://shop.test/api/orders/9/status' })
    expect(await secret.record()).not.toHaveProperty('statusUrl')
  })

  test('before the first byte leaves, the key is there', async () => {
    const world = bench()
    let seen: unknown
    world.server.script(async request => {
      seen = await world.record()
      return answer(201, { order: 9 })(request)
    })
    await world.clock.until(world.placeOrder().run(cart))

    expect(seen).toMatchObject({
      key: 'key-1',
      state: 'pending',
      attempts: 1,
      sent: 0,
      firstSentAt: 1_800_000_000_000,
      inFlight: { runner: 'runner-1' },
    })
  })

  test('a long id has a short place, and is found again', async () => {
    const { placeOrder, server, store, clock, another } = bench()
    server.script(answer(201, { order: 9 }))
    const long = { id: 'c'.repeat(5_000) }
    await clock.until(placeOrder().run(long))

    expect(await clock.until(another().placeOrder().run(long))).toEqual({ order: 9 })
    for await (const { key } of store.listSettled?.('') ?? []) expect(key.length).toBeLessThan(300)
    expect(server.requests).toHaveLength(1)
  })

  test('a refusal keeps its answer, unless that is long', async () => {
    const { placeOrder, server, clock, records } = bench()
    server.script(answer(402, { title: 'No money' }), answer(402, 'x'.repeat(100_000)))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.until(ending(order.run({ id: 'cart-43' })))

    const [short, long] = await records()
    expect(short).toMatchObject({ failure: { status: 402, body: '{"title":"No money"}' } })
    expect(JSON.stringify(long).length).toBeLessThan(2_000)
  })

  test('a request that is too long to be kept is refused before anything is sent', async () => {
    const { placeOrder, server, clock, records } = bench()
    const order = placeOrder({
      persist: 'request',
      request: () => ({ method: 'post', url: 'orders', body: new Uint8Array(24 * 1024 * 1024) }),
    })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringContaining('operation(place-order).persist'),
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('a long request that is not kept is sent', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({
      request: () => ({ method: 'post', url: 'orders', body: new Uint8Array(24 * 1024 * 1024) }),
    })

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })
})

describe('formats', () => {
  test('a newer one is not understood, not sent with, and not overwritten', async () => {
    const { placeOrder, server, clock, overwrite, record } = await stored({})
    const newer = { ...(await record()), v: FORMAT + 1, more: true }
    await overwrite(JSON.stringify(newer))

    expect((await clock.until(ending(placeOrder({ redefine: true }).run(cart)))).error).toMatchObject({
      code: 'store-corrupt',
      outcome: 'unknown',
      message: expect.stringContaining('The record has format 2, this version of stillonce reads up to 1.'),
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toEqual(newer)
  })

  test('an older one is brought up step by step', () => {
    const upgrades = [
      (record: Record<string, unknown>) => ({ ...record, v: 2, two: true }),
      (record: Record<string, unknown>) => ({ ...record, v: 3, three: true }),
    ]

    expect(upgraded({ v: 1, one: true }, upgrades)).toEqual({ v: 3, one: true, two: true, three: true })
    expect(upgraded({ v: 2 }, upgrades)).toEqual({ v: 3, three: true })
    expect(upgraded({ v: 3 }, upgrades)).toEqual({ v: 3 })
  })

  test.each<[string, unknown]>([
    ['none', {}],
    ['zero', { v: 0 }],
    ['negative', { v: -1 }],
    ['a fraction', { v: 1.5 }],
    ['text', { v: '1' }],
    ['a list', []],
    ['null', null],
  ])('what has no format is not brought up: %s', (_, value) => {
    const upgrades = [() => ({ v: 2 })]

    expect(upgraded(value, upgrades)).toBe(value)
    expect(decodeRecord(JSON.stringify(value))).toMatchObject({ ok: false })
  })

  test('a longer text than any record is not even parsed', async () => {
    const text = '{"v":1,"x":"'.padEnd(33 * 1024 * 1024, 'x')
    const took: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      const began = performance.now()
      expect(await decodeStored(text)).toEqual({
        ok: false,
        fault: 'the record is longer than the limit of a record',
      })
      took.push(performance.now() - began)
    }
    // The quickest turn: a busy machine may stop any single one.
    expect(Math.min(...took)).toBeLessThan(5)
  })
})
