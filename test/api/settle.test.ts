import { describe, expect, test } from 'vitest'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, reset, silence } from './bench/scripted-server.ts'

const status: NonNullable<OperationDefinition<Cart, OrderData>['status']> = {
  request: ({ key }) => ({ url: `orders/by-key/${key}` }),
}

/** A world in which one attempt was made, and its process has gone. */
async function after(reply: Reply, changes: Partial<OperationDefinition<Cart, OrderData>> = {}) {
  const world = bench({ retry: { attempts: 1 } })
  world.server.script(reply)
  await world.clock.until(
    ending(world.placeOrder({ ...changes, deadline: 100, poll: { deadline: 1 } }).run(cart)),
  )
  const later = world.another()
  return { ...world, ...later, order: later.placeOrder(changes) }
}

const posts = (requests: readonly { readonly method: string }[]) =>
  requests.filter(({ method }) => method === 'POST').length

describe('settle finds out without sending', () => {
  test('where there is no record nothing was executed', async () => {
    const { placeOrder, server, clock } = bench()
    const order = placeOrder({ status })

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: {
        code: 'unresolved',
        message:
          'Nothing is stored of this operation. The operation was not executed. Call `run` to perform it.',
      },
    })
    expect(server.requests).toHaveLength(0)
  })

  test('a success is given from the store', async () => {
    const { order, server, clock } = await after(answer(201, { order: 9 }))

    expect(await clock.until(order.settle(cart))).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a proven failure is given from the store', async () => {
    const { order, server, clock } = await after(answer(402, { title: 'No money' }))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected', key: 'key-1', response: { status: 402, body: { title: 'No money' } } },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('after an attempt that may have executed the status is asked', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.script(answer(200, { order: 9 }))

    expect(await clock.until(order.settle(cart))).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
      ['POST', 'https://shop.test/api/orders'],
      ['GET', 'https://shop.test/api/orders/by-key/key-1'],
    ])
  })

  test('byId does the same', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.script(answer(200, { order: 9 }))

    expect(await clock.until(order.byId('cart-42').settle())).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
  })

  test('without a way to ask it stays unknown, at once', async () => {
    const { order, server, clock, record } = await after(reset)
    const began = clock.elapsed()

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved', key: 'key-1' },
    })
    expect(clock.elapsed()).toBe(began)
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'pending' })
    expect(await record()).not.toHaveProperty('lease')
  })

  test('where nothing can have executed it says so', async () => {
    const { order, server, clock } = await after(answer(401))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'unresolved' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a server at work is asked where it said, until it is done', async () => {
    const { order, server, clock } = await after(answer(202, undefined, { location: '/api/orders/9/status' }))
    server.script(
      answer(200, { status: 'running' }),
      answer(503),
      answer(200, { status: 'done', result: { order: 9 } }),
    )

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.slice(1).map(({ method, url }) => [method, url])).toEqual([
      ['GET', 'https://shop.test/api/orders/9/status'],
      ['GET', 'https://shop.test/api/orders/9/status'],
      ['GET', 'https://shop.test/api/orders/9/status'],
    ])
  })

  test('the word of the status request that it was not executed is proof', async () => {
    const { order, server, clock, record } = await after(reset, {
      status: { ...status, read: () => ({ outcome: 'not-executed', error: { why: 'no stock' } }) },
    })
    server.script(answer(200, {}), answer(201, { order: 10 }))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected', cause: { why: 'no stock' }, key: 'key-1' },
    })
    expect(await record()).toMatchObject({ state: 'failed' })
    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })
    expect(server.requests.at(-1)?.key).toBe('key-2')
  })

  test('absence is no proof: after some "not found" it is unknown, and the record stays', async () => {
    const { order, server, clock, record } = await after(reset, { status })
    server.always(answer(404))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved', key: 'key-1' },
    })
    expect(posts(server.requests)).toBe(1)
    expect(await record()).toMatchObject({ state: 'pending', ambiguous: 1 })
  })

  test('absence is no proof to a runner that did not see the attempt end, whatever absentAfter says', async () => {
    const { order, server, clock } = await after(reset, {
      status: { ...status, absentAfter: 1_000 },
    })
    await clock.advance(3_600_000)
    server.always(answer(404))

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'unknown' })
  })

  test.each([
    [
      'a status.read that throws',
      () => {
        throw new Error('what is this?')
      },
    ],
    ['a status.read that gives something else', () => 'done'],
    ['a status.read that contradicts itself', () => ({ outcome: 'executed', data: 1, processing: true })],
    ['a status.read that says executed and absent', () => ({ outcome: 'executed', data: 1, absent: true })],
    [
      'a status.read that throws a promise',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- what a callback throws may be anything.
        throw Promise.reject(new Error('nobody waits for it'))
      },
    ],
  ])('%s is inconclusive', async (_, read) => {
    const { order, server, clock } = await after(reset, {
      status: { ...status, read: read as never },
      deadline: 10_000,
    })
    server.always(answer(200, { order: 9 }))

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'unknown' })
    expect(posts(server.requests)).toBe(1)
  })

  test('data that JSON cannot hold is executed all the same', async () => {
    const { order, server, clock } = await after(reset, {
      status: { ...status, read: () => ({ outcome: 'executed', data: { order: 9n } }) },
    })
    server.always(answer(200, {}))

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'executed' })
    expect(posts(server.requests)).toBe(1)
  })

  test('an error that JSON cannot hold is a proof all the same', async () => {
    const { order, server, clock } = await after(reset, {
      status: { ...status, read: () => ({ outcome: 'not-executed', error: { why: 1n } }) },
    })
    server.always(answer(200, {}))

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'not-executed' })
  })

  test('it never rejects: a corrupt record', async () => {
    const { order, overwrite, clock, server } = await after(reset)
    await overwrite('{}')

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-corrupt' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('it never rejects: an id that names nothing', async () => {
    const { placeOrder, clock } = bench()

    expect(await clock.until(placeOrder().settle({ id: '' }))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'configuration' },
    })
  })

  test('its signal ends it at once', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.always(silence)
    const leaving = new AbortController()
    const began = clock.elapsed()

    const settling = order.settle(cart, { signal: leaving.signal })
    await clock.advance(700)
    leaving.abort()

    expect(await clock.until(settling)).toMatchObject({ outcome: 'unknown', error: { code: 'aborted' } })
    expect(clock.elapsed() - began).toBe(700)
  })

  test('it is bounded by the deadline', async () => {
    const { order, server, clock } = await after(reset, { status, deadline: 20_000 })
    server.always(silence)
    const began = clock.elapsed()

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'unknown' })
    expect(clock.elapsed() - began).toBeLessThanOrEqual(20_000)
  })
})

