import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, refusedConnection, reset } from './bench/scripted-server.ts'

/* What a run says of its operation when the record is dropped under it, and another call begins in its place. */

const sealable = { cancel: { request: ({ key }: { key: string }) => ({ method: 'delete', url: key }) } }

describe('generations that follow each other by proof are one line', () => {
  test('who waits through three of them is told the last refusal, as its own', async () => {
    const { placeOrder, server, clock, another, record } = bench()
    const replies = [held(), held(), held()]
    server.script(...replies.map(({ reply }) => reply))
    const order = placeOrder()
    const declined = async (turn: number) => {
      const call = ending(order.run(cart))
      await clock.settle()
      if (turn === 0) await clock.advance(4_600)
      replies[turn]!.release(answer(402, { turn }))
      await clock.settle()
      return call
    }
    const first = declined(0)
    await clock.settle()
    // It looks at 4,550 and at 5,550 ms: all three are over between.
    const waiting = ending(another().placeOrder().run(cart))
    await first
    await declined(1)
    await declined(2)

    expect((await clock.until(waiting)).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
      key: 'key-3',
      generation: 3,
    })
    expect(await record()).toMatchObject({ key: 'key-3', line: 'key-1' })
  })

  test('what comes after a forget is another line', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.always(answer(402))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.until(order.forget(cart))
    await clock.until(ending(order.run(cart)))

    expect(await record()).toMatchObject({ key: 'key-2', generation: 2 })
    expect(await record()).not.toHaveProperty('line')
  })
})

describe('a run whose record was dropped tells nothing of what came in its place', () => {
  test('a refusal', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset, answer(402))
    const running = ending(placeOrder().run(cart))
    await clock.advance(100)
    const other = another().placeOrder()
    await clock.until(other.forget(cart, { force: true }))
    await clock.until(ending(other.run(cart)))

    expect((await clock.until(running)).error).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      key: 'key-1',
    })
  })

  test('a seal that it finds when it claims, and a store that fails then', async () => {
    const { placeOrder, server, store, clock, another } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(placeOrder(sealable).run(cart)))
    const other = another()
    const set = store.set.bind(store)
    const get = store.get.bind(store)
    store.set = async (...given) => {
      store.set = set
      await other.client.clear({ force: true })
      await other.placeOrder(sealable).cancel(cart)
      const version = await set(...given)
      // The look that follows the lost claim tells of the seal; the next one fails.
      let looks = 0
      store.get = place => (looks++ === 0 ? get(place) : Promise.reject(new Error('down')))
      return version
    }

    expect((await clock.until(ending(another().placeOrder(sealable).run(cart)))).error).toMatchObject({
      code: 'store-failed',
      outcome: 'unknown',
      key: 'key-1',
    })
  })
})

describe('a run that lost hold of what it had not sent, because it slept', () => {
  const asleep = async () => {
    const world = bench({ retry: { backoff: { base: 30_000, cap: 30_000 } }, deadline: 60_000 })
    world.server.script(refusedConnection, answer(201, { order: 9 }))
    const running = ending(world.placeOrder().run(cart))
    await world.clock.advance(100)
    world.runner.freeze()
    await world.clock.advance(120_000)
    return { ...world, running, other: world.another() }
  }

  test('was executed by another, and cleared: it says that it does not know', async () => {
    const { runner, clock, other, running, server } = await asleep()
    expect(await clock.until(other.placeOrder().run(cart))).toEqual({ order: 9 })
    await clock.until(other.client.clear())
    await runner.thaw()

    expect((await clock.until(running)).error).toMatchObject({ code: 'forgotten', outcome: 'unknown' })
    expect(new Set(server.requests.map(({ key }) => key))).toEqual(new Set(['key-1']))
  })
})

describe('a store that is slow to say what it did', () => {
  test('a release: another run executed it meanwhile', async () => {
    const { placeOrder, server, store, clock, another } = bench({ retry: { attempts: 1 } })
    server.script(refusedConnection, answer(201, { order: 9 }))
    const set = store.set.bind(store)
    let writes = 0
    store.set = async (...given) => {
      const version = await set(...given)
      if (++writes === 2) await new Promise<void>(resolve => clock.after(3_000, resolve))
      return version
    }
    const running = ending(placeOrder().run(cart))
    await clock.advance(500)
    const other = another()
    expect(await clock.until(other.placeOrder().run(cart))).toEqual({ order: 9 })
    await clock.until(other.client.clear())

    expect((await clock.until(running)).error).toMatchObject({ code: 'forgotten', outcome: 'unknown' })
  })

  test('a refusal, at the second try: it is stored, so it is told', async () => {
    const { placeOrder, server, store, clock, record } = bench()
    server.script(answer(402))
    const set = store.set.bind(store)
    const get = store.get.bind(store)
    const late = <Value>(value: Value) =>
      new Promise<Value>(resolve => clock.after(1_500, () => resolve(value)))
    let writes = 0
    store.set = async (...given) => {
      if (++writes !== 2) return set(...given)
      store.get = async place => late(await get(place))
      throw new Error('not now')
    }

    const { error } = await clock.until(ending(placeOrder({ persist: 'request' }).run(cart)))
    store.get = get
    expect(error).toMatchObject({ code: 'rejected', outcome: 'not-executed' })
    expect(await record()).toMatchObject({ state: 'failed' })
  })

  test('a write that fails at once, long after the last word: nobody else could have it', async () => {
    const { placeOrder, server, store, clock } = bench({ retry: { backoff: { base: 4_000 } } })
    server.script(refusedConnection)
    const running = ending(placeOrder().run(cart))
    await clock.advance(500)
    const set = store.set.bind(store)
    const get = store.get.bind(store)
    store.set = () => {
      store.set = set
      store.get = () => {
        store.get = get
        return Promise.reject(new Error('down'))
      }
      return Promise.reject(new Error('down'))
    }

    expect((await clock.until(running)).error).toMatchObject({
      code: 'store-failed',
      outcome: 'not-executed',
    })
  })
})
