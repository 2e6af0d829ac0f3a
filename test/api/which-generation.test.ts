import { describe, expect, test } from 'vitest'
import type { ConclusionOptions } from '../../src/client/stored/call-arguments.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const executed = { outcome: 'executed', data: { order: 9 } } as const
const notExecuted = { outcome: 'not-executed', error: 'declined' } as const

/** The first key was declined, the second is under way: its answer was lost. */
async function secondKey() {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
  world.server.always(reset)
  const order = world.placeOrder()
  await world.clock.until(ending(order.run(cart)))
  await world.clock.until(order.conclude(cart, notExecuted))
  await world.clock.until(ending(order.run(cart)))
  return { ...world, order }
}

const key1 = { key: 'key-1' }
const key2 = { key: 'key-2' }

test('why a run stopped is told of its own key: another generation that came to its place has its own end', async () => {
  const { placeOrder, another, server, clock } = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
  const first = held()
  server.script(first.reply, held().reply)
  const running = ending(placeOrder().run(cart))
  await clock.advance(100)
  const elsewhere = another().placeOrder()
  await clock.until(elsewhere.conclude(cart, { ...notExecuted, key: 'key-1' }))
  void ending(elsewhere.run(cart))
  await clock.advance(100)
  first.release(answer(401))

  expect((await clock.until(running)).error).toMatchObject({
    code: 'unresolved',
    outcome: 'unknown',
    key: 'key-2',
    message: expect.stringContaining('he operation was begun again with a new key'),
  })
})

describe('a word on an older key', () => {
  test.each<[string, ConclusionOptions]>([
    ['its key', key1],
    ['its generation', { generation: 1 }],
    ['both', { key: 'key-1', generation: 1 }],
    ['two that do not fit', { key: 'key-2', generation: 1 }],
    ['a key that nobody knows', { key: 'key-9' }],
    ['a later generation', { generation: 3 }],
    ['and it may begin', { key: 'key-1', begin: true }],
  ])('%s: "not executed" changes nothing and is a conflict', async (_, which) => {
    const { order, clock, record, events } = await secondKey()
    const before = await record()
    const { error } = await clock.until(ending(order.conclude(cart, { ...notExecuted, ...which })))

    expect(error).toMatchObject({ code: 'conflict', outcome: 'unknown', key: 'key-2', generation: 2 })
    expect(await record()).toEqual(before)
    expect(events.filter(({ type }) => type === 'late-success')).toEqual([])
  })

  test.each<[string, ConclusionOptions, string | undefined, number | undefined]>([
    ['its key', key1, 'key-1', 1],
    ['its generation', { generation: 1 }, 'key-1', 1],
    ['a key that nobody knows', { key: 'key-9' }, 'key-9', undefined],
  ])('%s: "executed" is an alarm with both keys', async (_, which, key, generation) => {
    const { order, clock, record, events } = await secondKey()
    const before = await record()
    const { error } = await clock.until(ending(order.byId('cart-42').conclude(executed, which)))

    expect(error).toMatchObject({ code: 'conflict', outcome: 'unknown' })
    expect(await record()).toEqual(before)
    expect(events.filter(({ type }) => type === 'late-success')).toEqual([
      {
        type: 'late-success',
        name: 'place-order',
        scope: 'user-7',
        operationId: 'cart-42',
        key,
        generation,
        currentKey: 'key-2',
        currentGeneration: 2,
        at: expect.any(Number),
      },
    ])
  })

  test('"executed" does not stop a run of the newer key, and tells nobody that it is settled', async () => {
    const { order, server, clock } = await secondKey()
    const lost = held()
    server.script(lost.reply)
    const run = order.start(cart)
    await clock.settle()
    await clock.until(ending(order.conclude(cart, { ...executed, ...key1 })))
    lost.release(answer(201, { order: 10 }))

    expect(await clock.until(run.settled)).toMatchObject({ outcome: 'executed', data: { order: 10 } })
  })

  test('forget leaves the newer one as it is, force or not', async () => {
    const { order, clock, record } = await secondKey()
    const before = await record()
    for (const force of [true, false]) {
      const { error } = await clock.until(ending(order.forget(cart, { force, ...key1 })))
      expect(error).toMatchObject({ code: 'conflict', outcome: 'unknown' })
    }
    expect(await record()).toEqual(before)
  })
})

