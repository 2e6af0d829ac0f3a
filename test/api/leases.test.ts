import { describe, expect, test } from 'vitest'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset, silence } from './bench/scripted-server.ts'

describe('two processes on one store', () => {
  test('that begin at the same moment send once, and both get the result', async () => {
    const { placeOrder, server, clock, another, events } = bench()
    server.script(answer(201, { order: 9 }))
    const there = another()

    const both = Promise.all([placeOrder().run(cart), there.placeOrder().run(cart)])

    expect(await clock.until(both)).toEqual([{ order: 9 }, { order: 9 }])
    expect(server.requests).toHaveLength(1)
    expect([...events, ...there.events].filter(({ type }) => type === 'claimed')).toHaveLength(1)
  })

  test('eight of them too', async () => {
    const { server, clock, another } = bench()
    server.script(reset, answer(201, { order: 9 }))

    const all = Promise.all(Array.from({ length: 8 }, () => another().placeOrder().run(cart)))

    expect(new Set((await clock.until(all)).map(({ order }) => order))).toEqual(new Set([9]))
    expect(server.requests.map(({ key }) => key)).toEqual([server.requests[0]!.key, server.requests[0]!.key])
  })

  test('the one that waits looks after 50 ms, growing to a second', async () => {
    const { placeOrder, server, store, clock, another } = bench()
    const first = held()
    server.script(first.reply)
    const holding = placeOrder().run(cart)
    await clock.settle()
    const looks: number[] = []
    const get = store.get.bind(store)
    store.get = key => {
      looks.push(clock.elapsed())
      return get(key)
    }
    const waiting = another().placeOrder().run(cart)
    await clock.advance(5_000)
    first.release(answer(201, { order: 9 }))
    await clock.until(Promise.all([holding, waiting]))

    expect(looks).toEqual([0, 50, 150, 350, 750, 1_550, 2_550, 3_550, 4_550, 5_550])
  })

  test('the one that waits sees how the other gets on', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset, answer(201, { order: 9 }))
    const holding = placeOrder().run(cart)
    await clock.settle()
    const run = another().placeOrder().start(cart)
    await clock.advance(1_000)

    expect(run.snapshot).toMatchObject({ phase: 'claiming', key: 'key-1', attempts: 1, outcome: 'unknown' })
    await clock.until(Promise.all([holding, run.settled]))
    expect(run.snapshot).toMatchObject({ phase: 'settled', attempts: 2, data: { order: 9 } })
  })

  test('when the first has let go without a result, the second goes on at once', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(201, { order: 9 }))
    const first = ending(placeOrder().run(cart))
    const second = another({ retry: { attempts: 1 } })
      .placeOrder()
      .run(cart)
    await clock.until(first)

    expect(await clock.until(second)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBeLessThanOrEqual(1_000)
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })
})

