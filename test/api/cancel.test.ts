import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, cutAnswer, held, refusedConnection, reset, silence } from './bench/scripted-server.ts'

type Cancel = NonNullable<OperationDefinition<Cart, OrderData>['cancel']>

const cancel: Cancel = { request: ({ key }) => ({ method: 'delete', url: `orders/by-key/${key}` }) }

/** A world in which one attempt was made that may have executed. */
async function afterReset(changes: Partial<OperationDefinition<Cart, OrderData>> = {}) {
  const world = bench({ retry: { attempts: 1 } })
  world.server.script(reset)
  const order = world.placeOrder({ cancel, ...changes })
  await world.clock.until(ending(order.run(cart)))
  return { ...world, order }
}

/** What is stored after each outcome: an unclear one changes nothing, but that it is at work is kept. */
const STATES: Readonly<Record<string, string>> = {
  unknown: 'pending',
  executed: 'succeeded',
  'not-executed': 'failed',
}

describe('cancel seals the key', () => {
  test('sealed is a proof: not executed, and the next run is a new generation', async () => {
    const { order, server, clock, record } = await afterReset()
    server.script(answer(200, { status: 'canceled' }), answer(201, { order: 10 }))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed', key: 'key-1', generation: 1 },
    })
    expect(await record()).toMatchObject({ state: 'failed', key: 'key-1' })
    expect(server.requests[1]).toMatchObject({
      method: 'DELETE',
      url: 'https://shop.test/api/orders/by-key/key-1',
      body: '',
    })

    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })
    expect(server.requests.at(-1)?.key).toBe('key-2')
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2 })
  })

  test('too late: executed, with the data through the schema', async () => {
    const { order, server, clock } = await afterReset({
      cancel: { ...cancel, read: () => ({ outcome: 'executed', data: { order: 9, extra: 1 } }) },
    })
    server.script(answer(409, { message: 'done already' }))

    expect(await clock.until(order.cancel(cart))).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(2)
  })

  test.each<[string, Reply, Cancel['read'], string, string]>([
    ['the server is at work', answer(202), undefined, 'still-processing', 'unknown'],
    [
      'cancel.read says that it is at work',
      answer(200, {}),
      () => ({ processing: true }),
      'still-processing',
      'unknown',
    ],
    ['not found: the first attempt may still come', answer(404), undefined, 'unresolved', 'unknown'],
    ['the server fails', answer(500), undefined, 'unresolved', 'unknown'],
    ['no answer', reset, undefined, 'unresolved', 'unknown'],
    ['the answer broke off', cutAnswer(200, '{"st'), undefined, 'unresolved', 'unknown'],
    [
      'a page of HTML',
      answer(200, '<!doctype html>', { 'content-type': 'text/html' }),
      undefined,
      'unresolved',
      'unknown',
    ],
    [
      'a redirect elsewhere',
      answer(302, undefined, { location: 'https://evil.test/' }),
      undefined,
      'unresolved',
      'unknown',
    ],
    [
      'cancel.read throws',
      answer(200, {}),
      () => {
        throw new Error('what?')
      },
      'unresolved',
      'unknown',
    ],
    ['cancel.read gives something else', answer(200, {}), () => 'sealed' as never, 'unresolved', 'unknown'],
    [
      'a word that it is done',
      answer(200, { status: 'succeeded', result: { order: 9 } }),
      undefined,
      '',
      'executed',
    ],
    [
      'a word that it is at work',
      answer(200, { status: 'running' }),
      undefined,
      'still-processing',
      'unknown',
    ],
    ['a word that it is cancelled', answer(200, { status: 'canceled' }), undefined, 'sealed', 'not-executed'],
    ['cancel.read says sealed', answer(404), () => ({ sealed: true }), 'sealed', 'not-executed'],
  ])('%s', async (_, reply, read, code, outcome) => {
    const { order, server, clock, record } = await afterReset({
      cancel: { ...cancel, ...(read && { read }) },
    })
    server.script(reply)

    const settled = await clock.until(order.cancel(cart))

    expect([settled.outcome, settled.error?.code ?? '']).toEqual([outcome, code])
    const state = code === 'still-processing' ? 'processing' : STATES[outcome]
    expect(await record()).toMatchObject({ state, key: 'key-1', ambiguous: 1 })
    expect(server.requests).toHaveLength(2)
    expect(server.unexpectedCount()).toBe(0)
  })

  test('a message that begins with the name of a callback leaves it as it is written', async () => {
    const { order, server, clock } = await afterReset({
      cancel: {
        ...cancel,
        read: () => {
          throw new Error('what?')
        },
      },
    })
    server.script(answer(200, {}))
    const settled = await clock.until(order.cancel(cart))
    expect(settled.error?.message).toMatch(/^cancel\.read threw\. Whether/)
  })

  test('after an unclear cancel the operation goes on under the same key', async () => {
    const { order, server, clock } = await afterReset()
    server.script(answer(500), answer(201, { order: 9 }))
    await clock.until(order.cancel(cart))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.at(-1)?.key).toBe('key-1')
  })

  test.each<[string, Record<string, string>, object]>([
    ['an Age', { age: '3600' }, {}],
    ['an Age, although `read` says sealed', { age: '3600' }, { read: () => ({ sealed: true }) }],
    ['a hit', { 'cf-cache-status': 'HIT' }, {}],
    ['a warning', { warning: '110 proxy "Response is stale"' }, {}],
  ])('an answer that a cache kept, by %s, seals nothing', async (_, headers, read) => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(200, { status: 'canceled' }, headers), answer(201, { order: 9 }))
    const order = placeOrder({ cancel: { request: () => ({ url: 'cancel' }), ...read } })
    await clock.until(ending(order.run(cart)))
    const { error } = await clock.until(order.cancel(cart))

    expect(error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(error?.message).toContain('out of a cache')
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(new Set(server.requests.map(({ key }) => key ?? 'key-1'))).toEqual(new Set(['key-1']))
  })

  test('an answer of this moment that went through a cache seals', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(200, { status: 'canceled' }, { age: '0', 'x-cache': 'MISS' }))
    const order = placeOrder({ cancel: { request: () => ({ url: 'cancel' }) } })
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
  })

  test('without a definition of it, it is a configuration error, and nothing is sent', async () => {
    const { placeOrder, server, clock } = bench()

    expect((await clock.until(ending(placeOrder().cancel(cart)))).error).toMatchObject({
      code: 'configuration',
      message:
        'operation(place-order).cancel: is needed to cancel: give the definition `cancel: { request, read }`',
    })
    expect(server.requests).toHaveLength(0)
  })

  test('where there is no record nothing was executed, and nobody is asked', async () => {
    const { placeOrder, server, clock } = bench()

    expect(await clock.until(placeOrder({ cancel }).cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
    expect(server.requests).toHaveLength(0)
  })

  test('where it was forgotten nobody is asked either', async () => {
    const { order, server, clock } = await afterReset()
    await clock.until(order.forget(cart, { force: true }))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('what is settled already is told from the store', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }), answer(402))
    const order = placeOrder({ cancel })
    await clock.until(order.run(cart))
    await clock.until(ending(order.run({ id: 'cart-43' })))

    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(await clock.until(order.byId('cart-43').cancel())).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected' },
    })
    expect(server.requests).toHaveLength(2)
  })

  test('a success that comes after the seal is still a success', async () => {
    const { placeOrder, server, clock, record } = bench()
    const first = held()
    server.script(first.reply, answer(200, { status: 'canceled' }))
    const order = placeOrder({ cancel })
    const running = ending(order.run(cart))
    await clock.settle()
    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'not-executed' })

    first.release(answer(201, { order: 9 }))
    await clock.until(running)
    await clock.settle()

    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test('a corrupt record is not touched, and nothing is sent', async () => {
    const { order, server, clock, overwrite, record } = await afterReset()
    await overwrite('{"v":1,"state":"x"}')

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-corrupt' },
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toEqual({ v: 1, state: 'x' })
  })

  test('a store that fails while the seal is written: the outcome is not claimed', async () => {
    const { order, server, store, clock } = await afterReset()
    server.script(answer(200, { status: 'canceled' }))
    store.set = () => Promise.reject(new Error('full'))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-failed' },
    })
  })

  test('its signal ends it at once', async () => {
    const { order, server, clock } = await afterReset()
    server.script(silence)
    const leaving = new AbortController()
    const cancelling = order.cancel(cart, { signal: leaving.signal })
    await clock.settle()
    leaving.abort()

    expect(await clock.until(cancelling)).toMatchObject({ outcome: 'unknown', error: { code: 'aborted' } })
  })

  test('aborted before it begins, it asks nobody', async () => {
    const { order, server, clock } = await afterReset()

    expect(await clock.until(order.cancel(cart, { signal: AbortSignal.abort() }))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'aborted' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('it is bounded by the timeout', async () => {
    const { order, server, clock } = await afterReset()
    server.script(silence)
    const began = clock.elapsed()

    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'unknown' })
    expect(clock.elapsed() - began).toBe(30_000)
  })

  test('what the server said to an unclear cancel is there', async () => {
    const { order, server, clock } = await afterReset()
    server.script(answer(404, { title: 'No such key' }))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      error: { code: 'unresolved', response: { status: 404, body: { title: 'No such key' } } },
    })
  })

  test('a key that the server may have forgotten is not sealed: that would prove nothing', async () => {
    const { order, server, clock } = await afterReset()
    await clock.advance(86_400_000)

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'key-expired', key: 'key-1' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('an unclear cancel of what another process may be about to send is unknown', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(429, undefined, { 'retry-after': '50' }), answer(404), answer(201, { order: 9 }))
    const running = placeOrder().run(cart)
    await clock.settle()

    expect(await clock.until(another().placeOrder({ cancel }).cancel(cart))).toMatchObject({
      outcome: 'unknown',
    })
    await clock.until(running)
  })

  test('a new generation that began meanwhile is not sealed with the old key', async () => {
    const { order, server, clock, record, another } = await afterReset()
    const seal = held()
    server.script(seal.reply, answer(201, { order: 10 }))
    const cancelling = order.cancel(cart)
    await clock.settle()
    const elsewhere = another().placeOrder()
    await clock.until(elsewhere.conclude(cart, { outcome: 'not-executed' }))
    await clock.until(elsewhere.run(cart))
    seal.release(answer(200, { status: 'canceled' }))

    expect(await clock.until(cancelling)).toMatchObject({ outcome: 'unknown', error: { code: 'forgotten' } })
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-2', generation: 2 })
  })
})

