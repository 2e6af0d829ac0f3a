import { describe, expect, test } from 'vitest'
import { bench, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

/** Less time than gives a retry back, for ten runs one after another. */
const short = { deadline: 900, retry: { attempts: 4, backoff: { base: 1, cap: 1 } } }

describe('the retry budget of a client and an origin', () => {
  test('through a long outage the load falls to the first sends', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(503))
    const order = placeOrder()
    const ends = Array.from({ length: 100 }, (_, index) => ending(order.run({ id: `cart-${index}` })))
    await clock.until(Promise.all(ends))

    // Two at once, and one after 10, 30 and 70 s of the two minutes.
    expect(server.requests).toHaveLength(100 + 2 + 3)
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(100)
  })

  test('a server that is back after twenty seconds performs all of a hundred, within a pause', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(503))
    const order = placeOrder()
    const runs = Array.from({ length: 100 }, (_, index) => order.run({ id: `cart-${index}` }))
    await clock.advance(20_000)
    server.always(answer(201, { order: 9 }))

    expect(await clock.until(Promise.all(runs))).toHaveLength(100)
    expect(clock.elapsed()).toBeLessThan(40_000)
  })

  test('a run whose retries are denied waits for them, and uses up none of its attempts', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 2 }, deadline: 60_000 })
    server.always(reset)
    const order = placeOrder()
    const burnt = Array.from({ length: 12 }, (_, index) => ending(order.run({ id: `cart-${index}` })))
    await clock.until(Promise.all(burnt))
    const began = clock.elapsed()
    const run = order.start({ id: 'cart-late' })
    await clock.advance(5_000)
    expect(run.snapshot).toMatchObject({ outcome: 'unknown', phase: 'waiting', attempts: 1 })
    server.always(answer(201, { order: 9 }))

    expect(await clock.until(run.result)).toEqual({ order: 9 })
    // Twenty sends in a row have failed: time gives one back after 10, 20 and 40 s.
    expect(clock.elapsed() - began).toBeLessThan(45_000)
  })

  test('it never holds up a first send', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(reset)
    const order = placeOrder()
    for (let index = 0; index < 10; index++) await clock.until(ending(order.run({ id: `cart-${index}` })))
    server.always(answer(201, { order: 9 }))
    const began = clock.elapsed()

    expect(await clock.until(order.run({ id: 'cart-new' }))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(began)
  })

  test('each success gives one back', async () => {
    const { placeOrder, server, clock } = bench(short)
    server.always(reset)
    const order = placeOrder()
    for (let index = 0; index < 10; index++) await clock.until(ending(order.run({ id: `cart-${index}` })))
    server.always(answer(201, { order: 9 }))
    for (let index = 10; index < 12; index++) await clock.until(order.run({ id: `cart-${index}` }))
    server.always(reset)
    const sent = server.requests.length
    await clock.until(ending(order.run({ id: 'cart-last' })))

    // Its first send, and what two successes gave back.
    expect(server.requests.length - sent).toBe(3)
  })

  test('another origin has one of its own', async () => {
    const { placeOrder, server, clock } = bench(short)
    server.always(reset)
    const order = placeOrder()
    for (let index = 0; index < 10; index++) await clock.until(ending(order.run({ id: `cart-${index}` })))
    const sent = server.requests.length
    const elsewhere = placeOrder({
      name: 'elsewhere',
      request: () => ({ method: 'post', url: 'https://bank.test/transfers' }),
    })
    await clock.until(ending(elsewhere.run({ id: 'cart-1' })))

    expect(server.requests.length - sent).toBe(4)
  })
})

describe('the budget of asking', () => {
  test('after several failed asks in a row to an origin, asking backs off too', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 1_000_000 })
    server.script(reset)
    server.always(answer(503))
    const order = placeOrder({ status: { request: () => ({ url: 'orders/1' }) } })
    await clock.until(ending(order.run({ id: 'cart-1' })))
    const asks = server.requests.filter(({ method }) => method === 'GET')

    // Three for nothing, three of the budget, and one in ten seconds of the thousand.
    expect(asks.length).toBeLessThanOrEqual(3 + 3 + 100)
    expect(asks.length).toBeGreaterThanOrEqual(3 + 3 + 90)
  })

  test('a clock that is put back three hours keeps nobody from asking', async () => {
    const { placeOrder, server, clock, runner } = bench({ retry: { attempts: 1 }, deadline: 5_000_000 })
    server.script(reset)
    server.always(answer(503))
    const order = placeOrder({ status: { request: () => ({ url: 'orders/1' }) } })
    const run = order.start({ id: 'cart-1' })
    await clock.until(new Promise<void>(resolve => clock.after(900_000, resolve)))
    const before = server.requests.length
    runner.jump(-10_800_000)
    await clock.until(new Promise<void>(resolve => clock.after(1_200_000, resolve)))

    expect(server.requests.length - before).toBeGreaterThanOrEqual(3)
    run.abort()
    await clock.until(run.settled)
  })

  test('an answer fills it again', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 60_000 })
    server.script(reset, ...Array.from({ length: 5 }, () => answer(503)))
    server.always(answer(404))
    const order = placeOrder({ status: { request: () => ({ url: 'orders/1' }) } })
    await clock.until(ending(order.run({ id: 'cart-1' })))

    expect(server.requests.length).toBeGreaterThan(10)
  })
})
