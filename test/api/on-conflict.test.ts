import { describe, expect, test, vi } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held } from './bench/scripted-server.ts'

/** A server that says 412 only if no delivery of the request changed anything. */
const saysItOfAll = defineProfile({
  ...ietf,
  rules: [...ietf.rules, { status: 412, means: 'conflict', everyDelivery: true, source: 'this test' }],
})

type OnConflict = NonNullable<OperationDefinition<Cart, OrderData>['onConflict']>

/** An update that says which version it is based on: a 412 is a conflict of its own. */
const conditional = (
  onConflict: OnConflict | undefined,
  more: Partial<OperationDefinition<Cart, OrderData>> = {},
) => ({
  request: (json: Cart) => ({
    method: 'put',
    url: 'orders',
    json,
    headers: { 'if-match': `"v${json.total ?? 0}"` },
  }),
  profile: saysItOfAll,
  ...(onConflict && { onConflict }),
  ...more,
})

const next: OnConflict = ({ input }) => ({ ...input, total: (input.total ?? 0) + 1 })

describe('after a proven conflict', () => {
  test('the next input is a new generation with a new key', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(answer(412, { version: 2 }), answer(200, { order: 9 }))
    const onConflict = vi.fn<OnConflict>(next)

    expect(await clock.until(placeOrder(conditional(onConflict)).run(cart))).toEqual({ order: 9 })
    expect(onConflict.mock.calls).toMatchObject([
      [{ input: cart, turn: 1, proven: true, response: { status: 412, body: { version: 2 } } }],
    ])
    expect(server.requests.map(({ key, headers, body }) => [key, headers['if-match'], body])).toEqual([
      ['key-1', '"v990"', '{"id":"cart-42","total":990}'],
      ['key-2', '"v991"', '{"id":"cart-42","total":991}'],
    ])
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2 })
  })

  test('it may forget the operation: what it decides then begins anew', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412), answer(200, { order: 9 }))
    const order = placeOrder(
      conditional(async given => {
        await order.forget(cart)
        return next(given)
      }),
    )

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
  })

  test('it may take its time, to read again', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412), answer(200, { order: 9 }))
    const order = placeOrder(
      conditional(async given => {
        await new Promise<void>(resolve => void clock.after(5_000, resolve))
        return next(given)
      }),
    )

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests[1]!.at).toBe(5_000)
  })

  describe('where it does not come back', () => {
    const hanging = () => {
      const answers: ((input: Cart) => void)[] = []
      const onConflict = vi.fn<OnConflict>(() => new Promise(resolve => answers.push(resolve)))
      return { onConflict, comeBack: (input: Cart) => answers.shift()?.(input) }
    }
    const bounds = { deadline: 7_000, timeout: 2_000 }

    test('the proven conflict is given, after deadline and timeout', async () => {
      const { placeOrder, server, clock } = bench(bounds)
      server.script(answer(412, { version: 2 }))
      const { onConflict } = hanging()

      const { error } = await clock.until(ending(placeOrder(conditional(onConflict)).run(cart)))

      expect(error).toMatchObject({
        code: 'conflict',
        outcome: 'not-executed',
        key: 'key-1',
        response: { status: 412, body: { version: 2 } },
      })
      expect(clock.elapsed()).toBe(9_000)
    })

    test('in a later turn: the conflict of that turn', async () => {
      const { placeOrder, server, clock } = bench(bounds)
      server.script(answer(412, { version: 2 }), answer(412, { version: 3 }))
      const { onConflict } = hanging()
      onConflict.mockImplementationOnce(next)

      const { error } = await clock.until(ending(placeOrder(conditional(onConflict)).run(cart)))

      expect(error).toMatchObject({ code: 'conflict', key: 'key-2', response: { body: { version: 3 } } })
    })

    test('what it gives after that begins nothing, and takes nothing from the next call', async () => {
      const { placeOrder, server, clock, events } = bench(bounds)
      const second = held()
      server.script(answer(412), second.reply)
      const { onConflict, comeBack } = hanging()
      const order = placeOrder(conditional(onConflict))
      await clock.until(ending(order.run(cart)))
      const running = order.run(cart)
      await clock.settle()
      expect(server.requests).toHaveLength(2)
      const told = events.length
      comeBack({ id: 'cart-42', total: 990 })
      await clock.settle()
      expect(events).toHaveLength(told)
      second.release(answer(200, { order: 9 }))

      expect(await clock.until(running)).toEqual({ order: 9 })
      expect(server.requests).toHaveLength(2)
    })

    test('the next call does not wait for it', async () => {
      const { placeOrder, server, clock } = bench(bounds)
      server.script(answer(412), answer(200, { order: 9 }))
      const { onConflict } = hanging()
      const order = placeOrder(conditional(onConflict))
      await clock.until(ending(order.run(cart)))

      expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
      expect(clock.elapsed()).toBe(9_000)
      expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
    })

    test('a store that does not come back in the turn after: nobody knows', async () => {
      const { placeOrder, store, server, clock } = bench(bounds)
      server.script(answer(412))
      const order = placeOrder(
        conditional(given => {
          store.get = () => new Promise(() => {})
          return next(given)
        }),
      )

      expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
        code: 'store-failed',
        outcome: 'unknown',
      })
    })
  })

  test('each turn gets the input of the one before, and counts', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412), answer(412), answer(412), answer(200, { order: 9 }))
    const onConflict = vi.fn<OnConflict>(next)
    await clock.until(placeOrder(conditional(onConflict)).run(cart))

    expect(onConflict.mock.calls.map(([{ input, turn }]) => [input.total, turn])).toEqual([
      [990, 1],
      [991, 2],
      [992, 3],
    ])
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2', 'key-3', 'key-4'])
  })

  test.each([
    ['three by default', undefined, 4],
    ['as many as the definition says', 1, 2],
    ['none', 0, 1],
  ])('the turns are bounded: %s', async (_, conflictTurns, sends) => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(412))
    const order = placeOrder(conditional(next, conflictTurns === undefined ? {} : { conflictTurns }))

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
      generation: sends,
    })
    expect(server.requests).toHaveLength(sends)
  })

  test('undefined gives the conflict back', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412, { version: 2 }))

    expect(
      (await clock.until(ending(placeOrder(conditional(() => undefined)).run(cart)))).error,
    ).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
      key: 'key-1',
      response: { status: 412, body: { version: 2 } },
    })
  })

  test('an error of its own leaves the conflict as it is, and is its cause', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412, { version: 2 }))
    const thrown = new Error('cannot read')
    const order = placeOrder(
      conditional(() => {
        throw thrown
      }),
    )

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
      key: 'key-1',
      cause: thrown,
      response: { status: 412, body: { version: 2 } },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a next input whose request cannot be made leaves the conflict as it is', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412))
    const order = placeOrder(conditional(() => ({ id: 'cart-42', total: 9n as unknown as number })))

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
      cause: { code: 'configuration' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('the attempts begin anew with each generation', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 2 } })
    server.script(answer(429), answer(412), answer(429), answer(200, { order: 9 }))

    expect(await clock.until(placeOrder(conditional(next)).run(cart))).toEqual({ order: 9 })
  })

  test('an abort meanwhile ends it, and nothing more is sent', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412))
    const leaving = new AbortController()
    const order = placeOrder(
      conditional(given => {
        leaving.abort()
        return next(given)
      }),
    )

    expect((await clock.until(ending(order.run(cart, { signal: leaving.signal })))).error).toMatchObject({
      code: 'aborted',
      outcome: 'not-executed',
    })
    await clock.advance(60_000)
    expect(server.requests).toHaveLength(1)
  })

  test('all who wait for the run get what comes of it', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412), answer(200, { order: 9 }))
    const order = placeOrder(conditional(next))

    expect(await clock.until(Promise.all([order.run(cart), order.run(cart)]))).toEqual([
      { order: 9 },
      { order: 9 },
    ])
  })
})

describe('it is not asked', () => {
  test.each<[string, readonly Reply[], string, string]>([
    ['after another refusal', [answer(402)], 'rejected', 'not-executed'],
  ])('%s', async (_, replies, code, outcome) => {
    const { placeOrder, server, clock } = bench()
    server.script(...replies)
    const onConflict = vi.fn<OnConflict>(next)

    expect((await clock.until(ending(placeOrder(conditional(onConflict)).run(cart)))).error).toMatchObject({
      code,
      outcome,
    })
    expect(onConflict).not.toHaveBeenCalled()
    expect(server.unexpectedCount()).toBe(0)
  })

  test('by a settle, which never sends', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(412))
    const onConflict = vi.fn<OnConflict>(() => undefined)
    const order = placeOrder(conditional(onConflict))
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'conflict' },
    })
    expect(onConflict).toHaveBeenCalledTimes(1)
  })
})
