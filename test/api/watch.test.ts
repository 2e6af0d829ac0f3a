import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Cart, OrderData, Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'
import { START } from './bench/trial-runner.ts'

const status: NonNullable<OperationDefinition<Cart, OrderData>['status']> = {
  request: ({ key }) => ({ url: `orders/by-key/${key}` }),
}

/** Operations whose one attempt lost its answer, in the store of a process that has gone; another process is there now. */
async function left(
  count: number,
  setup: Setup = {},
  changes: Partial<OperationDefinition<Cart, OrderData>> = {},
) {
  const once = { retry: { attempts: 1 }, deadline: 1, ...setup }
  const world = bench(once)
  const order = world.placeOrder({ ...changes })
  for (let index = 0; index < count; index++) {
    world.server.script(reset)
    await world.clock.until(ending(order.run({ id: `cart-${index}` })))
  }
  const later = world.another({ ...once, deadline: 10_000, ...setup })
  const asks = () => world.server.requests.filter(({ method }) => method === 'GET')
  return { ...world, ...later, order: later.placeOrder({ status, ...changes }), asks }
}

describe('client.watch', () => {
  test('asks about what is open, with pauses that grow to half a minute, until the outcome is known', async () => {
    const { client, clock, server, asks, events } = await left(1)
    server.always(answer(404))
    client.watch()
    await clock.advance(200_000)
    const times = asks().map(({ at }) => at)
    const pauses = times.slice(1).map((at, index) => at - times[index]!)

    // In the middle of the jitter: three quarters of 4 s, 8 s, 16 s, 30 s.
    expect(pauses.slice(0, 6)).toEqual([3_000, 6_000, 12_000, 22_500, 22_500, 22_500])
    expect(events.filter(({ type }) => type === 'settled')).toEqual([])
    server.always(answer(200, { order: 9 }))
    await clock.advance(30_000)
    expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'executed' })
    const before = asks().length
    await clock.advance(600_000)
    expect(asks()).toHaveLength(before)
    expect(await clock.until(client.pending())).toEqual([])
  })

  test('a listing says when each is looked at next', async () => {
    const { client, clock, server, order } = await left(1)
    server.always(answer(404))
    const stop = client.watch()
    await clock.advance(1_000)

    const nextLookAt = START + clock.elapsed() + 2_000
    expect(await clock.until(client.pending())).toMatchObject([{ id: 'cart-0', nextLookAt }])
    expect(await clock.until(order.inspect({ id: 'cart-0' }))).toMatchObject({ nextLookAt })
    stop()
    expect(await clock.until(client.pending())).toMatchObject([{ nextLookAt: undefined }])
  })

  test('takes up what a call of this process leaves open', async () => {
    const { client, clock, server, order, asks } = await left(0)
    client.watch()
    server.script(reset)
    server.always(answer(503))
    await clock.until(ending(order.run(cart)))
    const before = asks().length
    server.always(answer(200, { order: 9 }))
    await clock.advance(4_000)

    expect(asks()).toHaveLength(before + 1)
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('finds what another process leaves open, within a minute', async () => {
    const { client, clock, server, another, asks } = await left(0)
    client.watch()
    await clock.advance(1_000)
    server.script(reset)
    await clock.until(
      ending(
        another({ retry: { attempts: 1 }, deadline: 1 })
          .placeOrder()
          .run(cart),
      ),
    )
    server.always(answer(200, { order: 9 }))
    await clock.advance(61_000)

    expect(asks()).toHaveLength(1)
  })

  test('leaves alone what a run of this process is at work on, and what another one is', async () => {
    const { client, clock, server, another, order, asks } = await left(0)
    const here = held()
    const there = held()
    server.script(here.reply, there.reply)
    const own = order.start(cart)
    await clock.settle()
    const foreign = another().placeOrder().start({ id: 'cart-foreign' })
    await clock.settle()
    client.watch()
    await clock.advance(9_000)

    expect(asks()).toEqual([])
    here.release(answer(201, { order: 1 }))
    there.release(answer(201, { order: 2 }))
    expect(await clock.until(own.settled)).toMatchObject({ outcome: 'executed' })
    expect(await clock.until(foreign.settled)).toMatchObject({ outcome: 'executed' })
  })

  test('never sends, unless it may: then what is stored and young', async () => {
    const { client, clock, server, requests } = await sent(await left(1, {}, { persist: 'request' }))
    server.always(answer(404))
    const stop = client.watch()
    await clock.advance(60_000)
    expect(requests('POST')).toHaveLength(1)
    stop()
    server.always(answer(201, { order: 9 }))
    client.watch({ send: true })
    await clock.advance(1_000)

    expect(requests('POST').map(({ key }) => key)).toEqual(['key-1', 'key-1'])
    expect(await clock.until(client.pending())).toEqual([])
  })

  test('does not send what is older than `validFor`', async () => {
    const { client, clock, server, requests } = await sent(
      await left(1, { validFor: 5_000 }, { persist: 'request' }),
    )
    await clock.advance(6_000)
    server.always(answer(404))
    client.watch({ send: true })
    await clock.advance(60_000)

    expect(requests('POST')).toHaveLength(1)
    expect(requests('GET').length).toBeGreaterThan(2)
  })

  test('keeps a Retry-After', async () => {
    const { client, clock, server, asks } = await left(1)
    server.script(answer(503, {}, { 'retry-after': '120' }))
    server.always(answer(200, { order: 9 }))
    client.watch()
    await clock.advance(119_000)
    expect(asks()).toHaveLength(1)
    expect(await clock.until(client.pending())).toMatchObject([{ nextLookAt: START + 120_000 }])
    await clock.advance(2_000)

    expect(asks()).toHaveLength(2)
    expect(await clock.until(client.pending())).toEqual([])
  })

  test('looks at once when somebody comes back to the page', async () => {
    const { client, clock, server, runner, asks } = await left(1)
    server.always(answer(404))
    client.watch()
    await clock.advance(100_000)
    const before = asks().length
    await clock.advance(5_000)
    runner.comeBack()
    await clock.advance(100)

    expect(asks()).toHaveLength(before + 1)
  })

  test('another user logs in: the first one’s operations are asked about no more, and his own are', async () => {
    let user = 'user-7'
    const { client, clock, server, asks, order } = await left(1, { scope: () => user })
    server.always(answer(404))
    client.watch()
    await clock.advance(1_000)
    user = 'user-8'
    const before = asks().length
    await clock.advance(100_000)
    expect(asks()).toHaveLength(before)

    server.script(reset)
    await clock.until(ending(order.run(cart)))
    const asked = asks().length
    server.always(answer(200, { order: 9 }))
    await clock.advance(5_000)
    expect(asks()).toHaveLength(asked + 1)
    user = 'user-7'
    await clock.advance(61_000)
    expect(asks()).toHaveLength(asked + 2)
  })

  test('what throws where nobody is logged in is waited for', async () => {
    let user = ''
    const { client, clock, server, asks } = await left(1, { scope: () => user || 'user-7' })
    user = 'user-7'
    server.always(answer(200, { order: 9 }))
    const guest = client.withScope('guest').watch()
    client.watch()
    await clock.advance(1_000)
    expect(asks()).toHaveLength(1)
    guest()
  })

  test('ends by the function, by the signal and by close; then no timer is left', async () => {
    const { client, clock, server, asks } = await left(1)
    server.always(answer(404))
    const stop = client.watch()
    const ended = new AbortController()
    client.watch({ signal: ended.signal })
    await clock.advance(10_000)
    const before = asks().length
    stop()
    await clock.advance(20_000)
    expect(asks().length).toBeGreaterThan(before)
    ended.abort()
    await clock.settle()
    expect(clock.timerCount()).toBe(0)
    const after = asks().length
    client.watch({ signal: ended.signal })
    await clock.advance(100_000)
    expect(asks()).toHaveLength(after)
    client.watch()
    await clock.advance(1_000)
    await client.close()
    await clock.settle()
    expect(clock.timerCount()).toBe(0)
  })

  test('while a server is down, one request asks for all; when it is back, all are asked about', async () => {
    const { client, clock, server, asks, order } = await left(20)
    server.always(answer(503))
    client.watch()
    const stops = [0, 1, 2].map(index => order.watch({ id: `cart-${index}` }, () => {}))
    await clock.advance(600_000)
    // Half a minute each, of which three quarters are waited for in the mean.
    expect(asks().length).toBeLessThanOrEqual(30)
    expect(new Set(asks().map(({ key, url }) => key ?? url)).size).toBeGreaterThan(10)
    const before = asks().length
    server.always(answer(200, { order: 9 }))
    await clock.advance(62_000)

    expect(asks()).toHaveLength(before + 20)
    expect(await clock.until(client.pending())).toEqual([])
    for (const stop of stops) stop()
  })

  test('a call takes its operation over from a look', async () => {
    const { client, clock, server, order } = await left(1)
    const look = held()
    server.script(look.reply)
    client.watch()
    await clock.advance(10)
    const run = order.start({ id: 'cart-0' })
    look.release(answer(404))
    server.always(answer(201, { order: 9 }))

    expect(await clock.until(run.settled)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
  })

  test.each([[{ send: 'yes' }], [{ scope: 'all' }], ['user-7']])('%j is a configuration error', options => {
    const { client } = bench()
    expect(() => client.watch(options as object)).toThrow(expect.objectContaining({ code: 'configuration' }))
  })
})

async function sent<World extends Awaited<ReturnType<typeof left>>>(world: World) {
  return {
    ...world,
    requests: (method: string) => world.server.requests.filter(each => each.method === method),
  }
}

describe('the watch of one operation', () => {
  test('tells what a run of this process comes to', async () => {
    const { clock, server, order } = await left(0)
    const seen: unknown[] = []
    order.watch(cart, ({ outcome }, end) => seen.push([outcome, end?.outcome]))
    await clock.advance(1_000)
    server.script(answer(201, { order: 9 }))
    await clock.until(order.run(cart))
    await clock.settle()

    expect(seen).toEqual([['executed', 'executed']])
  })

  test('tells at once what is settled by now, without a request', async () => {
    const { clock, server, order } = await left(0)
    server.script(answer(201, { order: 9 }))
    await clock.until(order.run(cart))
    const seen: unknown[] = []
    order.watch(cart, ({ data }, end) => seen.push([data, end?.outcome]))
    await clock.advance(1_000)

    expect(seen).toEqual([[{ order: 9 }, 'executed']])
    expect(server.requests).toHaveLength(1)
  })

  test('tells what another process found out', async () => {
    const { clock, server, order, another } = await left(1)
    server.always(answer(404))
    const seen: unknown[] = []
    order.watch({ id: 'cart-0' }, (_, end) => end !== undefined && seen.push(end.outcome))
    await clock.advance(1_000)
    await clock.until(
      another()
        .placeOrder()
        .conclude({ id: 'cart-0' }, { outcome: 'executed', data: { order: 9 } }),
    )
    await clock.advance(4_000)

    expect(seen).toEqual(['executed'])
  })

  test('two watchers share the looks, and each is told', async () => {
    const { clock, server, order, asks } = await left(1)
    server.always(answer(404))
    const told = [0, 0]
    const stops = told.map((_, index) => order.watch({ id: 'cart-0' }, () => void told[index]!++))
    await clock.advance(10_000)
    expect(asks()).toHaveLength(3)
    expect(told[0]).toBeGreaterThanOrEqual(3)
    expect(told[1]).toBe(told[0])
    stops[0]!()
    await clock.advance(30_000)
    expect(asks().length).toBeGreaterThan(3)
  })

  test('a listener that throws stops nothing', async () => {
    const { clock, server, order, asks } = await left(1, { onListenerError: () => {} })
    server.always(answer(404))
    order.watch({ id: 'cart-0' }, () => {
      throw new Error('listener')
    })
    await clock.advance(10_000)

    expect(asks()).toHaveLength(3)
  })

  test('nothing that could be asked is no reason to touch the record, and what others find is told', async () => {
    const { clock, server, another, runner, store } = await left(1)
    const order = another().placeOrder()
    const before = await listed(store)
    const seen: unknown[] = []
    order.watch({ id: 'cart-0' }, ({ nextLookAt }, end) => seen.push(end?.outcome ?? typeof nextLookAt))
    await clock.advance(100_000)

    expect(await listed(store)).toEqual(before)
    expect(seen[0]).toBe('number')
    expect(server.requests).toHaveLength(1)
    runner.comeBack()
  })
})

async function listed(store: ReturnType<typeof bench>['store']): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { version } of store.listOpen('')) found.push(version)
  return found
}
