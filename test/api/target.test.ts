import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { ProfileInput } from '../../src/profiles/made-profile.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import type { Cart, OrderData, Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

/*
 * A key belongs to an account, and means what the profile says at one origin. Whatever sends or asks with it looks at
 * these three first, each time anew: an organisation is switched while a run waits.
 */

const once = { retry: { attempts: 1 }, poll: { deadline: 1_000, interval: { min: 10, max: 20 } } } as const
const acme = defineProfile({ name: 'acme', honoursKeys: true })
const created = answer(201, { order: 9 })

type Changes = Partial<OperationDefinition<Cart, OrderData>>

const askable: Changes = {
  status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }), read: () => ({ absent: true }) },
  cancel: {
    request: ({ key }) => ({ method: 'delete', url: `orders/by-key/${key}` }),
    read: () => ({ sealed: true }),
  },
}

/** Begun under one account, with a first answer; nobody is asked about it yet. */
async function begunBy(reply: Reply, changes: Changes = {}) {
  const world = bench({ ...once, account: 'acct-1' })
  world.server.script(reply)
  const order = world.placeOrder(changes)
  await world.clock.until(ending(order.run(cart)))
  const before = world.server.requests.length
  world.server.always(created)
  return { ...world, sentSince: () => world.server.requests.length - before }
}

const others: readonly (readonly [string, Setup, string])[] = [
  ['another account', { account: 'acct-2' }, 'The account is not the one that the operation was begun with'],
  ['no account', {}, 'The account is not the one that the operation was begun with'],
  [
    'another profile',
    { account: 'acct-1', profile: acme },
    'The profile is not the one that the operation was begun with',
  ],
]

