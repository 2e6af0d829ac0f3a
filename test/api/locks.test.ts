import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, cart, ending, type Bench, type Setup } from './bench/bench.ts'
import { answer, held, reset, silence } from './bench/scripted-server.ts'
import { sharedLocks, type SharedLocks } from './bench/shared-locks.ts'

function lockingBench(setup: Setup = {}): Bench & { readonly locks: SharedLocks } {
  const locks = sharedLocks(memoryStore())
  return { ...bench({ ...setup, store: locks.store }), locks }
}

describe('where the store has locks', () => {
  test('a holder whose lock comes free is gone: the one that waits goes on at once, under the same key', async () => {
    const { placeOrder, runner, server, clock, another, locks } = lockingBench()
    server.script(silence, answer(201, { order: 9 }))
    void placeOrder()
      .run(cart)
      .catch(() => {})
    await clock.settle()
    const there = another()
    const waiting = there.placeOrder().run(cart)
    await clock.advance(5_000)
    expect(server.requests).toHaveLength(1)

    const diedAt = clock.elapsed()
    runner.freeze()
    locks.free('runner/runner-1')

    expect(await clock.until(waiting)).toEqual({ order: 9 })
    expect(clock.elapsed() - diedAt).toBe(0)
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
    expect(there.events.find(({ type }) => type === 'taken-over')).toMatchObject({ from: 'runner-1' })
  })

  test('who comes after the holder has died does not wait for its lease', async () => {
    const { placeOrder, runner, server, clock, another, locks } = lockingBench()
    server.script(silence, answer(201, { order: 9 }))
    void placeOrder()
      .run(cart)
      .catch(() => {})
    await clock.settle()
    runner.freeze()
    locks.free('runner/runner-1')

    expect(await clock.until(another().placeOrder().run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBe(0)
  })

  test('a holder that keeps its lock, and does nothing, loses the operation with its lease', async () => {
    const { placeOrder, runner, server, clock, another } = lockingBench({ timeout: 30_000 })
    server.script(silence, answer(201, { order: 9 }))
    void placeOrder()
      .run(cart)
      .catch(() => {})
    await clock.settle()
    runner.freeze()

    expect(await clock.until(another().placeOrder().run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBeGreaterThanOrEqual(60_000)
    expect(clock.elapsed()).toBeLessThan(61_000)
  })

  test('waiting for a lock ends with the deadline, and leaves no request for it behind', async () => {
    const { placeOrder, runner, server, clock, another, locks } = lockingBench()
    server.script(silence)
    void placeOrder()
      .run(cart)
      .catch(() => {})
    await clock.settle()
    runner.freeze()

    const { error } = await clock.until(ending(another({ deadline: 10_000 }).placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(clock.elapsed()).toBe(10_000)
    expect(locks.waiting()).toBe(0)
  })

  test('a runner holds its lock for as long as it has runs', async () => {
    const { placeOrder, server, clock, locks } = lockingBench()
    const [first, second] = [held(), held()]
    server.script(first.reply, second.reply)
    const place = placeOrder()
    const runs = [place.run(cart), place.run({ id: 'cart-43' })]
    await clock.settle()
    expect(locks.held()).toEqual(['runner/runner-1'])
    first.release(answer(201, { order: 9 }))
    await clock.until(runs[0]!)
    expect(locks.held()).toEqual(['runner/runner-1'])
    second.release(answer(201, { order: 10 }))
    await clock.until(Promise.all(runs))
    await clock.settle()
    expect(locks.held()).toEqual([])
    server.script(answer(201, { order: 11 }))
    await clock.until(place.run({ id: 'cart-44' }))
    expect(locks.waiting()).toBe(0)
  })

  test('a runner that comes back to work does not lose what it holds because its lock was free before', async () => {
    const { placeOrder, server, clock, another } = lockingBench()
    server.script(answer(201, { order: 8 }))
    const place = placeOrder()
    await clock.until(place.run({ id: 'cart-1' }))
    const again = held()
    server.script(again.reply)
    const holding = place.run(cart)
    await clock.settle()
    const waiting = another().placeOrder().run(cart)
    await clock.advance(20_000)
    expect(server.requests).toHaveLength(2)
    again.release(answer(201, { order: 9 }))
    expect(await clock.until(Promise.all([holding, waiting]))).toEqual([{ order: 9 }, { order: 9 }])
  })

  test('where the browser refuses locks the lease decides', async () => {
    const { placeOrder, runner, server, clock, another, locks } = lockingBench({ timeout: 30_000 })
    locks.refuse()
    server.script(silence, answer(201, { order: 9 }))
    void placeOrder()
      .run(cart)
      .catch(() => {})
    await clock.settle()
    runner.freeze()
    // Whoever may have locks learns nothing of a holder that had none.
    locks.grant()
    expect(await clock.until(another().placeOrder().run(cart))).toEqual({ order: 9 })
    expect(clock.elapsed()).toBeGreaterThanOrEqual(60_000)
  })

  test('resume goes on with what a dead holder left, and leaves alone what a living one holds', async () => {
    const { placeOrder, runner, server, clock, another, locks } = lockingBench()
    server.script(silence, answer(201, { order: 9 }))
    void placeOrder({ persist: 'request' })
      .run(cart)
      .catch(() => {})
    await clock.settle()
    const there = another()
    there.placeOrder({ persist: 'request' })
    expect(await clock.until(there.client.resume({ send: true }))).toMatchObject([{ outcome: 'skipped' }])
    runner.freeze()
    locks.free('runner/runner-1')
    expect(await clock.until(there.client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
    expect(locks.waiting()).toBe(0)
  })
})

describe('where the store tells of writes', () => {
  test('the one that waits looks at once when the other has written', async () => {
    const { placeOrder, server, clock, another } = lockingBench()
    const first = held()
    server.script(first.reply)
    const holding = placeOrder().run(cart)
    await clock.settle()
    const waiting = another().placeOrder().run(cart)
    await clock.advance(5_100)
    first.release(answer(201, { order: 9 }))
    expect(await clock.until(Promise.all([holding, waiting]))).toEqual([{ order: 9 }, { order: 9 }])
    expect(clock.elapsed()).toBe(5_100)
  })

  test('the one that waits shows what the other has done by its first look', async () => {
    const { placeOrder, server, clock, another } = lockingBench()
    const only = held()
    server.script(only.reply)
    const holding = placeOrder().run(cart)
    await clock.settle()
    const run = another().placeOrder().start(cart)
    expect(run.snapshot).toMatchObject({ phase: 'claiming', attempts: 0 })
    await clock.settle()
    expect(run.snapshot).toMatchObject({ phase: 'claiming', attempts: 1, state: 'pending', key: 'key-1' })
    only.release(answer(201, { order: 9 }))
    await clock.until(Promise.all([holding, run.settled]))
  })

  test('the one that waits shows the other’s attempts as they are written', async () => {
    const { placeOrder, server, clock, another } = lockingBench({ retry: { backoff: { base: 8_000 } } })
    const last = held()
    server.script(reset, last.reply)
    const holding = placeOrder().run(cart)
    await clock.settle()
    const run = another().placeOrder().start(cart)
    // The second attempt is made after 4 s; by looking alone it would be seen at 4,550.
    await clock.advance(4_000)
    expect(run.snapshot).toMatchObject({ phase: 'claiming', attempts: 2 })
    last.release(answer(201, { order: 9 }))
    await clock.until(Promise.all([holding, run.settled]))
  })
})