describe('settle and a live run', () => {
  test('it joins the run and gets its result; nothing more is sent', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder({ status })
    const running = order.run(cart)
    await clock.settle()

    const settling = order.settle(cart)
    await clock.settle()
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(settling)).toEqual({ outcome: 'executed', data: { order: 9 }, replayed: false })
    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('it does not keep the run going: when the callers have left, it asks for itself', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(200, { order: 9 }))
    const order = placeOrder({ status })
    const leaving = new AbortController()
    const running = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    const settling = order.settle(cart)
    leaving.abort()
    await clock.until(running)

    expect(await clock.until(settling)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('a run that begins meanwhile takes its place, and both get the result', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.script(silence, answer(201, { order: 9 }))

    const settling = order.settle(cart)
    await clock.advance(700)
    const running = order.run(cart)

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await clock.until(settling)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(posts(server.requests)).toBe(2)
    expect(server.requests.at(-1)?.key).toBe('key-1')
  })

  test('two settles share one asking', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.script(answer(200, { order: 9 }))

    const both = await clock.until(Promise.all([order.settle(cart), order.settle(cart)]))

    expect(both).toMatchObject([{ outcome: 'executed' }, { outcome: 'executed' }])
    expect(server.requests).toHaveLength(2)
  })

  test('it waits for another process that is at it', async () => {
    const { placeOrder, server, clock, another } = bench()
    const first = held()
    server.script(first.reply)
    const running = placeOrder({ status }).run(cart)
    await clock.settle()

    const settling = another().placeOrder({ status }).settle(cart)
    await clock.advance(5_000)
    expect(server.requests).toHaveLength(1)
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await clock.until(settling)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests).toHaveLength(1)
  })
})

describe('what happens to a settle that is under way', () => {
  test('a cancel ends it as sealed', async () => {
    const { order, server, clock } = await after(reset, {
      status,
      cancel: { request: ({ key }) => ({ method: 'delete', url: `orders/by-key/${key}` }) },
    })
    server.script(silence, answer(200, { status: 'canceled' }))
    const settling = order.settle(cart)
    await clock.advance(700)

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
    expect(await clock.until(settling)).toMatchObject({ outcome: 'not-executed', error: { code: 'sealed' } })
  })

  test('a conclusion ends it with what was told', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.always(answer(404))
    const settling = order.settle(cart)
    await clock.advance(100)
    const began = clock.elapsed()
    await clock.until(order.conclude(cart, { outcome: 'executed', data: { order: 9 } }))

    expect(await clock.until(settling)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(clock.elapsed()).toBe(began)
  })

  test('a forget by force ends it as forgotten', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.always(answer(404))
    const settling = order.settle(cart)
    await clock.advance(100)
    await clock.until(order.forget(cart, { force: true }))

    expect(await clock.until(settling)).toMatchObject({ outcome: 'unknown', error: { code: 'forgotten' } })
  })

  test('close ends it', async () => {
    const { order, client, server, clock } = await after(reset, { status })
    server.always(silence)
    const settling = order.settle(cart)
    await clock.advance(700)
    const began = clock.elapsed()
    await clock.until(client.close())

    expect(await clock.until(settling)).toMatchObject({ outcome: 'unknown', error: { code: 'aborted' } })
    expect(clock.elapsed()).toBe(began)
  })
})

describe('a server without keys', () => {
  const byId = { request: ({ id }: { id: unknown }) => ({ url: `orders/${String(id)}` }) }

  test('a run asks instead of sending again', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(reset, answer(404), answer(200, { order: 9 }))

    expect(await clock.until(placeOrder({ status: byId }).run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET'])
  })

  test('absence with authority, seen by the runner that saw its attempt end, permits the next attempt', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(reset)
    server.always(({ method }) => (method === 'POST' ? answer(201, { order: 9 }) : answer(404))({} as never))

    expect(await clock.until(placeOrder({ status: { ...byId, absentAfter: 3_000 } }).run(cart))).toEqual({
      order: 9,
    })
    const second = server.requests.findIndex(({ method }, index) => method === 'POST' && index > 0)
    expect(server.requests[second]!.at).toBeGreaterThanOrEqual(3_000)
    expect(posts(server.requests)).toBe(2)
  })

  test.each<[string, () => 'rejected' | 'unknown']>([
    [
      'threw',
      () => {
        throw new Error('what is this?')
      },
    ],
    ['called it unknown', () => 'unknown'],
  ])('absence is no proof after a 202, though the verdict hook %s', async (_, verdict) => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(202, {}))
    server.always(answer(404))

    const order = placeOrder({ verdict, retry: { attempts: 1 }, status: { ...byId, absentAfter: 3_000 } })
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(posts(server.requests)).toBe(1)
  })
})
