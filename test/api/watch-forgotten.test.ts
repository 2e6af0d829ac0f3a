import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import type { Cart, OrderData, Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const status: NonNullable<OperationDefinition<Cart, OrderData>['status']> = {
  request: ({ key }) => ({ url: `orders/by-key/${key}` }),
}

/** An operation whose one attempt lost its answer, and its watch, which has looked once. */
async function watched(setup: Setup = {}) {
  const world = bench({ retry: { attempts: 1 }, deadline: 10_000, ...setup })
  world.server.script(reset)
  world.server.always(answer(404))
  const order = world.placeOrder({ status })
  await world.clock.until(ending(order.run(cart)))
  const seen: unknown[] = []
  const stop = order.watch(cart, ({ state, key, phase, outcome, nextLookAt }, end) =>
    seen.push(end?.outcome ?? { state, key, phase, outcome, nextLookAt }),
  )
  await world.clock.advance(100)
  seen.length = 0
  return { ...world, order, seen, stop }
}

const GONE = { state: undefined, key: undefined, phase: 'settled', outcome: 'unknown', nextLookAt: undefined }

describe('an operation that is forgotten while it is watched', () => {
  test('is told at once as one of which nothing is stored any more, and is looked at no more', async () => {
    const { order, seen, clock, server } = await watched()
    const asked = server.requests.length
    await order.forget(cart, { force: true })
    await clock.settle()
    expect(seen).toEqual([GONE])
    await clock.advance(600_000)
    expect(seen).toEqual([GONE])
    expect(server.requests).toHaveLength(asked)
  })

  test('and run again, is told how that ended', async () => {
    const { order, seen, clock, server } = await watched()
    await order.forget(cart, { force: true })
    await clock.settle()
    server.always(answer(201, { order: 2 }))
    await clock.until(order.run(cart))
    await clock.settle()
    expect(seen).toEqual([GONE, 'executed'])
  })

  test('while a look is under way, is told so when that has been given up', async () => {
    const { order, seen, clock, server } = await watched()
    const look = held()
    server.always(look.reply)
    await clock.advance(8_000)
    seen.length = 0
    await order.forget(cart, { force: true })
    look.release(answer(404))
    await clock.settle()
    expect(seen).toEqual([GONE])
  })

  test('by the client of another process, is told so at the next look', async () => {
    const { seen, clock, another } = await watched()
    await another().placeOrder({ status }).forget(cart, { force: true })
    await clock.settle()
    expect(seen).toEqual([])
    await clock.advance(8_000)
    expect(seen).toEqual([GONE])
  })

  test('with all that its user had, by `clear`, is told so too', async () => {
    const { client, seen, clock } = await watched()
    await client.clear({ force: true })
    await clock.settle()
    expect(seen).toEqual([GONE])
  })

  test('tells nothing where nothing was stored in the first place', async () => {
    const { placeOrder, clock } = bench()
    const seen: unknown[] = []
    const order = placeOrder({ status })
    order.watch(cart, snapshot => seen.push(snapshot))
    await clock.advance(1_000)
    await order.forget(cart, { force: true })
    await clock.advance(100_000)
    expect(seen).toEqual([])
  })
})

describe('what a call of this process concludes', () => {
  test('is told at once, without a request', async () => {
    const { order, seen, clock, server } = await watched()
    const asked = server.requests.length
    await order.conclude(cart, { outcome: 'executed', data: { order: 9 } })
    await clock.settle()
    expect(seen).toEqual(['executed'])
    expect(server.requests).toHaveLength(asked)
  })

  test('by its id, and in the name of another client on the same store, too', async () => {
    const store = memoryStore()
    const { client, seen, clock } = await watched({ store })
    const webhook = client.withScope('user-7').operation<Cart, OrderData>({
      name: 'place-order',
      id: ({ id }) => id,
      request: () => ({ method: 'post', url: 'orders' }),
      redefine: true,
    })
    await webhook.byId('cart-42').conclude({ outcome: 'not-executed' })
    await clock.settle()
    expect(seen).toEqual(['not-executed'])
  })
})

describe('a write while the watch', () => {
  /** A store whose next read waits, and that tells of writes. */
  function slowStore() {
    const plain = memoryStore()
    let hold: Promise<unknown> = Promise.resolve()
    const listeners = new Set<() => void>()
    const store = {
      ...plain,
      get: async (key: string) => {
        const found = await plain.get(key)
        await hold
        return found
      },
      watch: (_key: string, listener: () => void) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
    const holdReads = () => {
      let release = () => {}
      hold = new Promise<void>(resolve => (release = resolve))
      return () => {
        hold = Promise.resolve()
        release()
      }
    }
    return { store, plain, holdReads, hint: () => [...listeners].forEach(listener => listener()) }
  }

  test('reads is not lost until the next look', async () => {
    const { store, plain, holdReads, hint } = slowStore()
    const { seen, clock } = await watched({ store })
    const release = holdReads()
    hint()
    await clock.settle()
    // What another tab writes while this one reads.
    const other = bench({ store: plain })
    await other.clock.until(
      other.placeOrder({ status }).conclude(cart, { outcome: 'executed', data: { order: 9 } }),
    )
    hint()
    release()
    await clock.settle()
    expect(seen.at(-1)).toBe('executed')
  })

  test('asks is not lost either', async () => {
    const { store, plain, hint } = slowStore()
    const { seen, clock, server } = await watched({ store })
    const look = held()
    server.always(look.reply)
    await clock.advance(8_000)
    const other = bench({ store: plain })
    await other.clock.until(
      other.placeOrder({ status }).conclude(cart, { outcome: 'executed', data: { order: 9 } }),
    )
    hint()
    look.release(answer(404))
    await clock.settle()
    expect(seen.at(-1)).toBe('executed')
  })
})

describe('somebody who comes back to the page', () => {
  test('has the store listed once for all signals of that', async () => {
    const plain = memoryStore()
    let lists = 0
    const store = {
      ...plain,
      listOpen: (prefix: string) => {
        lists++
        return plain.listOpen(prefix)
      },
    }
    const { client, clock, runner } = await watched({ store })
    client.watch()
    await clock.advance(10_000)
    lists = 0
    for (let signal = 0; signal < 4; signal++) {
      runner.comeBack()
      await clock.advance(20)
    }
    expect(lists).toBe(1)
    await clock.advance(5_000)
    runner.comeBack()
    await clock.settle()
    expect(lists).toBe(2)
  })
})

describe('when another user has logged in', () => {
  test('a listener is told nothing of the first one’s operation, and its end when he is back', async () => {
    let user = 'user-7'
    const { client, seen, clock, runner } = await watched({ scope: () => user })
    user = 'user-8'
    const webhook = client.withScope('user-7').operation<Cart, OrderData>({
      name: 'place-order',
      id: ({ id }) => id,
      request: () => ({ method: 'post', url: 'orders' }),
      redefine: true,
    })
    await webhook.conclude(cart, { outcome: 'executed', data: { order: 9 } })
    await clock.advance(60_000)
    expect(seen).toEqual([])
    user = 'user-7'
    runner.comeBack()
    await clock.advance(4_000)
    expect(seen).toEqual(['executed'])
  })

  test('nor what an open look of his said', async () => {
    let user = 'user-7'
    const { seen, clock, server } = await watched({ scope: () => user })
    const look = held()
    server.always(look.reply)
    await clock.advance(4_000)
    seen.length = 0
    user = 'user-8'
    look.release(answer(404))
    await clock.advance(1_000)
    expect(seen).toEqual([])
  })
})
