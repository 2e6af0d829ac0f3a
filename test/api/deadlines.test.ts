import { describe, expect, test, vi } from 'vitest'
import type { StandardSchema } from '../../src/public/standard-schema.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { afterMs, answer, held, reset, silence } from './bench/scripted-server.ts'

/** A head at once, and a body that never ends. */
function endlessBody(status: number): Reply {
  return () =>
    new Response(new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }), {
      status,
      headers: { 'transfer-encoding': 'chunked' },
    })
}

describe('timeout', () => {
  test('it ends one attempt, and the next one is made under the same key', async () => {
    const { placeOrder, server, clock, runner } = bench({ timeout: 5_000 })
    runner.setRandom(0)
    server.script(silence, answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key, at }) => [key, at])).toEqual([
      ['key-1', 0],
      ['key-1', 5_000],
    ])
    expect(server.requests[0]!.signal?.aborted).toBe(true)
  })

  test('what times out may have executed', async () => {
    const { placeOrder, server, clock } = bench({ timeout: 5_000, retry: { attempts: 1 } })
    server.script(silence)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining('no answer: TimeoutError'),
    })
  })

  test('the body is part of it: a success whose body never ends is executed, and read again', async () => {
    const { placeOrder, server, clock, runner } = bench({ timeout: 5_000 })
    runner.setRandom(0)
    server.script(endlessBody(201), answer(201, { order: 9 }, { 'idempotent-replayed': 'true' }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([0, 5_000])
  })

  test('it bounds each ask', async () => {
    const { placeOrder, server, clock } = bench({
      timeout: 5_000,
      retry: { attempts: 1 },
      poll: { interval: { min: 500, max: 500 } },
    })
    server.script(reset, silence, answer(200, { order: 9 }))

    expect(
      await clock.until(placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).run(cart)),
    ).toEqual({
      order: 9,
    })
    expect(server.requests.map(({ at }) => at)).toEqual([0, 500, 6_000])
  })

  test('a definition has its own', async () => {
    const { placeOrder, server, clock } = bench({ timeout: 5_000, retry: { attempts: 1 } })
    server.script(silence)

    await clock.until(ending(placeOrder({ timeout: 700 }).run(cart)))
    expect(clock.elapsed()).toBe(700)
  })

  test('an answer that comes just in time counts', async () => {
    const { placeOrder, server, clock } = bench({ timeout: 5_000, retry: { attempts: 1 } })
    server.script(afterMs(clock, 4_999, answer(201, { order: 9 })))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
  })
})

