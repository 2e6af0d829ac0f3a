import { describe, expect, test } from 'vitest'
import type { Operation } from '../../src/client/operation.ts'
import { buildClient } from '../../src/client/client.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { fetchTransport } from '../../src/transports/fetch.ts'
import type { Bench, Cart, OrderData } from './bench/bench.ts'
import { BASE, bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, reset, silence } from './bench/scripted-server.ts'

const gone = AbortSignal.abort()

describe('a call that is aborted before it begins sends nothing and tells the outcome', () => {
  test.each([
    ['whose request is stored, so that a `resume` may send it: unknown', 'request', 'unknown'],
    ['of which only the key is stored: not executed', 'key', 'not-executed'],
  ] as const)('of what another let go without sending it, %s', async (_, persist, outcome) => {
    const { placeOrder, another, server, clock, record, overwrite } = bench()
    server.script(answer(429))
    const leaving = new AbortController()
    const first = ending(placeOrder({ persist }).run(cart, { signal: leaving.signal }))
    await clock.advance(100)
    const free = { ...(await record()), lease: undefined, inFlight: undefined }
    await overwrite(JSON.stringify(free))
    leaving.abort()
    await clock.until(first)
    await overwrite(JSON.stringify(free))

    const order = another().placeOrder({ persist })
    const { error } = await clock.until(ending(order.run(cart, { signal: gone })))

    expect(error).toMatchObject({ code: 'aborted', outcome, key: 'key-1' })
    expect(server.requests).toHaveLength(1)
  })

  test('without a record: not executed, under the name of an AbortError', async () => {
    const { placeOrder, server, clock, records } = bench()

    const { error } = await clock.until(ending(placeOrder().run(cart, { signal: gone })))

    expect(error).toMatchObject({
      code: 'aborted',
      outcome: 'not-executed',
      name: 'AbortError',
      operationId: 'cart-42',
      attempts: 0,
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test.each([
    ['an attempt may have executed', [reset], 'unknown', 'OperationError'],
    ['the server is at work', [answer(202)], 'unknown', 'OperationError'],
    ['it was executed', [answer(201, { order: 9 })], 'executed', 'OperationError'],
    ['it failed for certain', [answer(402)], 'not-executed', 'AbortError'],
    ['a refusal proved nothing, but nothing was executed', [answer(401)], 'not-executed', 'AbortError'],
  ])('%s', async (_, replies, outcome, name) => {
    const { placeOrder, server, clock, another } = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
    server.script(...replies)
    await clock.until(ending(placeOrder().run(cart)))

    const { error } = await clock.until(ending(another().placeOrder().run(cart, { signal: gone })))

    expect(error).toMatchObject({ code: 'aborted', outcome, name, key: 'key-1' })
    expect(server.requests).toHaveLength(1)
  })

  test('another process holds it, and may be about to send: unknown', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(429, undefined, { 'retry-after': '5' }), answer(201, { order: 9 }))
    const holding = placeOrder().run(cart)
    await clock.advance(100)

    const { error } = await clock.until(ending(another().placeOrder().run(cart, { signal: gone })))

    expect(error).toMatchObject({ code: 'aborted', outcome: 'unknown', name: 'OperationError' })
    await clock.until(holding)
  })

  test('the store cannot be read: unknown', async () => {
    const { placeOrder, store, clock } = bench()
    store.get = () => Promise.reject(new Error('locked'))

    const { error } = await clock.until(ending(placeOrder().run(cart, { signal: gone })))

    expect(error).toMatchObject({ outcome: 'unknown', name: 'OperationError' })
  })

  test('the store does not answer: unknown, within a second', async () => {
    const { placeOrder, store, clock } = bench()
    store.get = () => new Promise(() => {})

    const { error } = await clock.until(ending(placeOrder().run(cart, { signal: gone })))

    expect(error).toMatchObject({ code: 'aborted', outcome: 'unknown', name: 'OperationError' })
    expect(clock.elapsed()).toBe(1_000)
  })

  test('a store that is slow is waited for, and no timer is left behind', async () => {
    const { placeOrder, store, clock } = bench()
    const get = store.get.bind(store)
    store.get = async key => {
      await new Promise<void>(resolve => void clock.after(500, resolve))
      return get(key)
    }

    const { error } = await clock.until(ending(placeOrder().run(cart, { signal: gone })))

    expect(error).toMatchObject({ code: 'aborted', outcome: 'not-executed' })
    expect(clock.elapsed()).toBe(500)
    await clock.settle()
    expect(clock.timerCount()).toBe(0)
  })

  test('a call with a fresh signal afterwards is as good as new', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart, { signal: gone })))

    expect(await clock.until(order.run(cart, { signal: new AbortController().signal }))).toEqual({ order: 9 })
  })
})

