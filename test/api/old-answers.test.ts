import { describe, expect, test } from 'vitest'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, htmlAnswer, reset } from './bench/scripted-server.ts'

const request = () => ({ url: 'orders/9' })
const status = { request, absentAfter: 2_000 }
const cancels = defineProfile({
  name: 'cancels',
  honoursKeys: true,
  retention: 86_400_000,
  cancel: { sealed: ['canceled'] },
})
const quick = { retry: { attempts: 1 }, deadline: 10_000 } as const

/** A server without keys loses the answer, and answers the status request like this from then on. */
async function after(replies: readonly Reply[], always: Reply, changes: object = {}) {
  const world = bench({ ...quick, profile: noKeys })
  world.server.script(reset, ...replies)
  world.server.always(always)
  const end = await world.clock.until(world.placeOrder({ status, ...changes }).start(cart).settled)
  const posts = world.server.requests.filter(({ method }) => method === 'POST').length
  return { ...world, end, posts }
}

describe('a "not found" is proof, where the definition says so', () => {
  test('from an answer that is data', async () => {
    const { end, clock } = await after([], answer(404, { code: 'not_found' }))
    expect(end).toMatchObject({ outcome: 'not-executed' })
    expect(clock.elapsed()).toBeGreaterThanOrEqual(2_000)
  })

  test('from an old answer once it is old enough itself', async () => {
    // Two seconds after the attempt's end, and three more that it may be old.
    const { end, clock } = await after([], answer(404, { code: 'not_found' }, { age: '2' }))
    expect(end).toMatchObject({ outcome: 'not-executed' })
    expect(clock.elapsed()).toBeGreaterThanOrEqual(5_000)
  })

  const absent = () => ({ absent: true }) as const
  const bytes = answer(404, '\u0001\u0002', { 'content-type': 'application/octet-stream' })
  test.each<[string, readonly Reply[], Reply, object]>([
    ['an answer that is older', [], answer(404, {}, { age: '60' }), {}],
    ['one whose age cannot be read', [], answer(404, {}, { age: 'old' }), {}],
    [
      'an old one that `read` calls absent',
      [],
      answer(404, {}, { age: '60' }),
      { status: { ...status, read: absent } },
    ],
    ['one that a cache kept, without an age', [], answer(404, {}, { 'x-cache': 'HIT from proxy' }), {}],
    ['one that a cache says is stale', [], answer(404, {}, { warning: '110 proxy "Response is stale"' }), {}],
    ['"not modified" that `read` calls absent', [], answer(304), { status: { ...status, read: absent } }],
    ['one that was given before', [], answer(404, {}, { 'x-cache-hits': '3' }), {}],
    ['a page', [], htmlAnswer(404), {}],
    ['bytes', [], bytes, {}],
    ['bytes that `read` calls absent', [], bytes, { status: { ...status, read: absent } }],
    ['a page that `read` calls absent', [], htmlAnswer(404), { status: { ...status, read: absent } }],
    ['gone: it was there once', [], answer(410, {}), {}],
    ['one after the server said that it is at work', [answer(202)], answer(404, {}), {}],
    ['one after a word', [answer(200, { status: 'running' })], answer(404, {}), {}],
    ['one after an old word', [answer(200, { status: 'running' }, { age: '60' })], answer(404, {}), {}],
    ['one after a word that nobody knows', [answer(200, { status: 'requires_action' })], answer(404, {}), {}],
    [
      'one that `read` gives after the server said that it is at work',
      [answer(202)],
      answer(404, {}),
      {
        status: {
          ...status,
          read: ({ status: code }: { status: number }) =>
            code === 202 ? { processing: true } : { absent: true },
        },
      },
    ],
  ])('but not from %s', async (_, replies, always, changes) => {
    const { end, posts } = await after(replies, always, changes)
    expect(end).toMatchObject({ outcome: 'unknown' })
    expect(posts).toBe(1)
  })

  test.each([
    ['after an answer that came too late, and said that it is at work', 202, 'unknown'],
    ['after one that came too late and said nothing of the kind', 503, 'not-executed'],
  ])('nor %s', async (_, lateStatus, outcome) => {
    const { placeOrder, clock, server } = bench({
      ...quick,
      profile: noKeys,
      timeout: 1_000,
      ignoresAbort: true,
    })
    const late = held()
    server.script(late.reply)
    server.always(answer(404, { code: 'not_found' }))
    const running = placeOrder({ status }).start(cart)
    await clock.advance(1_500)
    late.release(answer(lateStatus))

    expect(await clock.until(running.settled)).toMatchObject({ outcome })
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  test.each([
    ['in the same process', (world: ReturnType<typeof bench>) => world.placeOrder],
    ['in another one', (world: ReturnType<typeof bench>) => world.another({ profile: cancels }).placeOrder],
  ])('nor after a cancel %s heard that it is at work', async (_, from) => {
    const world = bench({ ...quick, profile: cancels })
    const { placeOrder, clock, server, record } = world
    server.script(reset)
    server.always(answer(404, { code: 'not_found' }))
    const cancel = { request: () => ({ url: 'orders/9', method: 'delete' }) } as const
    const running = placeOrder({ status, cancel }).start(cart)
    await clock.advance(500)
    server.script(answer(202))
    const seen = await clock.until(from(world)({ redefine: true, status, cancel }).cancel(cart))

    expect(seen).toMatchObject({ outcome: 'unknown', error: { code: 'still-processing' } })
    expect(await record()).toMatchObject({ state: 'processing' })
    expect(await clock.until(running.settled)).toMatchObject({ outcome: 'unknown' })
  })

  test('but not beyond the key’s horizon: the server may have forgotten it', async () => {
    const profile = defineProfile({ name: 'short', honoursKeys: true, retention: 86_400_000 })
    const { placeOrder, runner, server, clock } = bench({ ...quick, profile })
    server.script(reset, () => {
      runner.jump(2 * 86_400_000)
      return answer(503)({} as never)
    })
    server.always(answer(404, {}))
    const end = await clock.until(placeOrder({ status }).start(cart).settled)

    expect(end).toMatchObject({ outcome: 'unknown' })
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  test('but not for the attempt of a runner that vanished', async () => {
    const { placeOrder, another, runner, server, clock, record } = bench(quick)
    server.script(() => new Promise(() => {}), reset)
    void placeOrder().start(cart)
    await clock.advance(100)
    runner.freeze()
    server.always(answer(404, {}))
    const there = another({ ...quick, deadline: 90_000 })
    const end = await clock.until(there.placeOrder({ status, retry: { attempts: 1 } }).start(cart).settled)

    // One doubtful attempt was this run's own, which ended before its eyes; the other was not.
    expect(await record()).toMatchObject({ attempts: 2, ambiguous: 2 })
    expect(end).toMatchObject({ outcome: 'unknown' })
  })
})

describe('an old answer, out of a cache', () => {
  test('that the server is at work is worth that poll: nothing of it is stored', async () => {
    const { end, record } = await after([], answer(200, { status: 'running' }, { age: '600' }))
    expect(end).toMatchObject({ outcome: 'unknown' })
    expect(await record()).toMatchObject({ state: 'pending' })
  })

  test('that it failed, from before the last attempt, proves nothing', async () => {
    const { end } = await after([], answer(200, { status: 'failed' }, { age: '600' }))
    expect(end).toMatchObject({ outcome: 'unknown' })
  })

  test('that it succeeded, from before the operation, proves nothing', async () => {
    const { end } = await after([], answer(200, { status: 'succeeded' }, { age: '600' }))
    expect(end).toMatchObject({ outcome: 'unknown' })
  })

  test.each([
    ['succeeded', 'executed'],
    ['failed', 'not-executed'],
  ])('that it %s since then is a proof', async (word, outcome) => {
    const { end } = await after(
      [answer(503), answer(503), answer(503)],
      answer(200, { status: word, result: { order: 9 } }, { age: '1' }),
    )
    expect(end).toMatchObject({ outcome })
  })

  test('of the moment counts at once, though it came through a cache', async () => {
    const { end, server } = await after(
      [],
      answer(200, { status: 'succeeded', result: { order: 9 } }, { age: '0' }),
    )
    expect(end).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests).toHaveLength(2)
  })
})

describe('what asks goes past caches', () => {
  test.each<[string, Reply, object]>([
    ['a status request', reset, { status: { request } }],
    ['a poll', answer(202, undefined, { location: '/jobs/1' }), {}],
  ])('%s', async (_, first, changes) => {
    const { placeOrder, server, clock } = bench({
      ...quick,
      profile: noKeys,
      headers: { 'cache-control': 'max-age=60' },
    })
    server.script(first, answer(200, { status: 'done', result: { order: 9 } }))
    await clock.until(placeOrder(changes).run(cart))

    expect(server.requests[1]).toMatchObject({ cache: 'no-store', headers: { 'cache-control': 'no-cache' } })
    expect(server.requests[0]?.headers['cache-control']).toBe('max-age=60')
  })

  test('a cancel', async () => {
    const { placeOrder, server, clock } = bench(quick)
    server.script(reset, answer(200, { status: 'canceled' }))
    const order = placeOrder({ cancel: { request } })
    await clock.until(ending(order.run(cart)))
    await clock.until(order.cancel(cart))

    expect(server.requests[1]).toMatchObject({ cache: 'no-store', headers: { 'cache-control': 'no-cache' } })
  })

  test('in a page of another origin the header is the browser’s to add, so that no preflight comes', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: noKeys })
    server.script(reset, answer(200, { order: 9 }))
    const order = placeOrder({ status: { request } })
    Object.assign(globalThis, { location: new URL('https://page.test/') })
    try {
      await clock.until(order.run(cart))
    } finally {
      Reflect.deleteProperty(globalThis, 'location')
    }

    expect(server.requests[1]?.cache).toBe('no-store')
    expect(server.requests[1]?.headers['cache-control']).toBeUndefined()
  })
})

