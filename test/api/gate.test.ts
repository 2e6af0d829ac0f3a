import { describe, expect, test } from 'vitest'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { Transport } from '../../src/public/transport.ts'
import type { Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

/*
 * What the gate refuses although the plan allowed it: something changed while a hook of the http layer took its
 * time, while the attempt was written ahead, or because the http layer sends on its own.
 */

const created = answer(201, { order: 9 })

/** A http layer that takes its time before each send, until it is let go on. */
function slowHook() {
  const waiting: (() => void)[] = []
  const setup = {
    headers: () => new Promise<Record<string, string>>(resolve => waiting.push(() => resolve({}))),
  }
  return { setup, goOn: () => waiting.shift()?.(), waits: () => waiting.length > 0 }
}

/** A world whose first send waits in a hook. */
async function waitingInHook(setup: Setup = {}) {
  const hook = slowHook()
  const world = bench({ ...hook.setup, ...setup })
  world.server.always(created)
  const order = world.placeOrder()
  const running = ending(order.run(cart))
  await world.clock.settle()
  expect(hook.waits()).toBe(true)
  return { ...world, ...hook, order, running }
}

/** A http layer that sends each request twice on its own. */
const twice = (transport: Transport): Transport => ({
  ...transport,
  send: (request, gate) =>
    transport.send(request, async (...given) => {
      await gate(...given).catch(() => {})
      return gate(...given)
    }),
})

describe('while a hook takes its time', () => {
  test('the deadline passes, and no timer tells: nothing is sent', async () => {
    const { runner, server, clock, goOn, running } = await waitingInHook({ deadline: 10_000 })
    // As after a sleep: time has passed, timers come late.
    Object.assign(runner.runtime, { monotonic: () => clock.elapsed() + 11_000 })
    goOn()

    expect((await clock.until(running)).error).toMatchObject({ code: 'unresolved', outcome: 'not-executed' })
    expect(server.requests).toHaveLength(0)
  })

  test('the browser goes offline: nothing is sent before it is online', async () => {
    const { runner, server, clock, goOn, running } = await waitingInHook()
    runner.setOnline(false)
    goOn()
    await clock.advance(1_000)
    expect(server.requests).toHaveLength(0)
    runner.setOnline(true)
    await clock.settle()
    goOn()

    expect(await clock.until(running)).toEqual({ data: { order: 9 } })
  })

  test('another user logs in: nothing is sent', async () => {
    let user = 'user-7'
    const { server, clock, goOn, running } = await waitingInHook({ scope: () => user })
    user = 'user-8'
    goOn()

    expect((await clock.until(running)).error).toMatchObject({
      code: 'scope-changed',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(0)
  })

  test('P4: the key becomes too old, and nothing is sent with it any more', async () => {
    const hook = slowHook()
    const world = bench({ retry: { attempts: 1 } })
    const { server, clock, another } = world
    server.script(reset)
    await clock.until(ending(world.placeOrder().run(cart)))
    // A day less a tenth of it after the first send, less two seconds.
    await clock.advance(77_758_000)
    const later = another(hook.setup)
    server.always(created)
    const running = ending(later.placeOrder().run(cart))
    await clock.settle()
    expect(hook.waits()).toBe(true)
    await clock.advance(5_000)
    hook.goOn()

    expect((await clock.until(running)).error).toMatchObject({
      code: 'key-expired',
      outcome: 'unknown',
      key: 'key-1',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a success of the attempt before comes in late: it is not sent again', async () => {
    const hook = slowHook()
    const first = held()
    const { placeOrder, server, clock } = bench({
      ...hook.setup,
      timeout: 1_000,
      around: transport => ({
        ...transport,
        // A fetch that no signal stops.
        innermostFetch: () => (input, init) => transport.innermostFetch()(input, { ...init, signal: null }),
      }),
    })
    server.script(first.reply)
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    hook.goOn()
    // The attempt's second, and the pause before the next one.
    await clock.advance(1_500)
    expect(hook.waits()).toBe(true)
    first.release(created)
    await clock.settle()
    hook.goOn()

    expect(await clock.until(running)).toEqual({ data: { order: 9 } })
    expect(server.requests).toHaveLength(1)
  })
})

describe('while the attempt is written ahead', () => {
  test('its time passes: it is not sent, and told as out of time', async () => {
    const { placeOrder, store, server, clock, events } = bench({ timeout: 1_000, retry: { attempts: 1 } })
    const set = store.set.bind(store)
    store.set = async (...given) => {
      const version = await set(...given)
      await new Promise<void>(resolve => clock.after(1_500, resolve))
      return version
    }

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'not-executed',
      message: expect.stringContaining('nothing was sent: the timeout was over'),
    })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'answer',
        verdict: 'not-sent',
        reason: 'nothing was sent: the timeout was over',
      }),
    )
    expect(server.requests).toHaveLength(0)
  })

  test('somebody here concludes that it was not executed: nothing is sent on top of that', async () => {
    const { placeOrder, store, server, clock, record } = bench()
    server.always(created)
    const order = placeOrder()
    const set = store.set.bind(store)
    store.set = async (...given) => {
      const version = await set(...given)
      store.set = set
      await order.conclude(cart, { outcome: 'not-executed' })
      return version
    }

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(0)
    expect(await record()).toMatchObject({ state: 'failed', key: 'key-1' })
  })

  test('the clock jumps past the lease: nothing is sent under a lease that others hold for ended', async () => {
    const { placeOrder, store, runner, server, clock, events } = bench()
    const leases: number[] = []
    server.always(async request => {
      for await (const { value } of store.listOpen(''))
        leases.push(JSON.parse(value).lease.until - runner.runtime.now())
      return created(request)
    })
    const set = store.set.bind(store)
    store.set = async (...given) => {
      const version = await set(...given)
      store.set = set
      runner.jump(120_000)
      return version
    }

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'claim-lost' }))
    expect(leases).toEqual([60_000])
  })
})

