import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

describe('callers of one operation', () => {
  test('two calls in one tick share a run, so that one request is sent', async () => {
    const { placeOrder, server, clock, events } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()

    const both = Promise.all([order.run(cart), order.run(cart)])

    expect(await clock.until(both)).toEqual([{ order: 9 }, { order: 9 }])
    expect(server.requests.map(({ method, url, key }) => [method, url, key])).toEqual([
      ['POST', 'https://shop.test/api/orders', 'key-1'],
    ])
    expect(events.map(({ type }) => type)).toContain('joined')
  })

  test('a call in mid-flight joins the run that is under way', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()

    const early = order.run(cart)
    await clock.advance(5_000)
    const late = order.run(cart)
    await clock.settle()
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(Promise.all([early, late]))).toEqual([{ order: 9 }, { order: 9 }])
    expect(server.requests).toHaveLength(1)
  })

  test('operations of other ids, names and scopes do not share a run', async () => {
    const { placeOrder, client, server, clock } = bench()
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    const reorder = placeOrder({ name: 'reorder' })
    const elsewhere = client.withScope('user-8').operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
      redefine: true,
    })

    await clock.until(
      Promise.all([order.run(cart), order.run({ id: 'cart-43' }), reorder.run(cart), elsewhere.run(cart)]),
    )

    expect(new Set(server.requests.map(({ key }) => key))).toEqual(
      new Set(['key-1', 'key-2', 'key-3', 'key-4']),
    )
  })

  test('ids that mean the same are the same operation, and a number is not its text', async () => {
    const { client, server, clock } = bench()
    server.always(answer(201, { order: 9 }))
    const order = client.operation({
      name: 'place-order',
      id: (id: unknown) => id,
      request: () => ({ method: 'post', url: 'orders' }),
    })

    await clock.until(
      Promise.all([
        order.run({ shop: 1, cart: [2] }),
        order.run({ cart: [2], shop: 1 }),
        order.run(1),
        order.run('1'),
      ]),
    )

    expect(server.requests).toHaveLength(3)
  })

  test('each caller has a signal of its own and leaves alone', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()
    const leaving = new AbortController()

    const stays = order.run(cart)
    const leaves = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()

    const { error } = await clock.until(leaves)
    expect(error).toMatchObject({ code: 'aborted', outcome: 'unknown', name: 'OperationError' })
    first.release(answer(201, { order: 9 }))
    expect(await clock.until(stays)).toEqual({ order: 9 })
  })

  test('a caller that leaves a run which goes on is never told that nothing happened', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(429, undefined, { 'retry-after': '5' }), answer(201, { order: 9 }))
    const order = placeOrder()
    const leaving = new AbortController()

    const stays = order.run(cart)
    const leaves = ending(order.run(cart, { signal: leaving.signal }))
    await clock.advance(1_000)
    leaving.abort()

    const { error } = await clock.until(leaves)
    expect(error).toMatchObject({ code: 'aborted', outcome: 'unknown', name: 'OperationError' })
    expect(await clock.until(stays)).toEqual({ order: 9 })
  })

  test('the run is aborted when no caller is left, and nothing more is sent', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(reset)
    const order = placeOrder()
    const [one, two] = [new AbortController(), new AbortController()]

    const first = ending(order.run(cart, { signal: one.signal }))
    const second = ending(order.run(cart, { signal: two.signal }))
    await clock.settle()
    one.abort()
    await clock.settle()
    two.abort()

    expect((await clock.until(first)).error).toMatchObject({ code: 'aborted', outcome: 'unknown' })
    expect((await clock.until(second)).error).toMatchObject({ code: 'aborted', outcome: 'unknown' })
    await clock.advance(3_600_000)
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'pending', key: 'key-1', ambiguous: 1 })
    expect(await record()).not.toHaveProperty('lease')
  })
})