describe('a server whose answers name the key', () => {
  const profile = defineProfile({
    name: 'names',
    honoursKeys: true,
    namesKey: true,
    status: {},
    cancel: { executed: ['succeeded'] },
  })
  const named = (key: string | undefined) => (key === undefined ? {} : { 'idempotency-key': key })

  test.each<[string, Parameters<typeof answer>, string]>([
    ['its own', [200, { status: 'canceled' }, named('key-1')], 'not-executed'],
    ['its own, quoted', [200, { status: 'canceled' }, named('"key-1"')], 'not-executed'],
    ['none', [200, { status: 'canceled' }], 'unknown'],
    ['another', [200, { status: 'canceled' }, named('1')], 'unknown'],
    [
      'another, though it is too late',
      [200, { status: 'succeeded', result: { order: 9 } }, named('1')],
      'unknown',
    ],
    ['none, though it is too late', [200, { status: 'succeeded', result: { order: 9 } }], 'executed'],
  ])('seals where it names %s', async (_, reply, outcome) => {
    for (const read of [
      undefined,
      () => (outcome === 'executed' ? { outcome, data: { order: 9 } } : { sealed: true }),
    ]) {
      const { placeOrder, server, clock } = bench({ ...quick, profile })
      server.script(reset, answer(...reply))
      const order = placeOrder({ cancel: { request, ...(read && { read: read as never }) } })
      await clock.until(ending(order.run(cart)))

      expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome })
    }
  })

  test.each<[string, Parameters<typeof answer>, string]>([
    ['its own', [200, { status: 'succeeded' }, named('key-1')], 'executed'],
    ['none', [200, { status: 'succeeded' }], 'executed'],
    ['another', [200, { status: 'succeeded' }, named('key-2')], 'unknown'],
    ['another that failed', [200, { status: 'failed' }, named('key-2')], 'unknown'],
    ['another, with 202', [202, undefined, named('key-2')], 'unknown'],
    ['its own, not found', [404, {}, named('key-1')], 'not-executed'],
    ['none, not found', [404, {}], 'unknown'],
    ['another, not found', [404, {}, named('key-2')], 'unknown'],
  ])('tells where it names %s', async (_, reply, outcome) => {
    const { placeOrder, server, clock } = bench({ ...quick, profile, retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(...reply))

    expect((await clock.until(placeOrder({ status, response: undefined }).start(cart).settled)).outcome).toBe(
      outcome,
    )
  })
})
