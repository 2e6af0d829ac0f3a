import { describe, expect, test } from 'vitest'
import type { RecordStore, SetOptions } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { afterMs, answer } from './bench/scripted-server.ts'

/** A store that gives back something else than it should, as an adapter with a mistake in it does. */
function odd(changes: Partial<Record<keyof RecordStore, (...given: readonly unknown[]) => unknown>>) {
  return { ...memoryStore(), ...changes } as unknown as RecordStore
}

const noRecords: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['text', '{"v":1}'],
  ['a value that is an object', { value: {}, version: '1' }],
  ['a version that is a number', { value: '{}', version: 1 }],
  ['a record without a version', { value: '{}' }],
]

describe('a get that gives no record is a store that failed', () => {
  test.each(noRecords)('%s: nothing is sent, and nothing is claimed', async (_, given) => {
    const { placeOrder, server, clock } = bench({ store: odd({ get: async () => given }) })
    const order = placeOrder({ cancel: { request: () => ({ url: 'orders/9' }) } })
    const failed = { code: 'store-failed', outcome: 'unknown' }

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject(failed)
    expect((await clock.until(ending(order.inspect(cart)))).error).toMatchObject(failed)
    expect((await clock.until(ending(order.forget(cart, { force: true })))).error).toMatchObject(failed)
    expect((await clock.until(ending(order.conclude(cart, { outcome: 'executed' })))).error).toMatchObject(
      failed,
    )
    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'unknown', error: failed })
    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'unknown', error: failed })
    expect(server.requests).toHaveLength(0)
  })
})

describe('a store that cannot be understood', () => {
  const failing = (details: object) =>
    odd({
      get: () =>
        Promise.reject(Object.assign(new Error('what the store says'), { kind: 'corrupt' }, details)),
    })

  test('as a whole: no forget drops it, and its own words say what to do', async () => {
    const { placeOrder, server, clock } = bench({ store: failing({}) })
    const order = placeOrder()

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'store-corrupt',
      message:
        'The store could not read. Whether the operation was executed is not known. See `cause` for what the store needs.',
      cause: { message: 'what the store says' },
    })
    expect((await clock.until(ending(order.inspect(cart)))).error).toMatchObject({
      message: expect.stringContaining('See `cause` for what the store needs'),
    })
    expect(server.requests).toHaveLength(0)
  })

  test('in one record: that one can be dropped', async () => {
    const { placeOrder, clock } = bench({ store: failing({ version: '7' }) })

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('drop the record with `force`'),
    })
  })
})

describe('a set that gives no version is a store that failed', () => {
  const versions: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['an empty text', ''],
    ['true', true],
    ['a number', 1],
    ['an object', { version: '1' }],
  ]

  test.each(versions)('%s, without having written: nothing is sent', async (_, given) => {
    const { placeOrder, server, clock, events } = bench({ store: odd({ set: async () => given }) })

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'store-failed',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(0)
    expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', doing: 'write-ahead' }))
  })

  test.each(versions)(
    '%s, but it has written: nothing is sent, and what is left is no doubt',
    async (_, given) => {
      const store = memoryStore()
      const { placeOrder, server, clock, record } = bench({
        store: {
          ...store,
          set: async (...args) => {
            await store.set(...args)
            return given as string
          },
        },
      })

      expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
        code: 'store-failed',
        outcome: 'not-executed',
      })
      expect(server.requests).toHaveLength(0)
      expect(await record()).toMatchObject({ state: 'pending', sent: 0, ambiguous: 0 })
      expect(await record()).not.toHaveProperty('inFlight')
    },
  )

  test('when the success is written: the caller gets it all the same', async () => {
    const store = memoryStore()
    let writes = 0
    const { placeOrder, server, clock } = bench({
      store: { ...store, set: async (...args) => (++writes > 1 ? (null as never) : store.set(...args)) },
    })
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
  })
})

