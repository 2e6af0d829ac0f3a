import { describe, expect, test, vi } from 'vitest'
import { describe as describeEnd } from '../../src/client/describe.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

const browser = { environment: 'other' } as const

const status = { request: () => ({ url: 'orders/1' }) }

test.each([
  ['no `navigator`', undefined, true],
  ['one that says nothing of it', {}, true],
  ['one that is online', { onLine: true }, true],
  ['one that is offline', { onLine: false }, false],
])('a runtime that has %s', (_, navigator, online) => {
  vi.stubGlobal('navigator', navigator)
  try {
    expect(systemRuntime().online()).toBe(online)
  } finally {
    vi.unstubAllGlobals()
  }
})

describe('while the browser says that it is offline', () => {
  test('nothing is sent, nothing is written, and `online` wakes the run at once', async () => {
    const { placeOrder, runner, server, clock, records } = bench(browser)
    runner.setOnline(false)
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    await clock.advance(9_999)
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
    expect(run.snapshot).toMatchObject({
      phase: 'waiting',
      isPaused: true,
      retryAt: 1_800_000_010_000,
      outcome: 'not-executed',
    })
    runner.setOnline(true)

    expect(await clock.until(run.result)).toEqual({ order: 9 })
    expect(run.snapshot).toMatchObject({ isPaused: false })
    expect(server.requests.map(({ at }) => at)).toEqual([9_999])
  })

  test('which is a hint: under an honoured key a try is made all the same, and is executed', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    runner.setOnline(false)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([10_000])
  })

  test('tries come after longer and longer pauses, until the deadline', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    runner.setOnline(false)
    runner.setRandom(0)
    server.always(reset)
    const run = placeOrder().start(cart)
    await clock.advance(100_000)
    expect(run.snapshot).toMatchObject({ isPaused: true, retryAt: undefined, outcome: 'unknown' })

    expect(await clock.until(run.settled)).toMatchObject({
      outcome: 'unknown',
      error: {
        code: 'unresolved',
        reason: 'offline',
        message: expect.stringContaining('this device says that it is offline'),
      },
    })
    expect(server.requests.map(({ at }) => at)).toEqual([10_000, 30_000, 70_000])
    expect(clock.elapsed()).toBe(120_000)
  })

  test('where little time is left, half of it is waited for', async () => {
    const { placeOrder, runner, server, clock } = bench({ ...browser, deadline: 5_000 })
    runner.setOnline(false)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([2_500])
  })

  test('each time anew: who was online meanwhile waits for a while again', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    runner.setOnline(false)
    runner.setRandom(0)
    server.always(() => {
      runner.setOnline(false)
      throw new TypeError('failed to fetch')
    })
    const running = placeOrder().run(cart)
    await clock.advance(9_000)
    runner.setOnline(true)
    await clock.advance(1_000)
    server.always(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([9_000, 19_000])
  })

  test('an attempt that is under way when the word comes waits at the gate, and a try of it later passes', async () => {
    let isFirst = true
    const world = bench({
      ...browser,
      headers: async () => {
        if (isFirst) world.runner.setOnline(false)
        isFirst = false
        return {}
      },
    })
    world.server.script(answer(201, { order: 9 }))

    expect(await world.clock.until(world.placeOrder().run(cart))).toEqual({ order: 9 })
    expect(world.server.requests.map(({ at }) => at)).toEqual([10_000])
  })

  test('what is said to one event is one word: an attempt that began online is no try', async () => {
    const { placeOrder, runner, server, clock } = bench(browser)
    let reads = 0
    Object.assign(runner.runtime, { online: () => reads++ === 0 })
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([10_000])
  })

  test('without an honoured key nothing is sent: it ends as offline, not executed, and can be tried again', async () => {
    const { placeOrder, runner, server, clock, records } = bench({ ...browser, profile: noKeys })
    runner.setOnline(false)
    const order = placeOrder()
    const run = order.start(cart)
    await clock.advance(119_999)
    expect(run.snapshot).toMatchObject({ isPaused: true, retryAt: undefined })
    const end = await clock.until(run.settled)

    expect(end).toMatchObject({
      outcome: 'not-executed',
      error: {
        code: 'unresolved',
        reason: 'offline',
        message: expect.stringContaining('this device says that it is offline'),
      },
    })
    expect(describeEnd(end)).toMatchObject({ reason: 'offline', can: ['retry'] })
    expect(clock.elapsed()).toBe(120_000)
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])

    runner.setOnline(true)
    server.script(answer(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('what may have executed is asked for all the same, without an honoured key too', async () => {
    const { placeOrder, runner, server, clock } = bench({ ...browser, profile: noKeys })
    server.script(reset, answer(200, { order: 9 }))
    const running = placeOrder({ status }).run(cart)
    await clock.settle()
    runner.setOnline(false)

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
    expect(server.requests[1]!.at).toBeGreaterThanOrEqual(10_000)
  })

  test('a settle asks all the same', async () => {
    const { placeOrder, runner, server, clock } = bench({ ...browser, retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))
    const order = placeOrder({ status, redefine: true })
    const began = clock.elapsed()
    const asked = server.requests.length
    runner.setOnline(false)
    server.always(answer(200, { order: 9 }))

    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'executed' })
    expect(server.requests.length - asked).toBe(1)
    expect(clock.elapsed() - began).toBe(10_000)
  })

  test('after an attempt that may have executed it stays unknown', async () => {
    const { placeOrder, runner, server, clock } = bench({ ...browser, profile: noKeys })
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
    await clock.advance(9_000)
    await clock.until(operation.conclude(cart, { outcome: 'executed', data: { order: 9 } }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(9_000)
    expect(server.requests).toHaveLength(1)
  })

  test('nobody is asked, and it is asked when the connection is back', async () => {
    const { placeOrder, runner, server, clock } = bench({ ...browser, retry: { attempts: 1 } })
    server.script(reset, answer(200, { order: 9 }))
    const running = placeOrder({ status }).run(cart)
    await clock.settle()
    runner.setOnline(false)
    await clock.advance(9_000)
    expect(server.requests).toHaveLength(1)
    runner.setOnline(true)

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(9_000)
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
