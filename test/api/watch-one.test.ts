import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Settled } from '../../src/client/settled.ts'
import type { Snapshot } from '../../src/client/snapshot.ts'
import type { Cart, OrderData, Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

const status: NonNullable<OperationDefinition<Cart, OrderData>['status']> = {
  request: ({ key }) => ({ url: `orders/by-key/${key}` }),
}

/** An operation whose one attempt lost its answer, and what its watch tells. */
async function unknown(setup: Setup = {}) {
  const world = bench({ retry: { attempts: 1 }, deadline: 10_000, ...setup })
  world.server.script(reset)
  world.server.always(answer(503))
  const order = world.placeOrder({ status })
  await world.clock.until(ending(order.run(cart)))
  const seen: { readonly snapshot: Snapshot<OrderData>; readonly end: Settled<OrderData> | undefined }[] = []
  return { ...world, order, seen }
}

describe('the watch of one operation', () => {
  test('goes on asking, says when it looks next, and tells the end once', async () => {
    const { order, seen, clock, server } = await unknown()
    const stop = order.watch(cart, (snapshot, end) => seen.push({ snapshot, end }))
    await clock.advance(60_000)

    expect(seen.length).toBeGreaterThan(1)
    expect(seen.every(({ end }) => end === undefined)).toBe(true)
    const { nextLookAt } = seen.at(-1)!.snapshot
    expect(nextLookAt).toBeGreaterThan(1_800_000_000_000 + clock.elapsed())
    server.always(answer(200, { order: 9 }))
    await clock.advance(60_000)
    const told = seen.length

    expect(seen.at(-1)).toMatchObject({
      snapshot: { outcome: 'executed', nextLookAt: undefined },
      end: { outcome: 'executed', data: { order: 9 } },
    })
    await clock.advance(600_000)
    expect(seen).toHaveLength(told)
    stop()
  })

  test('tells nothing after it was stopped, and asks no more', async () => {
    const { order, seen, clock, server } = await unknown()
    const stop = order.watch(cart, (snapshot, end) => seen.push({ snapshot, end }))
    await clock.advance(60_000)
    stop()
    const before = [seen.length, server.requests.length]
    server.always(answer(200, { order: 9 }))
    await clock.advance(600_000)

    expect([seen.length, server.requests.length]).toEqual(before)
  })

  test('with `send` it sends what its input makes, where nothing of the request is stored', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 10_000 })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    const ends: unknown[] = []
    order.watch(cart, (_, end) => end && ends.push(end), { send: true })
    await clock.advance(60_000)
    server.always(answer(201, { order: 9 }))
    await clock.advance(120_000)

    expect(ends).toMatchObject([{ outcome: 'executed', data: { order: 9 } }])
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(1)
  })

  test('what is another payload by now is not sent', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 10_000 })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    const sent = server.requests.length
    server.always(answer(201, { order: 9 }))
    const ends: unknown[] = []
    order.watch({ ...cart, total: 7 }, (_, end) => end && ends.push(end), { send: true })
    await clock.advance(120_000)

    expect(ends).toEqual([])
    expect(server.requests).toHaveLength(sent)
  })

  test('what is older than `validFor` is not sent', async () => {
    const { placeOrder, server, clock } = bench({
      retry: { attempts: 1 },
      deadline: 10_000,
      validFor: 20_000,
    })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.advance(30_000)
    const sent = server.requests.length
    server.always(answer(201, { order: 9 }))
    order.watch(cart, () => {}, { send: true })
    await clock.advance(120_000)

    expect(server.requests).toHaveLength(sent)
  })
})