describe.each(others)('a later process under %s', (_name, setup, message) => {
  test.each<readonly [string, Reply]>([
    ['was lost', reset],
    ['said that it is at work', answer(202, undefined, { location: '/api/orders/9/status' })],
  ])('neither sends nor asks where the first answer %s', async (_what, reply) => {
    const { another, clock, sentSince, record } = await begunBy(reply)
    const later = another({ ...once, ...setup })
    const order = later.placeOrder(askable)
    const kept = await record()

    for (const ended of [order.start(cart).settled, order.settle(cart)]) {
      expect((await clock.until(ended)).error).toMatchObject({
        code: 'unresolved',
        outcome: 'unknown',
        message: expect.stringContaining(message),
      })
    }
    const cancelled = await clock.until(order.cancel(cart))
    expect(cancelled).toMatchObject({ outcome: 'unknown', error: { code: 'unresolved' } })
    expect(cancelled.error?.message).toContain(message)
    expect(sentSince()).toBe(0)
    expect(await record()).toMatchObject({ key: kept!.key, target: kept!['target'] })
  })

  test('resumes nothing of it, and the first one does', async () => {
    const { client, another, clock, sentSince } = await begunBy(reset, { persist: 'request' })
    const later = another({ ...once, ...setup })
    later.placeOrder({ persist: 'request', ...askable })

    const [resumed] = await clock.until(later.client.resume({ send: true }))
    expect(resumed).toMatchObject({ outcome: 'unknown', reason: expect.stringContaining(message) })
    expect(sentSince()).toBe(0)
    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
  })

  test('sends what never left, and the key is its own from then on', async () => {
    const { placeOrder, another, clock, server, record } = await begunBy(refusedConnection, {
      persist: 'request',
    })
    const later = another({ ...once, ...setup })
    server.script(reset)
    const order = later.placeOrder({ persist: 'request' })
    await clock.until(ending(order.run(cart)))

    expect((await record())!['target']).toMatchObject({ account: setup.account ?? '' })
    const first = placeOrder({ redefine: true })
    expect((await clock.until(ending(first.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })
})

describe('a deployment that keeps the profile’s name and has the key go otherwise', () => {
  const keys = { name: 'acme', honoursKeys: true }
  const noKeys = { name: 'acme', honoursKeys: false, retention: 1e12 }

  test.each<[string, ProfileInput, ProfileInput]>([
    ['honours keys now', noKeys, keys],
    ['honours none now', keys, noKeys],
    ['quotes it now', keys, { ...keys, format: 'quoted' }],
    ['quotes it no more', { ...keys, format: 'quoted' }, keys],
    ['has another header now', keys, { ...keys, header: 'X-Idempotency-Key' }],
  ])('%s: what was lost is neither sent nor asked about', async (_, before, after) => {
    const { placeOrder, another, server, clock, record } = bench({ ...once, profile: defineProfile(before) })
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))
    server.always(created)
    const kept = await record()
    // One who sends no key cannot ask by it.
    const changes = after.honoursKeys ? { status: askable.status! } : {}
    const later = another({ ...once, profile: defineProfile(after) }).placeOrder(changes)

    for (const ended of [later.start(cart).settled, later.settle(cart)]) {
      expect((await clock.until(ended)).error).toMatchObject({
        code: 'unresolved',
        outcome: 'unknown',
        message: expect.stringContaining('The profile puts the key into another place or form than before'),
      })
    }
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ key: kept!.key, target: kept!['target'] })

    const back = another({ ...once, profile: defineProfile(before) }).placeOrder()
    expect((await clock.until(back.start(cart).settled)).outcome).toBe(
      before.honoursKeys ? 'executed' : 'unknown',
    )
  })

  test.each<[string, ProfileInput]>([
    ['quotes it now', { ...keys, format: 'quoted' }],
    ['has another header now', { ...keys, header: 'X-Idempotency-Key' }],
    ['honours none now', noKeys],
  ])('%s: a stored request is not sent by resume either', async (_, after) => {
    const { placeOrder, another, server, clock } = bench({ ...once, profile: defineProfile(keys) })
    server.script(reset)
    await clock.until(ending(placeOrder({ persist: 'request' }).run(cart)))
    server.always(created)
    const later = another({ ...once, profile: defineProfile(after) })
    later.placeOrder({ persist: 'request' })

    expect(await clock.until(later.client.resume({ send: true }))).toMatchObject([
      {
        outcome: 'unknown',
        reason: expect.stringContaining('The profile puts the key into another place or form than before'),
      },
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('the same carriage in another spelling, and another retention: it goes on', async () => {
    const { placeOrder, another, server, clock } = bench({ ...once, profile: defineProfile(keys) })
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))
    server.always(created)
    const profile = defineProfile({ ...keys, header: 'idempotency-key', retention: 1e9 })

    expect(
      (
        await clock.until(
          another({ ...once, profile })
            .placeOrder()
            .start(cart).settled,
        )
      ).outcome,
    ).toBe('executed')
  })

  test('what never left is begun as the key goes now', async () => {
    const { placeOrder, another, server, clock, record } = bench({ ...once, profile: defineProfile(keys) })
    server.script(refusedConnection)
    await clock.until(ending(placeOrder().run(cart)))
    expect(await record()).toMatchObject({ sent: 0, target: { carriage: 'idempotency-key raw' } })
    server.script(reset)
    const profile = defineProfile({ ...keys, format: 'quoted' })
    await clock.until(
      ending(
        another({ ...once, profile })
          .placeOrder()
          .run(cart),
      ),
    )

    expect(await record()).toMatchObject({ sent: 1, target: { carriage: 'idempotency-key quoted' } })
  })

  test('a record that does not tell, as those of 0.1.0, is gone on with', async () => {
    const { placeOrder, another, server, clock, record, overwrite } = bench({
      ...once,
      profile: defineProfile(keys),
    })
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))
    server.always(created)
    const { target, ...rest } = (await record())! as unknown as { target: { carriage?: string } }
    const { carriage: _carriage, ...older } = target
    await overwrite(JSON.stringify({ ...rest, target: older }))
    const profile = defineProfile({ ...keys, format: 'quoted' })

    expect(
      (
        await clock.until(
          another({ ...once, profile })
            .placeOrder()
            .start(cart).settled,
        )
      ).outcome,
    ).toBe('executed')
  })
})

