import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

const browser = { environment: 'other' } as const

describe('while the browser says that it is offline', () => {
  test('nothing is sent, nothing is written, and the run waits for online', async () => {
    const { placeOrder, runner, server, clock, records } = bench(browser)
    runner.setOnline(false)
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    await clock.advance(60_000)
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
    expect(run.snapshot).toMatchObject({ phase: 'waiting', outcome: 'not-executed' })
    runner.setOnline(true)

    expect(await clock.until(run.result)).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([60_000])
  })

  test('within the deadline: then it is unresolved, and not executed', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    runner.setOnline(false)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'not-executed',
      message: expect.stringContaining('this device says that it is offline'),
    })
    expect(clock.elapsed()).toBe(120_000)
    expect(server.requests).toHaveLength(0)
  })

  test('after an attempt that may have executed it stays unknown', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    runner.setOnline(false)

    expect((await clock.until(running)).error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('an abort ends the wait', async () => {
    const { placeOrder, runner, clock } = bench(browser)
    runner.setOnline(false)
    const leaving = new AbortController()
    const running = ending(placeOrder().run(cart, { signal: leaving.signal }))
    await clock.advance(5_000)
    leaving.abort()

    expect((await clock.until(running)).error).toMatchObject({ code: 'aborted', outcome: 'not-executed' })
    expect(clock.elapsed()).toBe(5_000)
  })

  test('what is concluded meanwhile in the same page ends the wait', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    server.script(reset)
    const operation = placeOrder()
    const running = operation.run(cart)
    await clock.settle()
    runner.setOnline(false)
    await clock.advance(20_000)
    await clock.until(operation.conclude(cart, { outcome: 'executed', data: { order: 9 } }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(20_000)
    expect(server.requests).toHaveLength(1)
  })

  test('nobody is asked, and it is asked when the connection is back', async () => {
    const { placeOrder, runner, server, clock } = bench({ ...browser, retry: { attempts: 1 } })
    server.script(reset, answer(200, { order: 9 }))
    const running = placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).run(cart)
    await clock.settle()
    runner.setOnline(false)
    await clock.advance(20_000)
    expect(server.requests).toHaveLength(1)
    runner.setOnline(true)

    expect(await clock.until(running)).toEqual({ order: 9 })
  })
})

describe('in a browser one send may be two deliveries', () => {
  test.each([
    ['a refused connection is no proof', refusedConnection, 'unresolved', 'unknown'],
    ['a 401 is no proof', answer(401), 'rejected', 'unknown'],
    ['a 429 is no proof', answer(429), 'unresolved', 'unknown'],
    ['a conclusive refusal is one', answer(402), 'rejected', 'not-executed'],
  ])('%s', async (_, reply, code, outcome) => {
    const { placeOrder, server, clock } = bench({ ...browser, retry: { attempts: 1 } })
    server.script(reply)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({ code, outcome })
  })

  test('a redirect is opaque, so it is unknown, and the message says so', async () => {
    const { placeOrder, server, clock } = bench({ ...browser, retry: { attempts: 1 } })
    server.script(() =>
      Object.defineProperties(new Response(null), {
        type: { value: 'opaqueredirect' },
        status: { value: 0 },
        ok: { value: false },
      }),
    )

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining('redirect'),
    })
  })
})