describe('an aborting run', () => {
  test('it cannot be joined: the next caller waits for its release and takes its success', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()
    const leaving = new AbortController()

    const aborted = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    expect((await clock.until(aborted)).error).toMatchObject({ code: 'aborted', outcome: 'unknown' })

    const next = order.start(cart)
    await clock.advance(10_000)
    expect(server.requests).toHaveLength(1)
    expect(next.snapshot.phase).toBe('claiming')
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(next.settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests).toHaveLength(1)
  })

  test('when its answer is lost, the next caller sends the same again under the same key', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply, answer(201, { order: 9 }))
    const order = placeOrder()
    const leaving = new AbortController()

    const aborted = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    await clock.until(aborted)
    const next = order.run(cart)
    await clock.settle()
    first.release(reset)

    expect(await clock.until(next)).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('the next caller does not wait for it past its own deadline', async () => {
    const { placeOrder, server, clock } = bench({ timeout: 30_000, deadline: 10_000 })
    const order = placeOrder({ timeout: 30_000 })
    const slow = held()
    server.script(slow.reply)
    const leaving = new AbortController()

    const aborted = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    await clock.until(aborted)
    const began = clock.elapsed()
    const next = await clock.until(ending(order.run(cart)))

    expect(next.error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(clock.elapsed() - began).toBeLessThanOrEqual(10_000)
    expect(server.requests).toHaveLength(1)
  })
})

describe('another payload', () => {
  test('it is refused while the run goes on, and the run does go on', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()

    const mine = order.run(cart)
    const other = ending(order.run({ ...cart, total: 5 }))
    await clock.settle()
    expect((await clock.until(other)).error).toMatchObject({
      code: 'payload-mismatch',
      outcome: 'unknown',
      key: 'key-1',
    })

    first.release(answer(201, { order: 9 }))
    expect(await clock.until(mine)).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('it is refused after a success, which is told', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))

    const { error } = await clock.until(ending(order.run({ ...cart, total: 5 })))

    expect(error).toMatchObject({ code: 'payload-mismatch', outcome: 'executed', key: 'key-1' })
    expect(server.requests).toHaveLength(1)
  })

  test('it is refused while the operation is open, also by another process', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))

    const { error } = await clock.until(
      ending(
        another()
          .placeOrder()
          .run({ ...cart, total: 5 }),
      ),
    )

    expect(error).toMatchObject({ code: 'payload-mismatch', outcome: 'unknown', key: 'key-1' })
    expect(server.requests).toHaveLength(1)
  })

  test('a call whose request cannot be made is refused, and the run goes on', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    let calls = 0
    const order = placeOrder({
      request: body => {
        if (++calls > 1) throw new Error('no request this time')
        return { method: 'post', url: 'orders', json: body }
      },
    })

    const mine = order.run(cart)
    const other = ending(order.run(cart))
    await clock.settle()
    expect((await clock.until(other)).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: expect.stringContaining('operation(place-order).request'),
    })
    first.release(answer(201, { order: 9 }))
    expect(await clock.until(mine)).toEqual({ order: 9 })
  })
})

describe('after a proven failure', () => {
  test('callers that were waiting get that failure', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402, { title: 'No money', type: 'https://shop.test/no-money' }))
    const order = placeOrder()

    const both = await clock.until(Promise.all([ending(order.run(cart)), ending(order.run(cart))]))

    expect(both.map(({ error }) => [error?.code, error?.outcome, error?.key])).toEqual([
      ['rejected', 'not-executed', 'key-1'],
      ['rejected', 'not-executed', 'key-1'],
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('a later call is a new generation with a new key, and may bring another payload', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(answer(402), answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.run({ ...cart, total: 5 }))).toEqual({ order: 9 })

    expect(server.requests.map(({ key, body }) => [key, body])).toEqual([
      ['key-1', '{"id":"cart-42","total":990}'],
      ['key-2', '{"id":"cart-42","total":5}'],
    ])
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2, key: 'key-2' })
  })

  test('a call that was waiting for another process gets the failure that this process met', async () => {
    const { placeOrder, server, clock, another } = bench()
    const first = held()
    server.script(first.reply)

    const here = ending(placeOrder().run(cart))
    await clock.settle()
    const there = ending(another().placeOrder().run(cart))
    await clock.advance(100)
    first.release(answer(402))

    expect((await clock.until(here)).error).toMatchObject({ code: 'rejected', key: 'key-1' })
    expect((await clock.until(there)).error).toMatchObject({ code: 'rejected', key: 'key-1' })
    expect(server.requests).toHaveLength(1)
  })

  test('a refusal that proves nothing keeps the key for the next call', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(401), answer(201, { order: 9 }))
    const order = placeOrder()

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
    })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })
})
