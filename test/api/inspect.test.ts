import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

describe('inspect tells what the store knows, and sends nothing', () => {
  test('without a record it is undefined', async () => {
    const { placeOrder, server, clock } = bench()
    const order = placeOrder()

    expect(await clock.until(order.inspect(cart))).toBeUndefined()
    expect(await clock.until(order.byId('cart-42').inspect())).toBeUndefined()
    expect(server.requests).toHaveLength(0)
  })

  test('an open operation', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 2 } })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))

    const snapshot = await clock.until(order.byId('cart-42').inspect())

    expect(snapshot).toEqual({
      id: 'cart-42',
      name: 'place-order',
      scope: 'user-7',
      generation: 1,
      key: 'key-1',
      state: 'pending',
      phase: 'waiting',
      attempts: 2,
      polls: 0,
      startedAt: 1_800_000_000_000,
      retryAt: undefined,
      isPaused: false,
      data: undefined,
      error: undefined,
      outcome: 'unknown',
      replayed: false,
    })
    expect(server.requests).toHaveLength(2)
  })

  test('one that another process is sending just now', async () => {
    const { placeOrder, server, clock, another } = bench()
    const first = held()
    server.script(first.reply)
    const run = placeOrder().start(cart)
    await clock.settle()

    expect(await clock.until(another().placeOrder().inspect(cart))).toMatchObject({
      state: 'pending',
      phase: 'sending',
      outcome: 'unknown',
      attempts: 1,
    })
    first.release(answer(201, { order: 9 }))
    await clock.until(run.settled)
  })

  test('one that the server is at work on', async () => {
    const { placeOrder, server, clock } = bench({ poll: { deadline: 1 } })
    server.always(answer(202))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.inspect(cart))).toMatchObject({
      state: 'processing',
      phase: 'polling',
      outcome: 'unknown',
    })
  })

  test('a success, with its result through the schema', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9, extra: true }))
    const order = placeOrder()
    await clock.until(order.run(cart))

    expect(await clock.until(order.inspect(cart))).toMatchObject({
      state: 'succeeded',
      phase: 'settled',
      outcome: 'executed',
      data: { order: 9 },
      error: undefined,
      replayed: true,
    })
  })

  test('a success whose result does not fit any more', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))
    const newer = another().placeOrder({ response: z.object({ order: z.number(), paidAt: z.string() }) })

    expect(await clock.until(newer.inspect(cart))).toMatchObject({
      outcome: 'executed',
      data: undefined,
      error: { code: 'response-invalid', outcome: 'executed' },
    })
  })

  test('a success whose result is remembered no longer', async () => {
    const { placeOrder, server, clock } = bench({ remember: 60_000 })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    await clock.advance(60_000)

    expect(await clock.until(order.inspect(cart))).toMatchObject({
      outcome: 'executed',
      data: undefined,
      error: { code: 'already-executed' },
    })
  })

  test('a failure, with its error', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(402, { title: 'No money' }))
    await clock.until(ending(placeOrder().run(cart)))

    expect(await clock.until(another().placeOrder().inspect(cart))).toMatchObject({
      state: 'failed',
      phase: 'settled',
      outcome: 'not-executed',
      error: {
        code: 'rejected',
        outcome: 'not-executed',
        key: 'key-1',
        response: {
          status: 402,
          body: { title: 'No money' },
          problem: { type: 'about:blank', title: 'No money' },
        },
      },
    })
  })

  test('what cannot be understood rejects as store-corrupt', async () => {
    const { placeOrder, server, clock, overwrite } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await overwrite('no record at all')

    expect((await clock.until(ending(order.inspect(cart)))).error).toMatchObject({
      code: 'store-corrupt',
      outcome: 'unknown',
      operationId: 'cart-42',
    })
  })

  test('a store that cannot be read rejects as store-failed', async () => {
    const { placeOrder, store, clock } = bench()
    store.get = () => Promise.reject(new Error('locked'))

    expect((await clock.until(ending(placeOrder().inspect(cart)))).error).toMatchObject({
      code: 'store-failed',
    })
  })

  test('its snapshot cannot be changed', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    const open = await clock.until(order.inspect(cart))
    await clock.until(order.run(cart))
    const settled = await clock.until(order.inspect(cart))

    expect(Object.isFrozen(open)).toBe(true)
    expect(Object.isFrozen(settled)).toBe(true)
  })
})