describe('an abort while the http layer makes the request ready', () => {
  test('not executed: what becomes ready later does not leave any more', async () => {
    const { server, clock, runner, store, records } = bench()
    let ready: (headers: Record<string, string>) => void = () => {}
    const transport = fetchTransport({
      baseUrl: BASE,
      fetch: server.fetch,
      headers: () => new Promise(resolve => (ready = resolve)),
    })
    const client = buildClient(
      { store, scope: 'user-7', profile: ietf },
      'transport',
      () => transport,
      runner.runtime,
    )
    const order = client.operation({
      name: 'place-order',
      id: (input: Cart) => input.id,
      request: json => ({ method: 'post', url: 'orders', json }),
    })
    const leaving = new AbortController()

    const call = ending(order.run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()

    expect((await clock.until(call)).error).toMatchObject({
      code: 'aborted',
      outcome: 'not-executed',
      name: 'AbortError',
    })
    expect(clock.elapsed()).toBe(0)
    ready({ authorization: 'Bearer late' })
    await clock.advance(3_600_000)
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })
})

describe('an abort in mid-flight', () => {
  const inFlight = async (world: Bench) => {
    const answered = held()
    world.server.script(answered.reply)
    const leaving = new AbortController()
    const order = world.placeOrder()
    const call = ending(order.run(cart, { signal: leaving.signal }))
    await world.clock.settle()
    return { answered, leaving, call, order }
  }

  test('it rejects at once with unknown, and the request is not torn down', async () => {
    const world = bench()
    const { leaving, call } = await inFlight(world)

    leaving.abort()
    const { error } = await world.clock.until(call)

    expect(error).toMatchObject({
      code: 'aborted',
      outcome: 'unknown',
      name: 'OperationError',
      key: 'key-1',
      attempts: 1,
      generation: 1,
    })
    expect(world.clock.elapsed()).toBe(0)
    expect(world.server.requests[0]!.signal?.aborted).toBe(false)
  })

  test('the answer is read in the background and kept, so that the next call has it without a request', async () => {
    const world = bench()
    const { answered, leaving, call, order } = await inFlight(world)
    leaving.abort()
    await world.clock.until(call)

    await world.clock.advance(20_000)
    answered.release(answer(201, { order: 9 }))
    await world.clock.settle()

    expect(await world.record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
    expect(await world.clock.until(order.start(cart).settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(world.server.requests).toHaveLength(1)
  })

  test('a refusal that comes in the background is a proof too', async () => {
    const world = bench()
    const { answered, leaving, call } = await inFlight(world)
    leaving.abort()
    await world.clock.until(call)

    answered.release(answer(402))
    await world.clock.settle()

    expect(await world.record()).toMatchObject({ state: 'failed', key: 'key-1' })
  })

  test('it is read no longer than the attempt would have been, and nothing follows it', async () => {
    const world = bench()
    const { leaving, call } = await inFlight(world)
    leaving.abort()
    await world.clock.until(call)

    await world.clock.advance(29_999)
    expect(world.server.requests[0]!.signal?.aborted).toBe(false)
    await world.clock.advance(1)
    expect(world.server.requests[0]!.signal?.aborted).toBe(true)
    await world.clock.advance(3_600_000)

    expect(world.server.requests).toHaveLength(1)
    expect(await world.record()).toMatchObject({ state: 'pending', ambiguous: 1 })
    expect(world.clock.timerCount()).toBe(0)
  })

  test('close waits for it', async () => {
    const world = bench()
    const { answered, leaving, call } = await inFlight(world)
    leaving.abort()
    await world.clock.until(call)

    let closed = false
    const closing = world.client.close().then(() => (closed = true))
    await world.clock.advance(10_000)
    expect(closed).toBe(false)
    answered.release(answer(201, { order: 9 }))
    await world.clock.until(closing)

    expect(await world.record()).toMatchObject({ state: 'succeeded' })
  })
})

describe('an abort during a wait', () => {
  const duringWait = async (reply: Reply) => {
    const world = bench({ retry: { backoff: { base: 8_000 } }, poll: { interval: { min: 5_000 } } })
    world.server.script(reply)
    const leaving = new AbortController()
    const call = ending(world.placeOrder().run(cart, { signal: leaving.signal }))
    await world.clock.advance(1_000)
    leaving.abort()
    return { ...world, error: (await world.clock.until(call)).error }
  }

  test.each([
    ['after an attempt that may have executed it is unknown', reset, 'unknown', 'OperationError'],
    [
      'after an attempt that the server put off it is not executed',
      answer(429),
      'not-executed',
      'AbortError',
    ],
    ['while the server is at work it is unknown', answer(202), 'unknown', 'OperationError'],
  ])('%s', async (_, reply, outcome, name) => {
    const { error, clock, server, record } = await duringWait(reply)

    expect(error).toMatchObject({ code: 'aborted', outcome, name, key: 'key-1', attempts: 1 })
    expect(clock.elapsed()).toBe(1_000)
    await clock.advance(3_600_000)
    expect(server.requests).toHaveLength(1)
    expect(await record()).not.toHaveProperty('lease')
  })

  test.each([
    ["under persist 'key', once the claim is given up: another may have taken it over unseen", 'key'],
    ['a request that `resume` could send is given up in the store first', 'request'],
  ] as const)('what was not executed is told as such: %s', async (_, persist) => {
    const world = bench({ retry: { backoff: { base: 8_000 } } })
    world.server.script(answer(429))
    const leaving = new AbortController()
    const call = ending(world.placeOrder({ persist }).run(cart, { signal: leaving.signal }))
    await world.clock.advance(1_000)
    const set = world.store.set.bind(world.store)
    world.store.set = async (...given) => {
      await new Promise<void>(resolve => void world.clock.after(500, resolve))
      return set(...given)
    }
    leaving.abort()

    expect((await world.clock.until(call)).error).toMatchObject({ code: 'aborted', outcome: 'not-executed' })
    expect(world.clock.elapsed()).toBe(1_500)
    await world.clock.advance(1_000)
    expect(await world.record()).not.toHaveProperty('request')
  })

  test('a wait for another process ends too', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(silence)
    const holding = ending(placeOrder().run(cart))
    await clock.settle()
    const leaving = new AbortController()

    const waiting = ending(another().placeOrder().run(cart, { signal: leaving.signal }))
    await clock.advance(2_000)
    leaving.abort()

    expect((await clock.until(waiting)).error).toMatchObject({ code: 'aborted', outcome: 'unknown' })
    expect(clock.elapsed()).toBe(2_000)
    server.always(answer(201, { order: 9 }))
    await clock.until(holding)
  })
})

describe('how an abort is told', () => {
  test('the reason is the cause, and never takes the place of the error', async () => {
    const { placeOrder, clock } = bench()
    const reason = { name: 'AbortError', why: 'the user went away' }

    const { error } = await clock.until(ending(placeOrder().run(cart, { signal: AbortSignal.abort(reason) })))

    expect(error).toMatchObject({ code: 'aborted', outcome: 'not-executed' })
    expect(error?.cause).toBe(reason)
  })

  test('a reason that calls itself an AbortError does not make an unknown outcome one', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(silence)
    const leaving = new AbortController()
    const call = ending(placeOrder().run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort(new DOMException('gone', 'AbortError'))

    const { error } = await clock.until(call)

    expect(error).toMatchObject({ code: 'aborted', outcome: 'unknown', name: 'OperationError' })
  })

  test('a signal of a time limit is an abort of the caller, not a timeout of an attempt', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(silence)
    const limit = new AbortController()
    const call = ending(placeOrder().run(cart, { signal: limit.signal }))
    await clock.settle()
    limit.abort(new DOMException('too slow', 'TimeoutError'))

    const { error } = await clock.until(call)

    expect(error).toMatchObject({ code: 'aborted', outcome: 'unknown' })
    expect(error?.cause).toMatchObject({ name: 'TimeoutError' })
  })

  test('abort of a handle is the same as its signal', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(silence)
    const run = placeOrder().start(cart)
    await clock.settle()
    run.abort('changed my mind')

    expect(await clock.until(run.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'aborted', cause: 'changed my mind' },
    })
  })

  test('the first reason counts', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(silence)
    const run = placeOrder().start(cart)
    await clock.settle()
    run.abort('first')
    run.abort('second')

    expect((await clock.until(run.settled)).error?.cause).toBe('first')
  })

  test('of what was executed it is told as executed, without the data', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(await clock.until(another().placeOrder().start(cart, { signal: gone }).settled)).toEqual({
      outcome: 'executed',
      data: undefined,
      replayed: false,
      error: expect.objectContaining({ code: 'aborted', outcome: 'executed' }),
    })
  })

  test('after the end an abort changes nothing', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    await clock.until(run.settled)
    run.abort()

    expect(await clock.until(run.result)).toEqual({ order: 9 })
  })
})

