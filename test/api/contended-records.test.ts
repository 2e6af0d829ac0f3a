import { describe, expect, test } from 'vitest'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { reset } from './bench/scripted-server.ts'

/*
 * What is changed from outside of a run (conclude, forget, cancel) is read, decided and written by a compare-and-set; again
 * while others write in between.
 */

/** A store in which others write first, as often as they are told to. */
function contended() {
  const store = memoryStore()
  const others = { writes: 0, tries: 0 }
  const set: RecordStore['set'] = async (key, value, options) => {
    if (others.writes > 0) {
      others.writes -= 1
      others.tries += 1
      const stored = await store.get(key)
      if (stored !== undefined) await store.set(key, stored.value, { ...options, expected: stored.version })
    }
    return store.set(key, value, options)
  }
  return { others, store: { ...store, set } }
}

async function unresolved() {
  const { others, store } = contended()
  const world = bench({ store, retry: { attempts: 1 }, poll: { deadline: 1 } })
  world.server.script(reset)
  const order = world.placeOrder()
  await world.clock.until(ending(order.run(cart)))
  return { ...world, order, others }
}

describe('a record that others write meanwhile', () => {
  test('is read and changed again, at once, until they are done', async () => {
    const { order, others, record } = await unresolved()
    others.writes = 49
    // No time passes on the bench while it is awaited.
    await order.conclude(cart, { outcome: 'executed', data: { order: 9 } })

    expect(others.tries).toBe(49)
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test('is given up after 50 tries, and left as it is', async () => {
    const { order, others, record } = await unresolved()
    others.writes = Number.POSITIVE_INFINITY
    const { error } = await ending(order.conclude(cart, { outcome: 'executed', data: { order: 9 } }))

    expect(error).toMatchObject({ code: 'store-failed' })
    expect(error?.message).toContain('written by others all the time')
    expect(others.tries).toBe(50)
    expect(await record()).toMatchObject({ state: 'pending' })
  })

  test('is not tried again where the change is refused', async () => {
    const { order, others } = await unresolved()
    others.writes = 1

    expect((await ending(order.forget(cart))).error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(others.tries).toBe(0)
  })
})

test.each([
  ['an Error', () => new Error('the disk is full')],
  ['a TypeError, as of a network', () => new TypeError('fetch failed')],
  ['no error', () => 'full'],
])('a store that throws %s has failed, and is not asked again', async (_, thrown) => {
  const store = memoryStore()
  let reads = 0
  let fails = false
  const get: RecordStore['get'] = async key => {
    reads += 1
    if (fails) throw thrown() as Error
    return store.get(key)
  }
  const { placeOrder, server, clock } = bench({
    store: { ...store, get },
    retry: { attempts: 1 },
    poll: { deadline: 1 },
  })
  server.script(reset)
  const order = placeOrder()
  await clock.until(ending(order.run(cart)))
  reads = 0
  fails = true
  const { error } = await ending(order.conclude(cart, { outcome: 'executed' }))

  expect(error).toMatchObject({ code: 'store-failed', outcome: 'unknown', cause: thrown() })
  expect(reads).toBe(1)
})
