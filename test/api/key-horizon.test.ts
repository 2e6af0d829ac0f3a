import { describe, expect, test } from 'vitest'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

const day = 86_400_000
/** A day, less its tenth: so long may a key that the server keeps for a day be sent with. */
const horizon = 77_760_000

/** One attempt was made, and so much time has passed. */
async function later(ms: number, reply: Reply = reset, setup: Setup = {}) {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 }, ...setup })
  world.server.script(reply)
  const order = world.placeOrder()
  await world.clock.until(ending(order.run(cart)))
  await world.clock.advance(ms - world.clock.elapsed())
  return { ...world, order }
}

describe('once the server may have forgotten the key, the client never sends with it again', () => {
  test('before the horizon it sends', async () => {
    const { order, server, clock } = await later(horizon - 1)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests[1]?.key).toBe('key-1')
  })

  test('from the horizon on it does not: key-expired, and the record is kept', async () => {
    const { order, server, clock, record } = await later(horizon)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
      outcome: 'unknown',
      key: 'key-1',
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'pending', key: 'key-1', ambiguous: 1 })
  })

  test('a wall clock that was set back by as much hides no time from the process that sent it', async () => {
    const { order, server, clock, runner } = await later(horizon)
    runner.jump(-horizon)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('it asks instead where there is a status request', async () => {
    const { placeOrder, server, clock } = await later(horizon)
    server.script(answer(200, { order: 9 }))
    const order = placeOrder({ redefine: true, status: { request: ({ key }) => ({ url: `orders/${key}` }) } })

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('neither does a poll that works by sending again', async () => {
    const { order, server, clock } = await later(horizon, answer(202))

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
      outcome: 'unknown',
      message: expect.stringContaining(
        'The server is at work, and the key is too old to ask with, by the clock of this device.',
      ),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a run that is under way when the time is over stops sending', async () => {
    const short = defineProfile({ name: 'short', honoursKeys: true, retention: 200_000 })
    const { placeOrder, server, clock } = bench({
      profile: short,
      timeout: 10_000,
      deadline: 100_000,
      poll: { deadline: 1_000_000, interval: { min: 30_000, max: 30_000 } },
    })
    server.always(answer(202))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests.map(({ at }) => at)).toEqual([0, 30_000, 60_000, 90_000, 120_000])
  })

  test('it is the first send that counts, not the last', async () => {
    const { order, server, clock } = await later(horizon - 1_000)
    server.script(reset)
    await clock.until(ending(order.run(cart)))
    await clock.advance(1_000)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests).toHaveLength(2)
  })

  test('what never left does not begin to age', async () => {
    const { order, server, clock } = await later(2 * day, refusedConnection)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests[1]?.key).toBe('key-1')
  })

  test('a server without keys forgets none', async () => {
    const { order, server, clock } = await later(300 * day, answer(429), { profile: noKeys })
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('told from outside that it was not executed, a new generation begins', async () => {
    const { order, server, clock } = await later(horizon)
    await clock.until(order.conclude(cart, { outcome: 'not-executed' }))
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests[1]?.key).toBe('key-2')
  })

  test('the margin is at least two timeouts and a minute', async () => {
    const profile = defineProfile({ name: 'hour', honoursKeys: true, retention: 3_600_000 })
    const setup = { profile, timeout: 600_000, deadline: 1_000_000 }
    const early = await later(2_399_999, answer(503), setup)
    early.server.script(answer(201, { order: 9 }))
    const late = await later(2_400_000, answer(503), setup)

    expect(await early.clock.until(early.order.run(cart))).toEqual({ order: 9 })
    expect((await late.clock.until(ending(late.order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
    })
  })
})

describe('clocks that jump', () => {
  test('forward: what looks old is old', async () => {
    const { order, runner, server, clock } = await later(1_000)
    runner.jump(day)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests).toHaveLength(1)
  })

  test('back by more than the margin: nobody knows how much time has passed', async () => {
    const { order, runner, server, clock } = await later(1_000)
    runner.jump(-8_700_000)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests).toHaveLength(1)
  })

  test('back by less: the highest time that was seen counts', async () => {
    const { order, runner, server, clock } = await later(horizon - 1_000)
    server.script(reset, reset)
    await clock.until(ending(order.run(cart)))
    await clock.advance(2_000)
    await clock.until(order.settle(cart))
    runner.jump(-8_000_000)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests).toHaveLength(2)
  })

  test('back by less, and little time has passed: it goes on', async () => {
    const { order, runner, server, clock } = await later(10_000)
    runner.jump(-3_600_000)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('back in the middle of a run: the monotonic clock hides no time', async () => {
    const short = defineProfile({ name: 'short', honoursKeys: true, retention: 200_000 })
    const { placeOrder, runner, server, clock } = bench({
      profile: short,
      timeout: 10_000,
      deadline: 100_000,
      poll: { deadline: 1_000_000, interval: { min: 30_000, max: 30_000 } },
    })
    server.always(answer(202))
    const running = ending(placeOrder().run(cart))
    await clock.advance(1_000)
    runner.jump(-50_000)

    expect((await clock.until(running)).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests.at(-1)!.at).toBeLessThan(140_000)
  })

  test('where this clock has lost time and the server told its own once, the monotonic clock bounds the age', async () => {
    const { order, runner, server, clock } = await later(
      78_000_000,
      answer(503, undefined, { date: 'Fri, 15 Jan 2027 08:00:00 GMT' }),
    )
    // The wall clock says that 70,000 s have passed; 78,000 s have.
    runner.jump(-8_000_000)

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests).toHaveLength(1)
  })
})