describe('deadline', () => {
  test('it cuts an attempt', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 7_000, timeout: 30_000 })
    server.script(silence)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
    })
    expect(clock.elapsed()).toBe(7_000)
  })

  test('a pause that would only lead past it is not waited for', async () => {
    const { placeOrder, server, clock, runner } = bench({
      deadline: 7_000,
      retry: { backoff: { base: 8_000 } },
    })
    runner.setRandom(0.9999)
    server.script(reset)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining('The next pause would pass the deadline.'),
    })
    expect(clock.elapsed()).toBe(0)
  })

  test('it bounds the wait for another process', async () => {
    const { placeOrder, server, clock, another } = bench()
    const first = held()
    server.script(first.reply)
    const holding = placeOrder().run(cart)
    await clock.settle()

    const { error } = await clock.until(ending(another().placeOrder({ deadline: 7_000 }).run(cart)))

    expect(error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining(
        'Another tab or process is working on the operation, and the deadline has passed.',
      ),
    })
    expect(clock.elapsed()).toBe(7_000)
    first.release(answer(201, { order: 9 }))
    await clock.until(holding)
  })

  test('it bounds queries', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 7_000, retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(404))

    expect(
      (await clock.until(ending(placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).run(cart))))
        .error,
    ).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(clock.elapsed()).toBeLessThanOrEqual(7_000)
  })

  test.each(['get', 'set'] as const)(
    'a store that never comes back from %s holds callers no longer than deadline and timeout',
    async method => {
      const { placeOrder, store, clock, server } = bench({ deadline: 7_000, timeout: 2_000 })
      store[method] = () => new Promise<never>(() => {})

      const { error } = await clock.until(ending(placeOrder().run(cart)))

      expect(error).toMatchObject({ code: 'store-failed', outcome: 'unknown' })
      expect(clock.elapsed()).toBe(9_000)
      expect(server.requests).toHaveLength(0)
    },
  )

  test('a call that has joined has a watchdog of its own: in a worker that of the run ends with the request that began it', async () => {
    const { placeOrder, store, clock, runner, server } = bench({ deadline: 7_000, timeout: 2_000 })
    const begun = vi.spyOn(runner.runtime, 'watchdog').mockReturnValue(() => {})
    store.get = () => new Promise<never>(() => {})
    const order = placeOrder()
    const first = ending(order.run(cart))
    await clock.advance(3_000)
    const joined = ending(order.run(cart))

    expect((await clock.until(joined)).error).toMatchObject({ code: 'store-failed', outcome: 'unknown' })
    expect((await clock.until(first)).error).toMatchObject({ code: 'store-failed', outcome: 'unknown' })
    expect(begun).toHaveBeenCalled()
    expect(clock.elapsed()).toBeLessThanOrEqual(12_000)
    expect(server.requests).toHaveLength(0)
  })

  test('what comes back after that changes nothing of what was told', async () => {
    const { placeOrder, store, server, clock, events } = bench({ deadline: 7_000, timeout: 2_000 })
    let answered: () => void = () => {}
    const get = store.get.bind(store)
    store.get = async key => {
      await new Promise<void>(resolve => (answered = resolve))
      return get(key)
    }
    const run = placeOrder().start(cart)
    const settled = await clock.until(run.settled)
    const { snapshot } = run
    answered()
    await clock.advance(60_000)

    expect(settled).toMatchObject({ outcome: 'unknown', error: { code: 'store-failed' } })
    expect(run.snapshot).toBe(snapshot)
    expect(events.filter(({ type }) => type === 'settled')).toHaveLength(1)
    expect(server.requests).toHaveLength(0)
  })

  test('the next call waits until the store has come back: what was not sent is no doubt', async () => {
    const { placeOrder, store, server, clock, record } = bench({ deadline: 7_000, timeout: 2_000 })
    let comeBack: () => void = () => {}
    const set = store.set.bind(store)
    store.set = async (...given) => {
      store.set = set
      const version = await set(...given)
      await new Promise<void>(resolve => (comeBack = resolve))
      return version
    }
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    server.script(answer(402))
    const next = ending(order.run(cart))
    await clock.advance(1_000)
    expect(server.requests).toHaveLength(0)
    comeBack()

    expect((await clock.until(next)).error).toMatchObject({ code: 'rejected', outcome: 'not-executed' })
    expect(await record()).toMatchObject({ key: 'key-1', state: 'failed', sent: 1, ambiguous: 0 })
  })

  test('a success whose write never comes back is not held back for longer than that', async () => {
    const { placeOrder, store, server, clock } = bench({ deadline: 7_000, timeout: 2_000 })
    server.script(answer(201, { order: 9 }))
    const set = store.set.bind(store)
    let writes = 0
    store.set = (...given) => (++writes > 1 ? new Promise(() => {}) : set(...given))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(9_000)
    expect(clock.timerCount()).toBe(0)
  })

  test('a schema that never comes back leaves an executed operation executed', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 7_000, timeout: 2_000 })
    server.script(answer(201, { order: 9 }))
    const Hung: StandardSchema<unknown, { order: number }> = {
      '~standard': { version: 1, vendor: 'own', validate: () => new Promise(() => {}) },
    }

    expect((await clock.until(ending(placeOrder({ response: Hung }).run(cart)))).error).toMatchObject({
      code: 'response-invalid',
      outcome: 'executed',
    })
    expect(clock.elapsed()).toBe(11_000)
  })

  test('a schema that never comes back from a result that was stored before: executed, and given again', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))
    const began = clock.elapsed()
    let validate: () => unknown = () => new Promise(() => {})
    const response = {
      '~standard': { version: 1, vendor: 'own', validate: () => validate() },
    } as StandardSchema<unknown, { order: number }>
    const order = another({ deadline: 7_000, timeout: 2_000 }).placeOrder({ response })

    expect(await clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'executed',
      data: undefined,
      replayed: true,
      error: { code: 'response-invalid', outcome: 'executed' },
    })
    expect(clock.elapsed() - began).toBe(11_000)
    // The next call does not wait for the one that hangs.
    validate = () => ({ value: { order: 9 } })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed() - began).toBe(11_000)
    expect(server.requests).toHaveLength(1)
  })

  test('each run has its own', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 7_000, timeout: 30_000 })
    server.script(silence, answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.advance(100_000)

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })
})