describe('a signal that outlives its calls', () => {
  const counted = () => {
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--
      remove(...given)
    }
    return { controller, signal, listeners: () => listeners }
  }

  const calls: readonly [
    string,
    (order: Operation<Cart, OrderData>, signal: AbortSignal) => Promise<unknown>,
  ][] = [
    ['run', (order, signal) => order.run(cart, { signal })],
    ['start', (order, signal) => order.start(cart, { signal }).settled],
    ['settle', (order, signal) => order.settle(cart, { signal })],
    ['cancel', (order, signal) => order.cancel(cart, { signal })],
  ]

  test.each(calls)('%s leaves no listener behind', async (_, call) => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(200, { order: 9 }))
    const order = placeOrder({
      status: { request: () => ({ url: 'orders/1' }) },
      cancel: { request: () => ({ url: 'orders/1', method: 'delete' }) },
    })
    const { signal, listeners } = counted()

    for (let turn = 0; turn < 3; turn++) await clock.until(call(order, signal))
    await clock.settle()

    expect(listeners()).toBe(0)
  })

  test('a run that fails, and one that is aborted, leave none either', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402), silence)
    const order = placeOrder()
    const { controller, signal, listeners } = counted()

    await clock.until(ending(order.run(cart, { signal })))
    const aborted = ending(order.run(cart, { signal }))
    await clock.settle()
    expect(listeners()).toBe(1)
    controller.abort()
    await clock.until(aborted)

    expect(listeners()).toBe(0)
  })

  test('resume leaves none', async () => {
    const { client, placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(200, { order: 9 }))
    const order = placeOrder({
      status: { request: () => ({ url: 'orders/1' }) },
      poll: { deadline: 1 },
      deadline: 100,
    })
    await clock.until(ending(order.run(cart)))
    const { signal, listeners } = counted()

    expect(await clock.until(client.resume({ signal }))).toMatchObject([{ outcome: 'executed' }])

    expect(listeners()).toBe(0)
  })
})

test('a call that is aborted while its bytes are made sends nothing and lets go', async () => {
  const { placeOrder, server, clock } = bench()
  server.script(answer(201, { order: 9 }))
  const run = placeOrder().start(cart)
  run.subscribe(() => {
    if (run.snapshot.phase === 'sending') run.abort()
  })

  const { error } = await clock.until(ending(run.result))

  expect(error).toMatchObject({ code: 'aborted', outcome: 'not-executed' })
  const later = placeOrder({ redefine: true }).run(cart)
  expect(await clock.until(later)).toEqual({ order: 9 })
  expect(server.requests).toHaveLength(1)
})