describe('the account changes while a run is under way', () => {
  function switching(replies: readonly Reply[], switchAfter: number, changes: Changes = {}) {
    let account = 'acct-1'
    const world = bench({ account: () => account, poll: { interval: { min: 10, max: 20 } } })
    world.server.script(
      ...replies.map((reply, index): Reply => request => {
        if (index + 1 === switchAfter) account = 'acct-2'
        return reply(request)
      }),
    )
    return { ...world, order: world.placeOrder(changes) }
  }
  const working = answer(202, undefined, { location: '/api/orders/9/status' })

  test.each<readonly [string, readonly Reply[], Changes, string]>([
    ['nothing is sent again', [reset], {}, 'unknown'],
    ['nothing is asked by status', [reset], { ...askable, retry: { attempts: 1 } }, 'unknown'],
    ['nothing is polled', [working], {}, 'unknown'],
    ['nothing is polled once more', [working, working], {}, 'unknown'],
    ['what was refused before it left is not sent', [refusedConnection], {}, 'not-executed'],
  ])('%s', async (_name, replies, changes, outcome) => {
    const { order, clock, server } = switching(replies, replies.length, changes)
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome,
      message: expect.stringContaining('The account is not the one that the operation was begun with'),
    })
    expect(server.requests).toHaveLength(replies.length)
  })

  test('the next input after a conflict is not sent', async () => {
    const conflict = answer(409, { error: 'taken' }, { 'idempotent-replayed': 'true' })
    const { order, clock, server } = switching([conflict], 1, { onConflict: ({ input }) => input })
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
      message: expect.stringContaining('the account is not the one that the operation was begun with'),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a result that comes back is the result', async () => {
    const { order, clock } = switching([created], 1)
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('an account that cannot be told is another one', async () => {
    let isLoggedIn = true
    const account = () => {
      if (isLoggedIn) return 'acct-1'
      throw new Error('nobody is logged in')
    }
    const { placeOrder, clock, server } = bench({ account })
    server.script(request => {
      isLoggedIn = false
      return reset(request)
    })
    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('`account` threw'),
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe("under persist 'request' the stored request is the whole request", () => {
  const withHeaders = (headers: Readonly<Record<string, string>>): Changes => ({
    persist: 'request',
    request: () => ({ method: 'put', url: 'seat', json: cart, headers }),
  })

  test.each([
    ['a precondition', { 'If-Match': '"v1"' }, 'if-match'],
    ['a tenant', { 'stripe-account': 'acct_7' }, 'stripe-account'],
    ['what is wanted back', { accept: 'application/vnd.shop+json' }, 'accept'],
    ['a credential', { authorization: 'Bearer mine' }, 'authorization'],
  ])('%s that would be left out is refused before anything is sent or stored', async (_name, headers, at) => {
    const { placeOrder, clock, server, records } = bench()
    const end = await clock.until(ending(placeOrder(withHeaders(headers)).run(cart)))
    expect(end.error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringContaining(`operation(place-order).request.headers.${at}: would be left out`),
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('what is kept goes out again, what may be missing does not', async () => {
    const { placeOrder, another, clock, server } = bench(once)
    const changes: Changes = {
      ...withHeaders({ 'if-match': '"v1"', 'x-trace': '7', 'content-type': 'application/json' }),
      keepHeaders: ['If-Match'],
      dropHeaders: ['X-Trace'],
    }
    server.script(reset, created)
    await clock.until(ending(placeOrder(changes).run(cart)))
    const later = another()
    later.placeOrder(changes)
    await clock.until(later.client.resume({ send: true }))

    expect(server.requests.map(({ headers }) => [headers['if-match'], headers['x-trace']])).toEqual([
      ['"v1"', '7'],
      ['"v1"', undefined],
    ])
  })

  test('headers of the http layer are its own: they are set again when it is sent again', async () => {
    const { placeOrder, clock, server } = bench({ headers: { 'x-tenant': 'tenant-8' } })
    server.script(created)
    expect(await clock.until(placeOrder(withHeaders({})).run(cart))).toEqual({ order: 9 })
    expect(server.requests[0]!.headers['x-tenant']).toBe('tenant-8')
  })
})
