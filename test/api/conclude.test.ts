import { describe, expect, test } from 'vitest'
import type { Conclusion } from '../../src/client/stored/call-arguments.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const executed: Conclusion = { outcome: 'executed', data: { order: 9, extra: 1 } }
const notExecuted: Conclusion = { outcome: 'not-executed', error: { why: 'chargeback' } }

async function after(reply: Reply) {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
  world.server.script(reply)
  const order = world.placeOrder()
  await world.clock.until(ending(order.run(cart)))
  return { ...world, order }
}

describe('conclude tells the outcome from outside', () => {
  test('executed: its data goes through the schema at every return, and nothing is sent', async () => {
    const { order, server, clock, record } = await after(reset)
    await clock.until(order.conclude(cart, executed))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(await record()).toMatchObject({
      state: 'succeeded',
      key: 'key-1',
      result: { form: 'data', text: '{"order":9,"extra":1}' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('executed without data: the fact', async () => {
    const { order, server, clock } = await after(reset)
    await clock.until(order.conclude(cart, { outcome: 'executed' }))

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'already-executed',
      outcome: 'executed',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('executed with data that does not fit the schema is executed', async () => {
    const { order, clock } = await after(reset)
    await clock.until(order.conclude(cart, { outcome: 'executed', data: { nothing: true } }))

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'response-invalid',
      outcome: 'executed',
    })
  })

  test('not executed: a proof, so the next run is a new generation with a new key', async () => {
    const { order, server, clock, record } = await after(reset)
    await clock.until(order.conclude(cart, notExecuted))

    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected', outcome: 'not-executed', cause: { why: 'chargeback' }, key: 'key-1' },
    })
    server.script(answer(201, { order: 10 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 10 })
    expect(server.requests.at(-1)?.key).toBe('key-2')
    expect(await record()).toMatchObject({ generation: 2 })
  })

  test('byId does the same', async () => {
    const { order, clock, record } = await after(reset)
    await clock.until(order.byId('cart-42').conclude(executed))

    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test.each<[string, Reply]>([
    ['pending', answer(401)],
    ['processing', answer(202)],
    ['failed before: a proof that comes late absorbs', answer(402)],
  ])('executed where the record is %s', async (_, reply) => {
    const { order, clock } = await after(reply)
    await clock.until(order.conclude(cart, executed))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('it cannot undo executed: it rejects and changes nothing', async () => {
    const { order, clock, store } = await after(answer(201, { order: 9 }))
    let writes = 0
    const set = store.set.bind(store)
    store.set = (...given) => {
      writes++
      return set(...given)
    }

    expect((await clock.until(ending(order.conclude(cart, notExecuted)))).error).toMatchObject({
      code: 'already-executed',
      outcome: 'executed',
      key: 'key-1',
      message:
        'The operation is proven to be executed, which nothing can undo. The operation was executed. Read the result from the server.',
    })
    expect(writes).toBe(0)
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('data is kept as JSON writes it: a Date as its text, without what is undefined', async () => {
    const { order, clock, record } = await after(reset)
    const data = { order: 9, at: new Date(0), note: undefined }
    await clock.until(order.conclude(cart, { outcome: 'executed', data }))

    expect(await record()).toMatchObject({
      result: { form: 'data', text: '{"order":9,"at":"1970-01-01T00:00:00.000Z"}' },
    })
  })

  test('executed again keeps the result that is there', async () => {
    const { order, clock } = await after(answer(201, { order: 9 }))
    await clock.until(order.conclude(cart, { outcome: 'executed', data: { order: 77 } }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('executed adds a result where only the fact was known', async () => {
    const { order, clock } = await after(reset)
    await clock.until(order.conclude(cart, { outcome: 'executed' }))
    await clock.until(order.conclude(cart, executed))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('without a record, executed is written down, so that no later run sends', async () => {
    const { placeOrder, server, clock, record } = bench()
    const order = placeOrder()
    await clock.until(order.conclude(cart, { ...executed, begin: true }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(await record()).toMatchObject({
      state: 'succeeded',
      generation: 1,
      scope: 'user-7',
      id: 'cart-42',
    })
    expect(server.requests).toHaveLength(0)
  })

  test('without a record, not executed leaves nothing to write', async () => {
    const { placeOrder, server, clock, records } = bench()
    const order = placeOrder()
    await clock.until(order.conclude(cart, { ...notExecuted, begin: true }))

    expect(await records()).toEqual([])
    server.script(answer(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test.each<[string, unknown, string]>([
    ['nothing', undefined, "operation(place-order).conclude: needs { outcome: 'executed' | 'not-executed' }"],
    [
      'unknown',
      { outcome: 'unknown' },
      "operation(place-order).conclude: needs { outcome: 'executed' | 'not-executed' }",
    ],
    [
      'data that JSON cannot hold',
      { outcome: 'executed', data: 9n },
      'operation(place-order).conclude.data: must be a JSON value',
    ],
    [
      'a function as data',
      { outcome: 'executed', data: () => 9 },
      'operation(place-order).conclude.data: must be a JSON value',
    ],
    ...(
      [
        ['a Map, which JSON empties', new Map([[1, 2]]), ': is of class Map: give plain data'],
        ['an Error', new Error('x'), ': is of class Error: give plain data'],
        ['a Set within', { s: new Set([1]) }, '.s: is of class Set: give plain data'],
        ['NaN within', { lines: [{ n: Number.NaN }] }, '.lines[0].n: is NaN: give plain data'],
        ['Infinity', Number.POSITIVE_INFINITY, ': is Infinity: give plain data'],
        ['a function within', { a: { f: () => 1 } }, '.a.f: is a function: give plain data'],
        ['a symbol within', { a: Symbol('x') }, '.a: is a symbol: give plain data'],
        ['a gap in a list', { list: [undefined] }, '.list[0]: is undefined: give null'],
        ['an invalid Date', { at: new Date(Number.NaN) }, '.at: is an invalid Date: give plain data'],
      ] as const
    ).map(([name, data, fault]): [string, unknown, string] => [
      `data with ${name}`,
      { outcome: 'executed', data },
      `operation(place-order).conclude.data${fault}`,
    ]),
    [
      'an error that JSON cannot hold',
      { outcome: 'not-executed', error: 9n },
      'operation(place-order).conclude.error: must be a JSON value',
    ],
  ])('%s is a configuration error, and changes nothing', async (_, told, message) => {
    const { order, clock, record } = await after(reset)
    const before = await record()

    expect((await clock.until(ending(order.conclude(cart, told as Conclusion)))).error).toMatchObject({
      code: 'configuration',
      message,
    })
    expect(await record()).toEqual(before)
  })

  test('what cannot be understood is not overwritten', async () => {
    const { order, clock, overwrite, record } = await after(reset)
    await overwrite('{"v":1}')

    expect((await clock.until(ending(order.conclude(cart, executed)))).error).toMatchObject({
      code: 'store-corrupt',
    })
    expect(await record()).toEqual({ v: 1 })
  })

  test('a write that comes in between is not lost: it is read again', async () => {
    const { order, clock, store, record } = await after(reset)
    const get = store.get.bind(store)
    let reads = 0
    store.get = async key => {
      const found = await get(key)
      if (++reads === 1 && found !== undefined) {
        const value = JSON.stringify({ ...JSON.parse(found.value), attempts: 7 })
        await store.set(key, value, { expected: found.version, open: true })
      }
      return found
    }
    await clock.until(order.conclude(cart, executed))

    expect(await record()).toMatchObject({ state: 'succeeded', attempts: 7 })
  })
})

describe('conclude while a run is live', () => {
  test('in its wait: the run ends at once with what was told', async () => {
    const { placeOrder, server, clock } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const order = placeOrder()
    const running = order.run(cart)
    await clock.advance(100)
    await clock.until(order.conclude(cart, executed))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(100)
    expect(server.requests).toHaveLength(1)
  })

  test('not executed ends it as that failure', async () => {
    const { placeOrder, server, clock } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const order = placeOrder()
    const running = ending(order.run(cart))
    await clock.advance(100)
    await clock.until(order.conclude(cart, notExecuted))

    expect((await clock.until(running)).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
      key: 'key-1',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('in mid-flight: the answer and what was told agree', async () => {
    const { placeOrder, server, clock, record } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()
    const running = order.run(cart)
    await clock.settle()
    await clock.until(order.conclude(cart, executed))
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test('in mid-flight, told not executed: a success that comes all the same absorbs', async () => {
    const { placeOrder, server, clock, record } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()
    const running = order.run(cart)
    await clock.settle()
    await clock.until(order.conclude(cart, notExecuted))
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test('a success of an old generation after a new one began is an alarm with both keys', async () => {
    const { placeOrder, server, clock, another, events, record } = bench()
    const first = held()
    server.script(first.reply, answer(201, { order: 10 }))
    const running = placeOrder().run(cart)
    await clock.settle()
    const elsewhere = another().placeOrder()
    await clock.until(elsewhere.conclude(cart, notExecuted))
    await clock.until(elsewhere.run(cart))
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(events).toContainEqual({
      type: 'late-success',
      name: 'place-order',
      scope: 'user-7',
      operationId: 'cart-42',
      key: 'key-1',
      at: 1_800_000_000_000,
      generation: 1,
      currentKey: 'key-2',
      currentGeneration: 2,
    })
    expect(await record()).toMatchObject({ key: 'key-2', state: 'succeeded', generation: 2 })
  })
})