describe('a holder that is not heard of any more', () => {
  test('is replaced when its lease has run out: two timeouts; the key is the same', async () => {
    const { placeOrder, runner, server, clock, another } = bench()
    server.script(silence, answer(201, { order: 9 }))
    void ending(placeOrder().run(cart))
    await clock.settle()
    runner.freeze()
    const there = another()

    expect(await clock.until(there.placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
    expect(server.requests[1]!.at).toBeGreaterThanOrEqual(60_000)
    expect(server.requests[1]!.at).toBeLessThan(61_100)
    expect(there.events).toContainEqual(expect.objectContaining({ type: 'taken-over', from: 'runner-1' }))
  })

  test('its attempt may have executed: without keys nothing is sent again', async () => {
    const { placeOrder, runner, server, clock, another } = bench({ profile: noKeys })
    server.script(silence)
    void ending(placeOrder().run(cart))
    await clock.settle()
    runner.freeze()

    const { error } = await clock.until(ending(another({ profile: noKeys }).placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('whose death is known is replaced at once', async () => {
    const { placeOrder, runner, server, clock, another } = bench()
    server.script(silence, answer(201, { order: 9 }))
    void ending(placeOrder().run(cart))
    await clock.settle()
    runner.freeze()
    const there = another()
    there.runner.dead.add(1)

    expect(await clock.until(there.placeOrder().run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(0)
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('that dies while another waits is replaced at the next look', async () => {
    const { placeOrder, runner, server, clock, another } = bench()
    server.script(silence, answer(201, { order: 9 }))
    void ending(placeOrder().run(cart))
    await clock.settle()
    runner.freeze()
    const there = another()
    const waiting = there.placeOrder().run(cart)
    await clock.advance(10_000)
    there.runner.dead.add(1)

    expect(await clock.until(waiting)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBeLessThanOrEqual(11_000)
  })

  test('that only waits renews its lease, and keeps the operation', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(503, undefined, { 'retry-after': '100' }), answer(201, { order: 9 }))
    const there = another()
    const both = Promise.all([placeOrder().run(cart), there.placeOrder().run(cart)])

    expect(await clock.until(both)).toEqual([{ order: 9 }, { order: 9 }])
    expect(server.requests.map(({ at }) => at)).toEqual([0, 100_000])
    expect(there.events.filter(({ type }) => type === 'taken-over')).toEqual([])
  })

  test('and that polls renews it too', async () => {
    const { placeOrder, server, clock, another } = bench({ poll: { interval: { min: 5_000, max: 5_000 } } })
    server.script(answer(202, undefined, { location: '/api/orders/9/status' }))
    server.script(...Array.from({ length: 30 }, () => answer(202)))
    server.script(answer(200, { status: 'done', result: { order: 9 } }))
    const there = another()
    const both = Promise.all([placeOrder().run(cart), there.placeOrder({ deadline: 600_000 }).run(cart)])

    expect(await clock.until(both)).toEqual([{ order: 9 }, { order: 9 }])
    expect(there.events.filter(({ type }) => type === 'taken-over')).toEqual([])
  })
})

describe('a runner that was only paused wakes up after another took over', () => {
  /** The first process stops dead at a point; the second one takes over and succeeds. */
  const paused = async (point: 'before-set' | 'after-set' | 'before-fetch' | 'after-fetch', nth = 1) => {
    const world = bench()
    world.runner.freezeAt(point, nth)
    const sleeping = world.placeOrder().start(cart)
    await world.clock.settle()
    expect(world.runner.isFrozen()).toBe(true)
    const there = world.another()
    return { ...world, sleeping, there }
  }

  test('before it wrote: it finds the other’s record, and sends nothing', async () => {
    const { sleeping, there, runner, server, clock } = await paused('before-set')
    server.script(answer(201, { order: 9 }))
    expect(await clock.until(there.placeOrder().run(cart))).toEqual({ order: 9 })
    await runner.thaw()

    expect(await clock.until(sleeping.settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests).toHaveLength(1)
  })

  test('between its write and the byte: the last check refuses, and it takes what is stored', async () => {
    const { sleeping, there, runner, server, clock, events } = await paused('after-set')
    server.script(answer(201, { order: 9 }))
    expect(await clock.until(there.placeOrder().run(cart))).toEqual({ order: 9 })
    await runner.thaw()

    expect(await clock.until(sleeping.settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests).toHaveLength(1)
    expect(events.map(({ type }) => type)).toContain('claim-lost')
  })

  test('between its write and the byte, with a wall clock that went back meanwhile: the monotonic one refuses', async () => {
    const { sleeping, there, runner, server, clock } = await paused('after-set')
    server.script(answer(201, { order: 9 }))
    await clock.until(there.placeOrder().run(cart))
    runner.jump(-10 * 60_000)
    await runner.thaw()

    expect(await clock.until(sleeping.settled)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests).toHaveLength(1)
  })

  test('with its answer in hand: a success is merged into the same generation', async () => {
    const world = bench()
    world.server.script(answer(201, { order: 9 }), silence)
    world.runner.freezeAt('after-fetch')
    const sleeping = world.placeOrder().start(cart)
    await world.clock.settle()
    const there = world.another()
    const waiting = there.placeOrder().run(cart)
    await world.clock.advance(62_000)
    expect(world.server.requests).toHaveLength(2)
    await world.runner.thaw()

    expect(await world.clock.until(sleeping.settled)).toMatchObject({
      outcome: 'executed',
      data: { order: 9 },
    })
    expect(await world.record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
    expect(await world.clock.until(waiting)).toEqual({ order: 9 })
  })

  test('with a refusal in hand: it writes nothing, and takes what the other made of it', async () => {
    const world = bench()
    world.server.script(answer(402), answer(201, { order: 9 }))
    world.runner.freezeAt('after-fetch')
    const sleeping = world.placeOrder().start(cart)
    await world.clock.settle()
    const there = world.another()
    expect(await world.clock.until(there.placeOrder().run(cart))).toEqual({ order: 9 })
    await world.runner.thaw()

    expect(await world.clock.until(sleeping.settled)).toMatchObject({
      outcome: 'executed',
      data: { order: 9 },
    })
    expect(await world.record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test('in its wait: it writes nothing, and takes the other’s result', async () => {
    const { placeOrder, runner, server, clock, another, events } = bench({
      retry: { backoff: { base: 8_000 } },
    })
    server.script(reset, answer(201, { order: 9 }))
    const sleeping = placeOrder().start(cart)
    await clock.settle()
    runner.freeze()
    expect(await clock.until(another().placeOrder().run(cart))).toEqual({ order: 9 })
    await runner.thaw()

    expect(await clock.until(sleeping.settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests).toHaveLength(2)
    expect(events.map(({ type }) => type)).toContain('claim-lost')
  })

  test('while the other is still at it: it waits for the other', async () => {
    const { placeOrder, runner, server, clock, another } = bench({
      deadline: 600_000,
      retry: { backoff: { base: 8_000 } },
    })
    const slow = held()
    server.script(reset, slow.reply)
    const sleeping = placeOrder().start(cart)
    await clock.settle()
    runner.freeze()
    const there = another().placeOrder().run(cart)
    await clock.advance(62_000)
    await runner.thaw()
    await clock.advance(5_000)
    expect(server.requests).toHaveLength(2)
    slow.release(answer(201, { order: 9 }))

    expect(await clock.until(Promise.all([sleeping.result, there]))).toEqual([{ order: 9 }, { order: 9 }])
    expect(server.requests).toHaveLength(2)
  })

  test('after its deadline has passed: it ends, and what it knows is honest', async () => {
    const { placeOrder, runner, server, clock } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const sleeping = placeOrder().start(cart)
    await clock.settle()
    runner.freeze()
    await clock.advance(3_600_000)
    await runner.thaw()

    expect(await clock.until(sleeping.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved' },
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a writer that lost the acknowledgement', () => {
  test('knows its own write, and goes on', async () => {
    const { placeOrder, server, store, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const set = store.set.bind(store)
    let writes = 0
    store.set = async (...given) => {
      const version = await set(...given)
      if (++writes === 1) throw new Error('connection lost after COMMIT')
      return version
    }

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('undefined is not read as "not written" without a look', async () => {
    const { placeOrder, server, store, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const set = store.set.bind(store)
    let writes = 0
    store.set = async (...given) => {
      const version = await set(...given)
      return ++writes === 1 ? undefined : version
    }

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('where the look fails too, nothing is sent', async () => {
    const { placeOrder, server, store, clock } = bench()
    const set = store.set.bind(store)
    store.set = async (...given) => {
      await set(...given)
      store.get = () => Promise.reject(new Error('gone'))
      throw new Error('connection lost')
    }

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({ code: 'store-failed' })
    expect(server.requests).toHaveLength(0)
  })
})