describe('poll.deadline takes the place of the deadline', () => {
  const poll = { interval: { min: 1_000, max: 1_000 }, deadline: 60_000 }

  test('from the first "still processing" on', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 5_000, poll })
    server.script(afterMs(clock, 4_000, answer(202)))
    server.always(answer(202))

    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'still-processing', outcome: 'unknown' })
    expect(clock.elapsed()).toBeGreaterThan(60_000)
    expect(clock.elapsed()).toBeLessThanOrEqual(64_000)
  })

  test('it may be the shorter one', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 120_000, poll: { ...poll, deadline: 3_500 } })
    server.always(answer(202))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'still-processing',
    })
    expect(clock.elapsed()).toBeLessThanOrEqual(3_500)
  })

  test('later answers of this kind do not push it on', async () => {
    const { placeOrder, server, clock } = bench({ poll: { ...poll, deadline: 10_000 } })
    server.always(answer(202))
    await clock.until(ending(placeOrder().run(cart)))

    expect(clock.elapsed()).toBeLessThanOrEqual(10_000)
  })

  test('a run that takes such an operation up has it too', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 5_000, poll })
    server.script(answer(202))
    const order = placeOrder()
    const leaving = new AbortController()
    const first = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    await clock.until(first)
    server.always(answer(202))
    const began = clock.elapsed()

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'still-processing' })
    expect(clock.elapsed() - began).toBeGreaterThan(50_000)
  })

  test('attempts do not count polls: a server may be at work for longer than there are attempts', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 2 }, poll })
    server.script(...Array.from({ length: 20 }, () => answer(202)), answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(21)
  })
})

describe('attempts', () => {
  test.each([1, 2, 4])('%i are made, and no more', async attempts => {
    const { placeOrder, server, clock } = bench({ retry: { attempts } })
    server.always(reset)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      attempts,
    })
    expect(server.requests).toHaveLength(attempts)
  })

  test('the next run has as many again, under the same key', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 2 } })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.until(ending(order.run(cart)))

    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-1', 'key-1'])
  })

  test('the pauses are full jitter: a random part of base, 2 x base, 4 x base', async () => {
    const { placeOrder, server, clock } = bench({
      retry: { attempts: 4, backoff: { base: 1_000, cap: 3_000 } },
    })
    server.always(reset)
    await clock.until(ending(placeOrder().run(cart)))

    expect(server.requests.map(({ at }) => at)).toEqual([0, 500, 1_500, 3_000])
  })

  test('no pause is longer than the cap, none has to be', async () => {
    const { placeOrder, server, clock, runner } = bench({
      retry: { attempts: 3, backoff: { base: 1_000, cap: 1_000 } },
    })
    runner.setRandom(0)
    server.always(reset)
    await clock.until(ending(placeOrder().run(cart)))

    expect(server.requests.map(({ at }) => at)).toEqual([0, 0, 0])
  })
})
