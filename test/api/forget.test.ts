import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

async function after(reply: Reply) {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
  world.server.script(reply)
  const order = world.placeOrder()
  await world.clock.until(ending(order.run(cart)))
  return { ...world, order }
}

describe('forget', () => {
  test.each<[string, Reply]>([
    ['a success', answer(201, { order: 9 })],
    ['a failure', answer(402)],
  ])('%s is dropped: the next run is a new generation with a new key', async (_, reply) => {
    const { order, server, clock, record } = await after(reply)
    await clock.until(order.forget(cart))

    expect(await clock.until(order.inspect(cart))).toBeUndefined()
    server.script(answer(201, { order: 10 }))
    expect(await clock.until(order.run({ ...cart, total: 5 }))).toEqual({ order: 10 })
    expect(server.requests.at(-1)?.key).toBe('key-2')
    expect(await record()).toMatchObject({ generation: 2, key: 'key-2' })
  })

  test('what is left of it holds neither key nor result nor payload', async () => {
    const { order, clock, record } = await after(answer(201, { order: 9 }))
    await clock.until(order.forget(cart))

    expect(await record()).toMatchObject({ key: '', fingerprint: '', bodyHash: '' })
    expect(await record()).not.toHaveProperty('result')
  })

  test('byId does the same', async () => {
    const { order, clock } = await after(answer(201, { order: 9 }))
    await clock.until(order.byId('cart-42').forget())

    expect(await clock.until(order.inspect(cart))).toBeUndefined()
  })

  test('twice is once', async () => {
    const { order, server, clock, record } = await after(answer(201, { order: 9 }))
    await clock.until(order.forget(cart))
    await clock.until(order.forget(cart))
    server.script(answer(201, { order: 10 }))
    await clock.until(order.run(cart))

    expect(await record()).toMatchObject({ generation: 2 })
  })

  test('after it, settle says that nothing is stored', async () => {
    const { order, server, clock } = await after(answer(201, { order: 9 }))
    await clock.until(order.forget(cart))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'unresolved', message: expect.stringContaining('Nothing is stored of this operation.') },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('after it, conclude writes a new generation', async () => {
    const { order, clock, record } = await after(answer(201, { order: 9 }))
    await clock.until(order.forget(cart))
    await clock.until(order.conclude(cart, { outcome: 'executed', data: { order: 10 }, begin: true }))

    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2, key: 'key-2' })
    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })
  })

  test('where there is nothing, nothing is written', async () => {
    const { placeOrder, clock, records } = bench()
    await clock.until(placeOrder().forget(cart))
    await clock.until(placeOrder({ redefine: true }).forget(cart, { force: true }))

    expect(await records()).toEqual([])
  })

  test.each<[string, Reply, string]>([
    ['one that may have executed', reset, 'unknown'],
    ['one that the server is at work on', answer(202), 'unknown'],
    ['one that was not executed yet', answer(401), 'not-executed'],
  ])('an open operation rejects without force and is left as it is: %s', async (_, reply, outcome) => {
    const { order, clock, record } = await after(reply)
    const before = await record()

    expect((await clock.until(ending(order.forget(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome,
      key: 'key-1',
      message: expect.stringContaining('The operation is still open.'),
    })
    expect(await record()).toEqual(before)
  })

  test('an open operation is dropped with force: the next run has a new key', async () => {
    const { order, server, clock } = await after(reset)
    await clock.until(order.forget(cart, { force: true }))

    server.script(answer(201, { order: 10 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
  })

  test('what cannot be understood is forgotten only by force', async () => {
    const { order, server, clock, overwrite, records } = await after(reset)
    await overwrite('{"v":1}')

    expect((await clock.until(ending(order.forget(cart)))).error).toMatchObject({ code: 'store-corrupt' })
    expect(await records()).toEqual([{ v: 1 }])
    await clock.until(order.forget(cart, { force: true }))
    expect(await records()).toEqual([])

    server.script(answer(201, { order: 10 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })
  })

  test('a store that cannot write keeps what it has, force or not', async () => {
    const { order, store, clock, record } = await after(reset)
    const before = await record()
    store.set = () => Promise.reject(new Error('read-only'))

    expect((await clock.until(ending(order.forget(cart, { force: true })))).error).toMatchObject({
      code: 'store-failed',
    })
    expect(await record()).toEqual(before)
  })

  test('a store that fails rejects as store-failed', async () => {
    const { order, store, clock } = await after(answer(201, { order: 9 }))
    store.set = () => Promise.reject(new Error('full'))

    expect((await clock.until(ending(order.forget(cart)))).error).toMatchObject({ code: 'store-failed' })
  })
})

describe('forget while a run is live', () => {
  test('in its wait: it ends as forgotten, unknown, and sends nothing more', async () => {
    const { placeOrder, server, clock } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const order = placeOrder()
    const running = ending(order.run(cart))
    await clock.advance(100)
    await clock.until(order.forget(cart, { force: true }))

    expect((await clock.until(running)).error).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      key: 'key-1',
    })
    expect(clock.elapsed()).toBe(100)
    await clock.advance(3_600_000)
    expect(server.requests).toHaveLength(1)
  })

  test('in mid-flight: its success is given to its callers, and is an alarm', async () => {
    const { placeOrder, server, clock, events, record } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()
    const running = order.start(cart)
    await clock.settle()
    await clock.until(order.forget(cart, { force: true }))
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running.settled)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'late-success', key: 'key-1', generation: 1 }),
    )
    expect(await record()).toMatchObject({ key: '', state: 'failed' })
  })

  test('by another process: the run there ends as forgotten at its next step', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    await clock.advance(100)
    await clock.until(another().placeOrder().forget(cart, { force: true }))

    expect((await clock.until(running)).error).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      key: 'key-1',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a record that disappears under a run is not begun anew with another key', async () => {
    const { placeOrder, server, clock, another, record } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    const waiting = ending(another().placeOrder().run(cart))
    await clock.advance(100)
    await clock.until(another().client.clear({ force: true }))

    expect((await clock.until(running)).error).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      key: 'key-1',
      generation: 1,
      attempts: 1,
    })
    expect((await clock.until(waiting)).error).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      key: 'key-1',
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toBeUndefined()
  })
})
