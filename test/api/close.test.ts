import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset, silence } from './bench/scripted-server.ts'

describe('close', () => {
  test('a run in its wait ends at once, and its claim is free', async () => {
    const { client, placeOrder, server, clock, record } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    await clock.advance(100)
    await clock.until(client.close())

    expect((await clock.until(running)).error).toMatchObject({
      code: 'aborted',
      outcome: 'unknown',
      name: 'OperationError',
      message: expect.stringContaining('The client was closed.'),
    })
    expect(clock.elapsed()).toBe(100)
    expect(await record()).toMatchObject({ state: 'pending', ambiguous: 1 })
    expect(await record()).not.toHaveProperty('lease')
  })

  test('a run that is begun afterwards is told why it ends', async () => {
    const { client, placeOrder, server, clock } = bench()
    await clock.until(client.close())

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'aborted',
      message: 'The client was closed. The operation was not executed.',
    })
    expect(server.requests).toHaveLength(0)
  })

  test('another process takes over at once, under the same key', async () => {
    const { client, placeOrder, server, clock, another } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset, answer(201, { order: 9 }))
    const running = ending(placeOrder().run(cart))
    await clock.advance(100)
    await clock.until(client.close())
    await clock.until(running)

    expect(await clock.until(another().placeOrder().run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(100)
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('what is in the air is read to its end, and its success is given to who waits for it', async () => {
    const { client, placeOrder, server, clock, record } = bench()
    const first = held()
    server.script(first.reply)
    const running = placeOrder().run(cart)
    await clock.settle()
    let closed = false
    const closing = client.close().then(() => (closed = true))
    await clock.advance(20_000)
    expect(closed).toBe(false)
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    await clock.until(closing)
    expect(await record()).toMatchObject({ state: 'succeeded' })
  })

  test('it waits no longer than the attempt would have taken', async () => {
    const { client, placeOrder, server, clock } = bench()
    server.script(silence)
    const running = ending(placeOrder().run(cart))
    await clock.advance(1_000)
    await clock.until(client.close())

    expect(clock.elapsed()).toBe(30_000)
    expect((await clock.until(running)).error).toMatchObject({ code: 'aborted', outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
    expect(clock.timerCount()).toBe(0)
  })

  test('a store that never answers does not hold it for ever', async () => {
    const { client, placeOrder, store, clock } = bench({ deadline: 10_000, timeout: 5_000 })
    store.get = () => new Promise(() => {})
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    await clock.until(client.close())

    expect(clock.elapsed()).toBeLessThanOrEqual(15_000)
    expect((await clock.until(running)).error).toMatchObject({ outcome: 'unknown' })
  })

  test('after it nothing is sent any more: a call reads the record, to tell the outcome', async () => {
    const { client, placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.until(order.run({ id: 'cart-43' }))
    await clock.until(client.close())

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'aborted',
      outcome: 'unknown',
    })
    expect((await clock.until(ending(order.run({ id: 'cart-44' })))).error).toMatchObject({
      code: 'aborted',
      outcome: 'not-executed',
    })
    expect((await clock.until(order.settle({ id: 'cart-43' }))).outcome).toBe('executed')
    expect(server.requests).toHaveLength(2)
  })

  test('twice is once, and with nothing under way it is done at once', async () => {
    const { client, clock } = bench()
    await clock.until(client.close())
    await clock.until(client.close())

    expect(clock.elapsed()).toBe(0)
  })

  test('it leaves no timer behind', async () => {
    const { client, placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))
    await clock.until(client.close())

    expect(clock.timerCount()).toBe(0)
  })
})
