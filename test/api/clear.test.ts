import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

describe('clear', () => {
  test('settled records go, and their results with them', async () => {
    const { client, placeOrder, server, clock, records } = bench()
    server.script(answer(201, { order: 9 }), answer(402))
    const order = placeOrder()
    await clock.until(order.run(cart))
    await clock.until(ending(order.run({ id: 'cart-43' })))
    await clock.until(client.clear())

    expect(await records()).toEqual([])
  })

  test('open ones shrink to key, target and times, and go on under the same key', async () => {
    const { client, placeOrder, server, clock, record } = bench({
      retry: { attempts: 1 },
      poll: { deadline: 1 },
    })
    server.script(answer(202, undefined, { location: '/api/orders/9/status' }))
    const order = placeOrder({ persist: 'request', keepHeaders: ['x-own'] })
    await clock.until(ending(order.run(cart)))
    expect(await record()).toMatchObject({ request: { url: 'https://shop.test/api/orders' } })
    await clock.until(client.clear())

    const shrunk = await record()
    expect(shrunk).toMatchObject({
      key: 'key-1',
      target: { method: 'POST', origin: 'https://shop.test', path: '/api/orders' },
      firstSentAt: 1_800_000_000_000,
      state: 'processing',
    })
    expect(shrunk).not.toHaveProperty('request')
    expect(shrunk).not.toHaveProperty('statusUrl')
    server.script(answer(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('other scopes are left alone', async () => {
    const { client, placeOrder, server, clock, records } = bench()
    server.always(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))
    await clock.until(client.withScope('user-70').clear({ force: true }))
    await clock.until(client.withScope('user').clear({ force: true }))

    expect(await records()).toHaveLength(1)
  })

  test('with force everything goes, what cannot be understood too', async () => {
    const { client, placeOrder, server, clock, records, overwrite } = bench({ retry: { attempts: 1 } })
    server.always(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await overwrite('nonsense')
    await clock.until(ending(order.run({ id: 'cart-43' })))
    await clock.until(client.clear({ force: true }))

    expect(await records()).toEqual([])
  })

  test('without force what cannot be understood stays', async () => {
    const { client, placeOrder, server, clock, record, overwrite } = bench({ retry: { attempts: 1 } })
    server.always(reset)
    await clock.until(ending(placeOrder().run(cart)))
    await overwrite('{"v":1}')
    await clock.until(client.clear())

    expect(await record()).toEqual({ v: 1 })
  })

  test('with force a live run ends as forgotten, and sends nothing more', async () => {
    const { client, placeOrder, server, clock, records } = bench({ retry: { backoff: { base: 8_000 } } })
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    await clock.advance(100)
    await clock.until(client.clear({ force: true }))

    expect((await clock.until(running)).error).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      key: 'key-1',
    })
    expect(clock.elapsed()).toBe(100)
    expect(server.requests).toHaveLength(1)
    expect(await records()).toEqual([])
  })

  test('without force a live run goes on, and its success is kept', async () => {
    const { client, placeOrder, server, clock, record } = bench()
    const first = held()
    server.script(first.reply)
    const running = placeOrder({ persist: 'request' }).run(cart)
    await clock.settle()
    await clock.until(client.clear())
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
    expect(server.requests).toHaveLength(1)
  })

  test('a store that cannot list what is settled is a configuration error', async () => {
    const store = memoryStore()
    delete store.listSettled
    const { client, clock } = bench({ store })

    expect((await clock.until(ending(client.clear()))).error).toMatchObject({
      code: 'configuration',
      message:
        'store.listSettled: is needed by `clear`: give the store this method, or `forget` each operation',
    })
  })

  test('a store that fails rejects as store-failed', async () => {
    const { client, placeOrder, store, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))
    store.delete = () => Promise.reject(new Error('read-only'))

    expect((await clock.until(ending(client.clear()))).error).toMatchObject({ code: 'store-failed' })
  })

  /** So many settled records, and a store that counts what is deleted at once. */
  async function many(count: number, own = memoryStore()) {
    const world = bench({ store: own })
    const { store, placeOrder, server, clock } = world
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    for (let at = 0; at < count; at += 1) await clock.until(order.run({ id: `cart-${at}` }))
    const counts = { now: 0, most: 0 }
    const plain = store.delete.bind(store)
    const failing = new Set<string>()
    store.delete = async (key, options) => {
      counts.now += 1
      counts.most = Math.max(counts.most, counts.now)
      await Promise.resolve()
      counts.now -= 1
      if ([...failing].some(id => key.includes(id))) throw new Error('read-only')
      return plain(key, options)
    }
    return { ...world, counts, failing }
  }

  test('many go at once, so that a store can bring them to the disk together, and not too many', async () => {
    const { client, clock, counts, records } = await many(150)
    await clock.until(client.clear())

    expect(await records()).toEqual([])
    expect(counts.most).toBe(64)
  })

  test('one that cannot go is told once the others have gone with which it went', async () => {
    const { client, clock, counts, failing, records } = await many(20)
    failing.add('cart-3%').add('cart-7%')

    expect((await clock.until(ending(client.clear()))).error).toMatchObject({ code: 'store-failed' })
    expect(counts.now).toBe(0)
    expect(await records()).toMatchObject([{ id: 'cart-3' }, { id: 'cart-7' }])
  })

  test('what was listed before the listing failed is gone', async () => {
    const own = memoryStore()
    const listSettled = own.listSettled!.bind(own)
    let most = 3
    own.listSettled = async function* (prefix) {
      let listed = 0
      for await (const record of listSettled(prefix)) {
        if (listed === most) throw new Error('read-only')
        listed += 1
        yield record
      }
    }
    const { client, clock, records } = await many(5, own)

    expect((await clock.until(ending(client.clear()))).error).toMatchObject({ code: 'store-failed' })
    most = Infinity
    expect(await records()).toHaveLength(2)
  })
})