describe('a http layer that sends again on its own', () => {
  test('after its attempt is over: that passes no gate', async () => {
    const { placeOrder, server, clock } = bench({
      retry: { attempts: 2, backoff: { base: 4_000 } },
      around: transport => ({
        ...transport,
        send: (request, gate) =>
          transport.send(request, async (...given) => {
            const response = await gate(...given)
            clock.after(10, () => void gate(...given).catch(() => {}))
            return response
          }),
      }),
    })
    server.script(answer(503), created)

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ at }) => at)).toEqual([0, 2_000])
  })

  test('after a refusal that settled it: that passes no gate', async () => {
    const { placeOrder, server, clock, record } = bench({ around: twice })
    server.script(answer(402))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
      attempts: 1,
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'failed', attempts: 1 })
  })

  test('P8: after a doubt, to a server that honours no keys: that passes no gate', async () => {
    const { placeOrder, server, clock } = bench({ around: twice, profile: noKeys })
    server.script(reset)

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      attempts: 1,
    })
    expect(server.requests).toHaveLength(1)
  })

  test('for another account than has sent before: that passes no gate', async () => {
    let account = 'acct-1'
    const { placeOrder, server, clock } = bench({
      account: () => account,
      around: twice,
      retry: { attempts: 1 },
    })
    server.script(request => {
      account = 'acct-2'
      return answer(503)(request)
    })

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining('The account is not the one that the operation was begun with'),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('after the caller left: a redirect is not followed any more', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const leaving = new AbortController()
    const running = ending(placeOrder().run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    first.release(answer(307, undefined, { location: '/api/orders/here' }))

    expect((await clock.until(running)).error).toMatchObject({ code: 'aborted', outcome: 'unknown' })
    await clock.settle()
    expect(server.requests).toHaveLength(1)
  })
})

test('a record that was changed to name another origin: its key is not sent to this one', async () => {
  const { placeOrder, server, clock, record, overwrite } = bench({ retry: { attempts: 1 } })
  server.script(reset)
  const order = placeOrder()
  await clock.until(ending(order.run(cart)))
  const { target, ...rest } = (await record())!
  await overwrite(
    JSON.stringify({ ...rest, target: { ...(target as object), origin: 'https://other.test' } }),
  )
  server.always(created)

  expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
  expect(server.requests).toHaveLength(1)
})

describe('what the http layer said of the length of its own body', () => {
  test.each<readonly [string, (headers: Readonly<Record<string, string>>) => HeadersInit]>([
    [
      'in plain headers',
      headers => ({ ...headers, 'content-length': '999', 'transfer-encoding': 'chunked' }),
    ],
    ['in plain headers, spelt as people do', headers => ({ ...headers, 'Content-Length': '999' })],
    ['in Headers', headers => new Headers({ ...headers, 'content-length': '999' })],
    ['in a list', headers => [...Object.entries(headers), ['Transfer-Encoding', 'chunked']]],
  ])('%s, is left out: another body is sent', async (_where, withLength) => {
    const { placeOrder, server, clock } = bench({
      around: transport => ({
        ...transport,
        send: (request, gate) =>
          gate(request.url, {
            method: 'POST',
            headers: withLength({ ...request.headers, 'x-own': 'yes' }),
            body: 'what the http layer made',
          }),
      }),
    })
    server.script(created)
    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests).toMatchObject([
      { body: '{"id":"cart-42","total":990}', headers: { 'x-own': 'yes' } },
    ])
    expect(Object.keys(server.requests[0]?.headers ?? {})).toEqual([
      'accept',
      'content-type',
      'idempotency-key',
      'x-own',
    ])
  })
})
