import { describe, expect, test, vi } from 'vitest'
import type { Conflict, ConflictAnswer, OperationDefinition } from '../../src/client/definition.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, reset } from './bench/scripted-server.ts'

/*
 * A conflict that the operation itself may have made: its first delivery was executed, and the second, which nobody saw
 * being sent, found the change in its way.
 */

type Said = ConflictAnswer<Cart> | undefined
type OnConflict = (conflict: Conflict<Cart>) => Said | Promise<Said>
type Changes = Partial<OperationDefinition<Cart, OrderData>>

const put = (onConflict?: OnConflict, more: Changes = {}): Changes => ({
  request: json => ({ method: 'put', url: 'orders', json, headers: { 'if-match': `"v${json.total ?? 0}"` } }),
  ...(onConflict && { onConflict }),
  ...more,
})
const next = { id: 'cart-42', total: 991 }
const replayed = { 'idempotent-replayed': 'true' }

describe('a 412 to a precondition, where the key is honoured', () => {
  test('is asked about under the same key: what was executed is given again', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412), answer(200, { order: 9 }, replayed))

    expect(await clock.until(placeOrder(put()).run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('is proven when it is given again', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(answer(412), answer(412, undefined, replayed))

    expect((await clock.until(ending(placeOrder(put()).run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
    })
    expect(await record()).toMatchObject({ state: 'failed' })
  })

  test('stays unknown when it is only said again, and is asked about once', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(412))

    expect((await clock.until(ending(placeOrder(put()).run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(2)
  })

  test('is asked about by the status request, where there is one', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412), answer(200, { status: 'succeeded', result: { order: 9 } }))
    const status = { request: () => ({ url: 'orders/1' }), read: undefined }

    expect(await clock.until(placeOrder(put(undefined, { status })).run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET'])
  })

  test('counts as one also where a hook of the http layer added the precondition', async () => {
    const { placeOrder, server, clock } = bench({ headers: { 'X-Goog-If-Generation-Match': '7' } })
    server.always(answer(412))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(2)
  })
})

const keyless = { profile: noKeys }
const conflicts: readonly (readonly [string, Reply, Changes])[] = [
  ['a 412 to a PUT', answer(412, { version: 2 }), put()],
  ['a 409 to a PUT', answer(409, { version: 2 }), put()],
  ['a 409 to a POST', answer(409, { version: 2 }), {}],
]

describe.each(conflicts)('without keys, %s', (_, reply, changes) => {
  test('is told to onConflict as not proven, and undefined leaves it unknown', async () => {
    const { placeOrder, server, clock, record } = bench(keyless)
    server.script(reply)
    const onConflict = vi.fn<OnConflict>(() => undefined)

    expect((await clock.until(ending(placeOrder({ ...changes, onConflict }).run(cart)))).error).toMatchObject(
      { code: 'conflict', outcome: 'unknown', response: { body: { version: 2 } } },
    )
    expect(onConflict.mock.calls).toMatchObject([[{ input: cart, turn: 1, proven: false }]])
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'pending', ambiguous: 1 })
  })

  test('settles as executed where onConflict finds its own change', async () => {
    const { placeOrder, server, clock, record } = bench(keyless)
    server.script(reply)
    const order = placeOrder({ ...changes, onConflict: async () => ({ executed: { order: 9 } }) })

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 1 })
  })

  test('begins a new generation where onConflict finds the change of another', async () => {
    const { placeOrder, server, clock, record } = bench(keyless)
    server.script(reply, answer(200, { order: 9 }))
    const order = placeOrder({ ...changes, onConflict: () => ({ notMine: true, next }) })

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ body }) => body)).toEqual([JSON.stringify(cart), JSON.stringify(next)])
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2 })
  })

  test('is no place for a bare next input: nothing is sent by it', async () => {
    const { placeOrder, server, clock } = bench(keyless)
    server.script(reply)

    expect(
      (await clock.until(ending(placeOrder({ ...changes, onConflict: () => next }).run(cart)))).error,
    ).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: expect.stringMatching(/^operation\(place-order\)\.onConflict: gave the next input/),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('stays one when another runner took it up meanwhile', async () => {
    const { placeOrder, server, clock, record, overwrite } = bench(keyless)
    server.script(reply)
    const order = placeOrder({
      ...changes,
      onConflict: async () => {
        const stored = await record()
        await overwrite(JSON.stringify({ ...stored, attempts: 2, inFlight: { runner: 'other', at: 0 } }))
        return { notMine: true, next }
      },
    })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('keeps to the turns', async () => {
    const { placeOrder, server, clock } = bench(keyless)
    server.always(reply)
    const order = placeOrder({ ...changes, conflictTurns: 2, onConflict: () => ({ notMine: true, next }) })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(3)
  })
})

test('after an attempt that may have executed a conflict is told as not proven', async () => {
  const { placeOrder, server, clock } = bench()
  server.script(reset, answer(412), answer(412))
  const onConflict = vi.fn<OnConflict>(() => undefined)
  await clock.until(ending(placeOrder(put(onConflict)).run(cart)))

  expect(onConflict.mock.calls.map(([{ proven }]) => proven)).toEqual([false])
})

test('a result that JSON cannot hold is a mistake, and the conflict stands', async () => {
  const { placeOrder, server, clock } = bench(keyless)
  server.script(answer(412))
  const order = placeOrder(put(() => ({ executed: 9n })))

  expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
    code: 'conflict',
    outcome: 'unknown',
    cause: { code: 'configuration', message: expect.stringContaining('onConflict.executed') },
  })
})