describe('a word on the key that is stored', () => {
  test.each<[string, ConclusionOptions]>([
    ['its key', key2],
    ['its generation', { generation: 2 }],
    ['both', { key: 'key-2', generation: 2 }],
  ])('%s: it counts, beside the outcome or apart', async (_, which) => {
    const beside = await secondKey()
    await beside.clock.until(beside.order.conclude(cart, { ...notExecuted, ...which }))
    expect(await beside.record()).toMatchObject({ state: 'failed', generation: 2 })

    const apart = await secondKey()
    await apart.clock.until(apart.order.conclude(cart, executed, which))
    expect(await apart.record()).toMatchObject({ state: 'succeeded', generation: 2 })
    await apart.clock.until(apart.order.forget(cart, which))
    expect(await apart.record()).toMatchObject({ generation: 2, failure: { code: 'forgotten' } })
    // Again, by what came twice: there is nothing left to forget.
    await apart.clock.until(apart.order.forget(cart, which))
  })

  test('"executed" twice, and "not executed" after it', async () => {
    const { order, clock, record } = await secondKey()
    await clock.until(order.conclude(cart, { ...executed, ...key2 }))
    const before = await record()
    await clock.until(order.conclude(cart, { ...executed, ...key2, data: { order: 11 } }))
    const { error } = await clock.until(ending(order.conclude(cart, { ...notExecuted, ...key2 })))

    expect(error).toMatchObject({ code: 'already-executed', outcome: 'executed' })
    expect(await record()).toEqual(before)
  })

  test('two webhooks at once: one record, one outcome', async () => {
    const { order, clock, record, another } = await secondKey()
    const elsewhere = another().placeOrder()
    const ends = await clock.until(
      Promise.all([
        ending(order.conclude(cart, { ...notExecuted, ...key2 })),
        ending(elsewhere.conclude(cart, { ...executed, ...key2 })),
      ]),
    )
    expect(ends.map(({ error }) => error?.code)).toEqual([undefined, undefined])
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2, key: 'key-2' })
  })
})

describe('a word without a key', () => {
  test('"not executed" is refused once there was more than one: nothing is changed', async () => {
    const { order, clock, record } = await secondKey()
    const before = await record()
    const { error } = await clock.until(ending(order.conclude(cart, notExecuted)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message:
        'operation(place-order).conclude: this operation has had more than one key: give the { key } or { generation } that was not executed',
    })
    expect(await record()).toEqual(before)
  })

  test('"executed" counts for what is stored', async () => {
    const { order, clock, record } = await secondKey()
    await clock.until(order.conclude(cart, executed))

    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2 })
  })

  test('twice, while there is one key: once', async () => {
    const { placeOrder, server, clock, record } = bench({ retry: { attempts: 1 } })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.until(order.conclude(cart, notExecuted))
    await clock.until(order.conclude(cart, notExecuted))

    expect(await record()).toMatchObject({ state: 'failed', generation: 1 })
  })
})

