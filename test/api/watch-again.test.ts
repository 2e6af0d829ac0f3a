import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Cart, OrderData, Setup } from './bench/bench.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, cart, ending, orderDefinition } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const status: NonNullable<OperationDefinition<Cart, OrderData>['status']> = {
  request: ({ key }) => ({ url: `orders/by-key/${key}` }),
}

/** An operation whose one attempt lost its answer. */
async function unknown(setup: Setup = {}) {
  const world = bench({ retry: { attempts: 1 }, deadline: 10_000, ...setup })
  world.server.script(reset)
  world.server.always(answer(503))
  const order = world.placeOrder({ status })
  await world.clock.until(ending(order.run(cart)))
  const ends: unknown[] = []
  return {
    ...world,
    order,
    ends,
    told: (_: unknown, end?: { outcome: string }) => end && ends.push(end.outcome),
  }
}

describe('a watch that takes the place of one', () => {
  test('whose look is still in the air goes on all the same', async () => {
    const { order, server, clock, ends, told } = await unknown()
    const look = held()
    server.script(look.reply)
    const stop = order.watch(cart, () => {})
    await clock.advance(10)
    stop()
    order.watch(cart, told)
    await clock.advance(10)
    server.always(answer(200, { order: 9 }))
    look.release(answer(404))
    await clock.advance(120_000)

    expect(ends).toEqual(['executed'])
  })

  test('of all operations, too', async () => {
    const { client, server, clock, record } = await unknown()
    const look = held()
    server.script(look.reply)
    const stop = client.watch()
    await clock.advance(10)
    stop()
    client.watch()
    await clock.advance(10)
    server.always(answer(200, { order: 9 }))
    look.release(answer(404))
    await clock.advance(40_000)

    expect(await record()).toMatchObject({ state: 'succeeded' })
  })

  test('in the same tick looks once, and is told at once', async () => {
    const { order, server, clock, ends, told } = await unknown()
    const before = server.requests.length
    server.always(answer(200, { order: 9 }))
    for (let ticks = 0; ticks < 12; ticks++) {
      const stop = order.watch(cart, () => {})
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      stop()
    }
    order.watch(cart, told)
    await clock.advance(1_000)

    expect(ends).toEqual(['executed'])
    expect(server.requests.length - before).toBeLessThanOrEqual(1)
  })
})

describe('a watch of what somebody else watches too', () => {
  test('goes on for the scope that a service acts for, when its own user has gone', async () => {
    let user = 'user-7'
    const { client, order, server, clock, ends, told } = await unknown({ scope: () => user })
    server.always(answer(404))
    const theirs: unknown[] = []
    order.watch(cart, told)
    await clock.advance(1_000)
    client
      .withScope('user-7')
      .operation({ ...orderDefinition, status, redefine: true })
      .watch(cart, (_, end) => end && theirs.push(end.outcome))
    user = 'user-8'
    server.always(answer(200, { order: 9 }))
    await clock.advance(60_000)

    expect(theirs).toEqual(['executed'])
    expect(ends.length).toBeLessThanOrEqual(1)
  })

  test('sends nothing for whoever has logged out', async () => {
    let user = 'user-7'
    const { client, placeOrder, server, clock } = bench({
      retry: { attempts: 1 },
      deadline: 10_000,
      scope: () => user,
    })
    server.script(reset)
    const order = placeOrder({ persist: 'request', status })
    await clock.until(ending(order.run(cart)))
    server.always(answer(404))
    client.withScope('user-7').watch()
    await clock.advance(1_000)
    order.watch(cart, () => {}, { send: true })
    user = 'user-8'
    await clock.advance(60_000)

    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(server.requests.length).toBeGreaterThan(2)
  })
})

describe('a watch that began while a run was under way', () => {
  test('looks after it, where the run could not read what is stored', async () => {
    const stored = memoryStore()
    let fails = false
    const { order, server, clock, ends, told } = await unknown({
      store: { ...stored, get: async key => (fails ? Promise.reject(new Error('disk')) : stored.get(key)) },
    })
    fails = true
    const run = order.start(cart)
    order.watch(cart, told)
    expect(await clock.until(run.settled)).toMatchObject({ outcome: 'unknown' })
    fails = false
    server.always(answer(200, { order: 9 }))
    await clock.advance(60_000)

    expect(ends).toEqual(['executed'])
  })

  test('is not over where the run was of another payload', async () => {
    const { order, server, clock, ends, told } = await unknown()
    const run = order.start({ ...cart, total: 1 })
    order.watch(cart, told)
    expect(await clock.until(run.settled)).toMatchObject({ error: { code: 'payload-mismatch' } })
    server.always(answer(200, { order: 9 }))
    await clock.advance(60_000)
    expect(ends).toEqual(['executed'])
  })

  test('is told the result, where the run of another payload met what was executed', async () => {
    const { order, server, clock } = await unknown()
    server.always(answer(200, { order: 9 }))
    await clock.until(order.settle(cart))
    const run = order.start({ ...cart, total: 1 })
    const seen: unknown[] = []
    order.watch(cart, (_, end) => end && seen.push(end))
    expect(await clock.until(run.settled)).toMatchObject({ error: { code: 'payload-mismatch' } })
    await clock.advance(60_000)
    expect(seen).toMatchObject([{ outcome: 'executed', data: { order: 9 } }])
  })
})

describe('a watch of what was executed, and whose result is not kept', () => {
  test('asks for the result no oftener than a settle, while the server is down', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 120_000, remember: 1_000 })
    const order = placeOrder({ status })
    server.script(answer(201, { order: 9 }))
    server.always(answer(503))
    await clock.until(order.run(cart))
    await clock.advance(5_000)
    const ends: unknown[] = []
    order.watch(cart, (_, end) => end && ends.push(end.outcome))
    await clock.advance(300_000)

    expect(ends).toEqual(['executed'])
    // One of the operation itself, and 17 that a settle makes in two minutes.
    expect(server.requests).toHaveLength(18)
  })
})

describe('a watch that has ended', () => {
  test('leaves nothing at its signal', async () => {
    const { order, server, clock, ends, told } = await unknown()
    server.always(answer(200, { order: 9 }))
    const { signal } = new AbortController()
    order.watch(cart, told, { signal })
    await clock.advance(60_000)
    expect(ends).toEqual(['executed'])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('a watch that was stopped', () => {
  test.each([0, 5, 10, 15, 20, 30])('sends nothing from then on, %d ticks after it began', async ticks => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 10_000 })
    server.always(reset)
    const order = placeOrder({ persist: 'request' })
    await clock.until(ending(order.run(cart)))
    const sent = server.requests.length
    server.always(answer(201, { order: 9 }))
    const stop = order.watch(cart, () => {}, { send: true })
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    const already = server.requests.length
    stop()
    await clock.advance(60_000)
    expect(server.requests.length - sent).toBe(already - sent)
  })
})

describe('a client that is closed', () => {
  test('has no timer for a watch of which nothing is open, and begins none', async () => {
    const { client, clock, order, server } = await unknown()
    server.always(answer(200, { order: 9 }))
    await clock.until(order.settle(cart))
    client.watch()
    await clock.advance(1_000)
    await client.close()
    await clock.settle()
    expect(clock.timerCount()).toBe(0)
    client.watch()
    order.watch(cart, () => {})
    await clock.settle()
    expect(clock.timerCount()).toBe(0)
  })
})