describe('a keyless refusal', () => {
  const rule = (status: number) => ({
    status,
    code: 'no_such_order',
    means: 'rejected' as const,
    everyDelivery: true,
    source: 'this test',
  })
  const said = answer(404, { code: 'no_such_order' })
  const remove: Changes = { request: ({ id }) => ({ method: 'delete', url: `orders/${id}` }) }

  test('of a DELETE may be of its second delivery', async () => {
    const { placeOrder, server, clock } = bench(keyless)
    server.script(said)

    expect((await clock.until(ending(placeOrder(remove).run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'unknown',
      message: expect.stringContaining('404, perhaps to a second delivery'),
    })
  })

  test('of a POST with a body is one, in Node; not in a page', async () => {
    const inNode = bench(keyless)
    inNode.server.script(said)
    expect((await inNode.clock.until(ending(inNode.placeOrder().run(cart)))).error).toMatchObject({
      outcome: 'not-executed',
    })

    const inPage = bench({ ...keyless, environment: 'other' })
    inPage.server.script(said)
    expect((await inPage.clock.until(ending(inPage.placeOrder().run(cart)))).error).toMatchObject({
      outcome: 'unknown',
    })
  })

  test.each(['node', 'other'] as const)(
    'that a rule speaks of for every delivery is proof: %s',
    async environment => {
      const profile = defineProfile({ ...noKeys, name: 'acme', rules: [rule(404)] })
      const { placeOrder, server, clock } = bench({ profile, environment })
      server.script(said)

      expect((await clock.until(ending(placeOrder(remove).run(cart)))).error).toMatchObject({
        code: 'rejected',
        outcome: 'not-executed',
      })
    },
  )

  const ways: readonly (readonly [method: string, changes: Changes])[] = [
    ['PUT', { request: json => ({ method: 'put', url: `orders/${json.id}`, json }) }],
    ['DELETE', remove],
    ['POST without a body', { request: ({ id }) => ({ method: 'post', url: `orders/${id}/capture` }) }],
  ]
  describe.each(ways)('of a %s', (_, changes) => {
    describe.each(['node', 'other'] as const)('in %s', environment => {
      test('proves nothing by itself', async () => {
        const { placeOrder, server, clock } = bench({ ...keyless, environment })
        server.script(said)
        const { error } = await clock.until(ending(placeOrder(changes).run(cart)))
        expect(error).toMatchObject({ outcome: 'unknown' })
      })

      test('is proof by a rule that speaks of every delivery', async () => {
        const profile = defineProfile({ ...noKeys, name: 'acme', rules: [rule(404)] })
        const { placeOrder, server, clock } = bench({ profile, environment })
        server.script(said)
        const { error } = await clock.until(ending(placeOrder(changes).run(cart)))
        expect(error).toMatchObject({ outcome: 'not-executed' })
      })

      test.each([
        ['executed', { status: 'succeeded' }, 'executed'],
        ['not executed', { status: 'failed' }, 'not-executed'],
      ] as const)('is found out by the status request: %s', async (_word, found, outcome) => {
        const { placeOrder, server, clock } = bench({ ...keyless, environment })
        server.script(said, answer(200, found))
        const status = { request: ({ id }: { id: unknown }) => ({ url: `orders/${String(id)}/state` }) }
        const order = placeOrder({
          ...changes,
          status,
          response: undefined,
          profile: defineProfile({ ...noKeys, status: {} }),
        })
        expect((await clock.until(order.start(cart).settled)).outcome).toBe(outcome)
        expect(server.requests).toHaveLength(2)
      })
    })
  })

  test.each([
    ['node', 'not-executed'],
    ['other', 'unknown'],
  ] as const)("under delivers: 'once' is proof in Node alone: %s", async (environment, outcome) => {
    const profile = defineProfile({ ...noKeys, name: 'acme', delivers: 'once' })
    const { placeOrder, server, clock } = bench({ profile, environment })
    server.script(said)

    expect((await clock.until(ending(placeOrder(remove).run(cart)))).error).toMatchObject({ outcome })
  })

  test.each(['node', 'other'] as const)(
    'with 401 leaves no doubt where a rule says so: %s',
    async environment => {
      const profile = defineProfile({
        ...noKeys,
        name: 'acme',
        rules: [{ status: 401, means: 'rejected', everyDelivery: true, source: 'this test' }],
      })
      const { placeOrder, server, clock, record } = bench({ profile, environment })
      server.script(answer(401))

      expect((await clock.until(ending(placeOrder(remove).run(cart)))).error).toMatchObject({
        outcome: 'not-executed',
      })
      expect(await record()).toMatchObject({ state: 'pending', key: 'key-1', ambiguous: 0 })
    },
  )

  test('is found out by the status request', async () => {
    const { placeOrder, server, clock } = bench({ ...keyless, environment: 'other' })
    server.script(said, answer(200, { gone: true }))
    const status: Changes['status'] & object = {
      request: ({ id }) => ({ url: `orders/${String(id)}` }),
      read: () => ({ outcome: 'executed', data: { order: 9 } }),
    }

    expect(await clock.until(placeOrder({ ...remove, status }).run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['DELETE', 'GET'])
  })
})

describe('a key that no request carries', () => {
  test.each<[string, (key: string) => string | URL]>([
    ['in a template', key => `orders/by-key/${key}`],
    ['encoded', key => `orders/by-key/${encodeURIComponent(key)}`],
    ['in a query', key => `orders?${new URLSearchParams({ key }).toString()}`],
    ['by its parts', key => `orders/${key.slice(0, 8)}`],
    ['as it is', key => key],
  ])('cannot be asked by: %s', async (_, url) => {
    const { placeOrder, server, clock } = bench(keyless)
    const status = { request: ({ key }: { key: string }) => ({ url: url(key) }) }

    expect((await clock.until(ending(placeOrder({ status }).run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringMatching(/^operation\(place-order\)\.status\.request: uses `key`/),
    })
    expect(server.requests).toHaveLength(0)
  })

  test.each<[string, (key: string) => object]>([
    ['as the body', key => ({ method: 'post', body: key })],
    ['in json', key => ({ method: 'post', json: { key } })],
    ['in a header', key => ({ headers: { 'x-request-key': key } })],
    ['in a header of a pair', key => ({ headers: [['x-request-key', key]] })],
    ['in a header of a Map', key => ({ headers: new Map([['x-request-key', key]]) })],
  ])('cannot be asked by %s', async (_, parts) => {
    const { placeOrder, server, clock } = bench(keyless)
    const status = { request: ({ key }: { key: string }) => ({ url: 'orders/asked', ...parts(key) }) }

    expect((await clock.until(ending(placeOrder({ status }).run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringMatching(/^operation\(place-order\)\.status\.request: uses `key`/),
    })
    expect(server.requests).toHaveLength(0)
  })

  test('may be named where it is not used', async () => {
    const { placeOrder, server, clock } = bench(keyless)
    server.script(reset, answer(200, { order: 9 }))
    const request = ({ key, id }: { key: string; id: unknown }) => {
      void key
      return { url: `orders/${String(id)}` }
    }

    expect(await clock.until(placeOrder({ status: { request } }).run(cart))).toEqual({ order: 9 })
  })

  test('can be asked by where the definition makes it, or the profile names a header', async () => {
    for (const changes of [
      { key: () => 'natural-key-of-cart-42' },
      { profile: defineProfile({ ...ietf, name: 'sees', honoursKeys: false }) },
    ]) {
      const { placeOrder, server, clock } = bench(keyless)
      server.script(reset, answer(200, { order: 9 }))
      const status = { request: ({ key }: { key: string }) => ({ url: `orders/${key}` }) }

      expect(await clock.until(placeOrder({ ...changes, status }).run(cart))).toEqual({ order: 9 })
    }
  })
})

describe('what a run is told after an ambiguous attempt', () => {
  test.each([400, 404, 410, 422])('a %i proves nothing', async status => {
    const { placeOrder, server, clock, record } = bench()
    server.script(reset, answer(status, { code: 'x' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(await record()).toMatchObject({ state: 'pending', key: 'key-1' })
  })
})