describe('a store that refuses the version that it shows', () => {
  /** As of an adapter that compares versions as numbers and gives them as texts: no write after the first succeeds. */
  const refusing = (counted: { sets: number }, expects: (sets: number) => boolean) => {
    const store = memoryStore()
    return {
      ...store,
      set: (key: string, value: string, options: SetOptions) => {
        counted.sets += 1
        return expects(counted.sets) ? store.set(key, value, options) : Promise.resolve(undefined)
      },
    }
  }

  test('once the key is written: the success reaches the caller, and the writes end', async () => {
    const counted = { sets: 0 }
    const { placeOrder, server, clock } = bench({ store: refusing(counted, sets => sets === 1) })
    server.script(answer(201, { order: 9 }))
    const end = await clock.until(placeOrder().start(cart).settled)
    await clock.settle()
    expect(end).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests).toHaveLength(1)
    expect(counted.sets).toBe(23)
  })

  /*
   * By the contract of a store, this says: another write came first, and what it wrote is gone. Its runner may have sent
   * before the record was dropped, so that nothing may be said of the operation, nor a second key be made.
   */
  test('from the first claim on, and shows nothing: nothing is sent, and what another may have sent is not known', async () => {
    const counted = { sets: 0 }
    const { placeOrder, server, clock, events } = bench({ store: refusing(counted, () => false) })
    const end = await clock.until(placeOrder().start(cart).settled)
    expect(end).toMatchObject({
      outcome: 'unknown',
      error: {
        code: 'forgotten',
        attempts: 0,
        message:
          'The record was dropped. Whether the operation was executed is not known. Find out from the server before you call `run`, which uses a new key.',
      },
    })
    expect(events.map(({ type }) => type)).toEqual(['claim-lost', 'settled'])
    expect(server.requests).toHaveLength(0)
    expect(counted.sets).toBe(1)
  })

  test('and did so once only: the next run begins the operation', async () => {
    const { placeOrder, server, clock } = bench({ store: refusing({ sets: 0 }, sets => sets > 1) })
    server.script(answer(201, { order: 9 }))
    const operation = placeOrder()
    await clock.until(operation.start(cart).settled)
    expect(await clock.until(operation.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a watch that gives nothing to end it is a store that tells nothing', () => {
  test.each<readonly [string, () => unknown]>([
    [
      'it throws',
      () => {
        throw new Error('no hints today')
      },
    ],
    ['nothing', () => undefined],
    ['a number', () => 7],
    ['a promise that rejects', () => Promise.reject(new Error('no hints today'))],
    [
      'an end that throws',
      () => () => {
        throw new Error('ended already')
      },
    ],
    ['an end that rejects', () => () => Promise.reject(new Error('ended already'))],
  ])('%s: who waits for another runner gets its result', async (_, watch) => {
    const { placeOrder, another, server, clock } = bench({ store: odd({ watch }) })
    server.script(afterMs(clock, 500, answer(201, { order: 9 })))
    const second = another()
    const runs = [placeOrder(), second.placeOrder()].map(order => order.run(cart))

    expect(await clock.until(Promise.all(runs))).toEqual([{ order: 9 }, { order: 9 }])
    expect(server.requests).toHaveLength(1)
  })
})

test('a watch that calls at once, each time, is no reason to look again and again', async () => {
  let calls = 0
  const watch = (_: unknown, listener: unknown) => {
    calls += 1
    if (calls < 1_000 && typeof listener === 'function') listener()
    return () => {}
  }
  const { placeOrder, another, server, clock } = bench({ store: odd({ watch }) })
  server.script(afterMs(clock, 500, answer(201, { order: 9 })))
  const second = another()
  await clock.until(Promise.all([placeOrder(), second.placeOrder()].map(order => order.run(cart))))

  expect(server.requests).toHaveLength(1)
  expect(calls).toBeLessThan(20)
})

describe('a listing of what is no record is a store that failed', () => {
  test.each<readonly [string, unknown]>([
    ...noRecords,
    ['a key that is a number', { key: 1, value: '{}', version: '1' }],
  ])('%s', async (_, given) => {
    const { client, clock, events } = bench({
      store: odd({
        async *listOpen() {
          yield given
        },
      }),
    })
    const failed = { code: 'store-failed', outcome: 'unknown' }

    expect((await clock.until(ending(client.pending()))).error).toMatchObject(failed)
    expect((await clock.until(ending(client.resume()))).error).toMatchObject(failed)
    expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', doing: 'list' }))
  })
})