describe('what was never begun', () => {
  test.each([executed, notExecuted])('$outcome is a mistake: nothing is written', async told => {
    const { placeOrder, clock, records, server } = bench()
    const order = placeOrder()
    for (const call of [
      () => order.conclude(cart, told),
      () => order.conclude(cart, { ...told, ...key1 }),
      () => order.byId('cart-42').conclude(told, { begin: false }),
    ]) {
      const { error } = await clock.until(ending(call()))
      expect(error).toMatchObject({
        code: 'configuration',
        outcome: 'unknown',
        message:
          'operation(place-order).conclude: nothing is stored of this operation, so nothing was written: look at scope, name and id, or give { begin: true } to write the operation down',
      })
    }
    expect(await records()).toEqual([])
    expect(server.requests).toEqual([])
  })

  test('is begun under the key that is told', async () => {
    const { placeOrder, clock, record } = bench()
    const order = placeOrder()
    await clock.until(order.conclude(cart, { ...executed, key: 'theirs', generation: 3, begin: true }))

    expect(await record()).toMatchObject({ key: 'theirs', generation: 3, state: 'succeeded' })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('what was forgotten is not: an older word is an alarm, a new one needs `begin`', async () => {
    const { placeOrder, clock, record, server, events } = bench()
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    await clock.until(order.forget(cart))
    const before = await record()

    expect((await clock.until(ending(order.conclude(cart, executed)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
    })
    const late = await clock.until(ending(order.conclude(cart, { ...executed, ...key1 })))
    expect(late.error).toMatchObject({ code: 'conflict', outcome: 'unknown' })
    const begun = await clock.until(ending(order.conclude(cart, { ...executed, generation: 1, begin: true })))
    expect(begun.error).toMatchObject({ code: 'conflict' })
    expect(await record()).toEqual(before)
    expect(events.filter(({ type }) => type === 'late-success')).toMatchObject([
      { key: 'key-1', currentKey: '', currentGeneration: 1 },
      { generation: 1, currentKey: '', currentGeneration: 1 },
    ])
    await clock.until(order.conclude(cart, { ...executed, begin: true }))
    expect(await record()).toMatchObject({ state: 'succeeded', generation: 2 })
  })
})

describe('what pending lists is about its own key', () => {
  test('and nothing that came to its place', async () => {
    const { client, order, clock, record } = await secondKey()
    const [listed] = await clock.until(client.pending())
    await clock.until(order.conclude(cart, { ...notExecuted, ...key2 }))
    await clock.until(ending(order.run(cart)))
    const before = await record()
    expect(before).toMatchObject({ generation: 3 })

    for (const call of [
      () => listed!.conclude(notExecuted),
      () => listed!.conclude(executed),
      () => listed!.conclude({ ...executed, key: 'key-3' }),
      () => listed!.forget({ force: true }),
    ]) {
      expect((await clock.until(ending(call()))).error).toMatchObject({ code: 'conflict' })
    }
    expect(await record()).toEqual(before)
  })

  test('needs no key for "not executed"', async () => {
    const { client, clock, record } = await secondKey()
    const [listed] = await clock.until(client.pending())
    await clock.until(listed!.conclude(notExecuted))

    expect(await record()).toMatchObject({ state: 'failed', generation: 2 })
  })
})

describe('what says which is checked', () => {
  test.each<[string, object, string]>([
    ['a key that is missing', { key: undefined }, '.key: must be the idempotency key'],
    ['an empty key', { key: '' }, '.key: must be the idempotency key'],
    ['a key that is a number', { key: 7 }, '.key: must be the idempotency key'],
    ['a generation that is missing', { generation: undefined }, '.generation: must be a whole number'],
    ['a generation of zero', { generation: 0 }, '.generation: must be a whole number'],
    ['a generation that is text', { generation: '2' }, '.generation: must be a whole number'],
    ['a misspelt one', { generaton: 2 }, '.generaton: there is no such option'],
  ])('%s', async (_, which, message) => {
    const { order, clock, record } = await secondKey()
    const before = await record()
    for (const call of [
      () => order.conclude(cart, { ...executed, ...which }),
      () => order.conclude(cart, notExecuted, which),
      () => order.forget(cart, { force: true, ...which }),
    ]) {
      const { error } = await clock.until(ending(call()))
      expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining(message) })
    }
    expect(await record()).toEqual(before)
  })
})

describe('forget while another key is at work', () => {
  test('by force, of the key that failed: the run of the next key goes on', async () => {
    const { placeOrder, server, clock, record } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.until(order.conclude(cart, notExecuted))
    const second = held()
    server.script(second.reply)
    const run = order.start(cart)
    await clock.settle()
    const { error } = await clock.until(ending(order.forget(cart, { force: true, ...key1 })))
    second.release(answer(201, { order: 10 }))

    expect(error).toMatchObject({ code: 'conflict' })
    expect(await clock.until(run.settled)).toMatchObject({ outcome: 'executed', data: { order: 10 } })
    expect(await record()).toMatchObject({ generation: 2, state: 'succeeded' })
  })
})

describe('options of another shape are refused, whatever they hold: an old key’s word hits no newer one', () => {
  class Which {
    get key() {
      return 'key-1'
    }
  }
  const shapes: [string, unknown][] = [
    ['a promise', Promise.resolve(key1)],
    ['a Map', new Map([['key', 'key-1']])],
    ['parameters of a URL', new URLSearchParams(key1)],
    ['an instance with getters', new Which()],
    ['an object that inherits', Object.create(key1)],
    ['a function', () => key1],
    ['a list', ['key-1']],
    ['a text', 'key-1'],
    ['a number', 5],
    ['true', true],
    ['null', null],
  ]

  test.each(shapes)('%s', async (_, shape) => {
    const { client, order, clock, record } = await secondKey()
    const before = await record()
    const [listed] = await clock.until(client.pending())
    const wrong = shape as never
    for (const call of [
      () => order.conclude(cart, executed, wrong),
      () => order.byId('cart-42').conclude(executed, wrong),
      () => order.conclude(cart, wrong),
      () => order.forget(cart, wrong),
      () => order.byId('cart-42').forget(wrong),
      () => listed!.conclude(executed, wrong),
      () => listed!.conclude(wrong),
      () => listed!.forget(wrong),
    ]) {
      expect((await clock.until(ending(call()))).error).toMatchObject({
        code: 'configuration',
        outcome: 'unknown',
        message: expect.stringMatching(
          /^operation\(place-order\)\.(?:conclude: (?:takes|needs)|forget: takes) /,
        ),
      })
    }
    expect(await record()).toEqual(before)
  })

  test('what belongs beside the outcome does not go apart', async () => {
    const { order, clock, record } = await secondKey()
    const before = await record()
    const apart = { outcome: 'not-executed' } as never
    expect((await clock.until(ending(order.conclude(cart, executed, apart)))).error).toMatchObject({
      code: 'configuration',
      message: 'operation(place-order).conclude.outcome: there is no such option',
    })
    expect(await record()).toEqual(before)
  })
})

describe('what is told is what it was at the call', () => {
  test('the outcome, the data and the key of conclude', async () => {
    const { order, clock, record } = await secondKey()
    const told = { outcome: 'executed', data: { order: 9 } }
    const which = { key: 'key-2' }
    const concluding = ending(order.conclude(cart, told as never, which))
    told.outcome = 'not-executed'
    told.data.order = 10
    which.key = 'key-1'
    expect((await clock.until(concluding)).error).toBeUndefined()

    expect(await record()).toMatchObject({ state: 'succeeded', result: { text: '{"order":9}' } })
  })

  test('the force of forget', async () => {
    const { order, clock, record } = await secondKey()
    const options = { force: false }
    const forgetting = ending(order.forget(cart, options))
    options.force = true

    expect((await clock.until(forgetting)).error).toMatchObject({ code: 'unresolved' })
    expect(await record()).toMatchObject({ state: 'pending' })
  })

  test.each(['of one operation', 'of all'])('the send of resume %s', async who => {
    const { client, placeOrder, server, clock } = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
    server.always(reset)
    const order = placeOrder({ persist: 'request' })
    await clock.until(ending(order.run(cart)))
    const options = { send: false }
    const resumed = async () => {
      if (who === 'of all') return client.resume(options)
      return (await order.resume(cart, options))?.settled
    }
    const resuming = resumed()
    options.send = true
    await clock.until(resuming)

    expect(server.requests).toHaveLength(1)
  })

  test('the signal of settle and cancel', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
    server.script(reset)
    server.always(held().reply)
    const ask = { request: () => ({ url: 'orders/9' }), read: () => ({ outcome: 'executed' }) as const }
    const order = placeOrder({ status: ask, cancel: ask })
    await clock.until(ending(order.run(cart, { signal: AbortSignal.abort() })))
    const options = { signal: undefined as AbortSignal | undefined }
    const settling = order.settle(cart, options)
    const cancelling = ending(order.cancel(cart, options))
    options.signal = AbortSignal.abort()

    expect((await clock.until(settling)).error?.code).not.toBe('aborted')
    expect(await clock.until(cancelling)).not.toMatchObject({ data: { error: { code: 'aborted' } } })
  })
})