describe('what cancel read may be old when it ends', () => {
  test('a run that came and went while the seal was asked for is told', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(answer(503), silence, answer(201, { order: 10 }))
    const order = placeOrder({ cancel })
    await clock.until(ending(order.run(cart)))

    const cancelled = order.cancel(cart)
    await clock.advance(10)
    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })

    expect(await clock.until(cancelled)).toEqual({
      outcome: 'executed',
      data: { order: 10 },
      replayed: true,
    })
  })

  test('a record that was dropped while the seal was asked for: nobody knows', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(answer(503), silence)
    const order = placeOrder({ cancel })
    await clock.until(ending(order.run(cart)))

    const cancelled = order.cancel(cart)
    await clock.advance(10)
    await clock.until(order.forget(cart, { force: true }))

    expect(await clock.until(cancelled)).toMatchObject({ outcome: 'unknown', error: { code: 'forgotten' } })
  })

  test('a store that cannot be read again, after a run was stopped: nobody knows', async () => {
    const store = memoryStore()
    let gets = 0
    const { placeOrder, clock } = bench({
      store: {
        ...store,
        get: key => {
          gets += 1
          // The run's own look comes back after it was stopped; the last look fails.
          if (gets === 1) return new Promise(resolve => void clock.after(5_000, () => resolve(undefined)))
          return gets === 2 ? store.get(key) : Promise.reject(new Error('the disk is gone'))
        },
      },
    })
    const order = placeOrder({ cancel })
    const run = order.start(cart)
    await clock.advance(10)

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-failed' },
    })
    await clock.until(run.settled)
  })
})

