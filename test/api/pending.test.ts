import { describe, expect, test } from 'vitest'
import type { TrialClient } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const once = { retry: { attempts: 1 }, poll: { deadline: 1 } } as const

/** Three open operations, one after the other, and one of each settled kind. */
async function five() {
  const world = bench(once)
  const order = world.placeOrder()
  const replies = [reset, answer(202), answer(401), answer(201, { order: 9 }), answer(402)]
  for (const [index, reply] of replies.entries()) {
    world.server.script(reply)
    await world.clock.until(ending(order.run({ id: `cart-${index}` })))
    await world.clock.advance(1_000)
  }
  return { ...world, order }
}

describe('pending lists the open operations of this scope', () => {
  test('oldest first, with what is known of each; settled ones are not there', async () => {
    const { client, clock, server } = await five()
    const sent = server.requests.length

    const pending = await clock.until(client.pending())

    expect(
      pending.map(({ id, name, state, outcome, key, generation }) => [
        id,
        name,
        state,
        outcome,
        key,
        generation,
      ]),
    ).toEqual([
      ['cart-0', 'place-order', 'pending', 'unknown', 'key-1', 1],
      ['cart-1', 'place-order', 'processing', 'unknown', 'key-2', 1],
      ['cart-2', 'place-order', 'pending', 'not-executed', 'key-3', 1],
    ])
    expect(server.requests).toHaveLength(sent)
  })

  test('of this scope only', async () => {
    const { client, clock } = await five()

    expect(await clock.until(client.withScope('user-70').pending())).toEqual([])
    expect(await clock.until(client.withScope('user').pending())).toEqual([])
    expect(await clock.until(client.withScope('user-7').pending())).toHaveLength(3)
  })

  test('nothing open is an empty list', async () => {
    const { client, clock } = bench()

    expect(await clock.until(client.pending())).toEqual([])
  })

  test('each can be settled', async () => {
    const { clock, server, another } = await five()
    const later = another()
    later.placeOrder({ status: { request: ({ id }) => ({ url: `orders/${String(id)}` }) } })
    const [first] = await clock.until(later.client.pending())
    server.script(answer(200, { order: 9 }))

    expect(await clock.until(first!.settle())).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests.at(-1)).toMatchObject({
      method: 'GET',
      url: 'https://shop.test/api/orders/cart-0',
    })
    expect(await clock.until(later.client.pending())).toHaveLength(2)
  })

  test('each can be concluded', async () => {
    const { client, clock, order } = await five()
    const [first] = await clock.until(client.pending())
    await clock.until(first!.conclude({ outcome: 'executed', data: { order: 9 } }))

    expect(await clock.until(order.run({ id: 'cart-0' }))).toEqual({ order: 9 })
  })

  test('each can be forgotten, by force', async () => {
    const { client, clock } = await five()
    const [first] = await clock.until(client.pending())

    expect((await clock.until(ending(first!.forget()))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
    })
    await clock.until(first!.forget({ force: true }))
    expect(await clock.until(client.pending())).toHaveLength(2)
  })

  test('a run that is live is listed too', async () => {
    const { client, placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const run = placeOrder().start(cart)
    await clock.settle()

    expect(await clock.until(client.pending())).toMatchObject([
      { id: 'cart-42', phase: 'sending', outcome: 'unknown' },
    ])
    first.release(answer(201, { order: 9 }))
    await clock.until(run.settled)
  })

  test('a store that cannot list rejects as store-failed, with an event', async () => {
    const { client, store, clock, events } = bench()
    store.listOpen = () => {
      throw new Error('locked')
    }

    expect((await clock.until(ending(client.pending()))).error).toMatchObject({
      code: 'store-failed',
      outcome: 'unknown',
    })
    expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', doing: 'list' }))
  })
})

describe('records without a definition', () => {
  const unregistered = async (): Promise<TrialClient & Awaited<ReturnType<typeof five>>> => {
    const world = await five()
    return { ...world, ...world.another(once) }
  }

  test('are listed with their names', async () => {
    const { client, clock } = await unregistered()

    expect((await clock.until(client.pending())).map(({ id, name }) => [id, name])).toEqual([
      ['cart-0', 'place-order'],
      ['cart-1', 'place-order'],
      ['cart-2', 'place-order'],
    ])
  })

  test('are never sent: settling one asks only where the server itself said', async () => {
    const { client, clock, server } = await unregistered()
    const [first] = await clock.until(client.pending())
    const sent = server.requests.length

    expect(await clock.until(first!.settle())).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(sent)
  })

  test('can be concluded and forgotten', async () => {
    const { client, clock, order } = await unregistered()
    const [first, second] = await clock.until(client.pending())
    await clock.until(first!.conclude({ outcome: 'executed', data: { order: 9 } }))
    await clock.until(second!.forget({ force: true }))

    expect(await clock.until(order.run({ id: 'cart-0' }))).toEqual({ order: 9 })
    expect(await clock.until(client.pending())).toHaveLength(1)
  })
})

describe('a record that cannot be understood', () => {
  const corrupt = async () => {
    const world = bench(once)
    world.server.script(reset)
    await world.clock.until(ending(world.placeOrder().run(cart)))
    await world.overwrite('{"v":1,"scope":"user-7"}')
    const [listed] = await world.clock.until(world.client.pending())
    return { ...world, listed: listed! }
  }

  test('is listed, so that somebody looks', async () => {
    const { listed } = await corrupt()

    expect(listed).toMatchObject({
      id: 'so1/user-7/place-order/%5C%22cart-42%5C%22',
      name: '',
      outcome: 'unknown',
      error: { code: 'store-corrupt', outcome: 'unknown' },
    })
  })

  test('settles as unknown and cannot be concluded', async () => {
    const { listed, clock, record } = await corrupt()

    expect(await clock.until(listed.settle())).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-corrupt' },
    })
    expect((await clock.until(ending(listed.conclude({ outcome: 'executed' })))).error).toMatchObject({
      code: 'store-corrupt',
    })
    expect(await record()).toEqual({ v: 1, scope: 'user-7' })
  })

  test('is forgotten by force, and not otherwise', async () => {
    const { listed, clock, client, record } = await corrupt()

    expect((await clock.until(ending(listed.forget()))).error).toMatchObject({ code: 'store-corrupt' })
    expect(await record()).toEqual({ v: 1, scope: 'user-7' })
    await clock.until(listed.forget({ force: true }))
    expect(await clock.until(client.pending())).toEqual([])
  })

  test('does not hide the others', async () => {
    const { placeOrder, client, server, clock } = await corrupt()
    server.script(reset)
    await clock.until(ending(placeOrder({ redefine: true }).run({ id: 'cart-43' })))

    expect((await clock.until(client.pending())).map(({ error, id }) => error?.code ?? id)).toEqual([
      'store-corrupt',
      'cart-43',
    ])
  })
})