test('a store that cannot be read again before the cancel is written: nobody knows', async () => {
  const store = memoryStore()
  let gets = 0
  const { placeOrder, clock } = bench({
    store: {
      ...store,
      get: key => {
        gets += 1
        return gets === 1 ? store.get(key) : Promise.reject(new Error('the disk is gone'))
      },
    },
  })

  expect(await clock.until(placeOrder({ cancel }).cancel(cart))).toMatchObject({
    outcome: 'unknown',
    error: { code: 'store-failed' },
  })
})

describe('cancel while a run is live', () => {
  test('in its wait: the run ends as sealed, and sends nothing more', async () => {
    const { placeOrder, server, clock, record } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset, answer(200, { status: 'canceled' }))
    const order = placeOrder({ cancel })
    const running = ending(order.run(cart))
    await clock.advance(100)

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
    expect((await clock.until(running)).error).toMatchObject({
      code: 'sealed',
      outcome: 'not-executed',
      key: 'key-1',
    })
    await clock.advance(3_600_000)
    expect(server.requests).toHaveLength(2)
    expect(await record()).toMatchObject({ state: 'failed' })
  })

  test('too late: the run gets the success', async () => {
    const { placeOrder, server, clock } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset, answer(200, {}))
    const order = placeOrder({
      cancel: { ...cancel, read: () => ({ outcome: 'executed', data: { order: 9 } }) },
    })
    const running = order.run(cart)
    await clock.advance(100)

    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBeLessThan(8_000)
    expect(server.requests).toHaveLength(2)
  })

  test('before its first send: the run is stopped, nothing leaves, and nobody is asked', async () => {
    let ready: (headers: Record<string, string>) => void = () => {}
    const { placeOrder, server, clock, records } = bench({
      headers: () => new Promise(resolve => (ready = resolve)),
    })
    const order = placeOrder({ cancel })
    const running = ending(order.run(cart))
    await clock.settle()

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
    expect((await clock.until(running)).error).toMatchObject({ code: 'sealed', outcome: 'not-executed' })
    ready({})
    await clock.advance(60_000)
    expect(server.requests).toHaveLength(0)
    expect(await records()).toMatchObject([{ state: 'failed', key: '', generation: 1 }])
  })

  test('before its first send, by another process: the run there sends nothing; the next one does', async () => {
    const { placeOrder, server, clock, another, runner, record } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ cancel })
    runner.freezeAt('before-set')
    const running = ending(order.run(cart))
    await clock.settle()
    expect(runner.isFrozen()).toBe(true)

    expect(await clock.until(another().placeOrder({ cancel }).cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed', generation: 1 },
    })
    await runner.thaw()
    expect((await clock.until(running)).error).toMatchObject({ code: 'sealed', outcome: 'not-executed' })
    expect(server.requests).toHaveLength(0)

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2 })
  })

  test('before the first send of the next generation, by another process', async () => {
    const { placeOrder, server, clock, another, runner, record } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ cancel })
    await clock.until(order.run(cart))
    await clock.until(order.forget(cart))
    runner.freezeAt('before-set')
    const running = ending(order.run(cart))
    await clock.settle()

    expect(await clock.until(another().placeOrder({ cancel }).cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed', generation: 2 },
    })
    await runner.thaw()
    expect((await clock.until(running)).error).toMatchObject({ code: 'sealed', outcome: 'not-executed' })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'failed', generation: 2 })
  })

  test('by another process: the run there ends as sealed at its next step', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset, answer(200, { status: 'canceled' }))
    const running = ending(placeOrder().run(cart))
    await clock.advance(100)

    expect(await clock.until(another().placeOrder({ cancel }).cancel(cart))).toMatchObject({
      outcome: 'not-executed',
    })
    expect((await clock.until(running)).error).toMatchObject({ code: 'sealed', outcome: 'not-executed' })
    expect(server.requests).toHaveLength(2)
  })

  test('whose process is paused before it says so: what another process has executed since is told', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(201, { order: 9 }))
    const paused = another()
    paused.runner.freezeAt('after-set')
    const cancelled = paused.placeOrder({ cancel }).cancel(cart)
    await clock.settle()
    expect(paused.runner.isFrozen()).toBe(true)
    expect(await clock.until(placeOrder({ cancel }).run(cart))).toEqual({ order: 9 })
    await clock.advance(5_000)

    await paused.runner.thaw()

    expect(await clock.until(cancelled)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests).toHaveLength(1)
  })
})

describe('what never left is cancelled in the store alone', () => {
  test('after a refused connection: no request, and the next run has a new key', async () => {
    const { placeOrder, server, clock, record } = bench({ retry: { attempts: 1 } })
    server.script(refusedConnection)
    const order = placeOrder({ cancel })
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed', key: 'key-1' },
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'failed', generation: 1 })

    server.script(answer(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-2', generation: 2 })
  })
})
