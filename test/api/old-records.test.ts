import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer } from './bench/scripted-server.ts'
import records from './fixtures/records-0.1.0.json' with { type: 'json' }

/* Records that 0.1.0 wrote (commit f4b903b), as they lie in stores: they are read, gone on with, and never lost. */

type Name = keyof typeof records

async function found(name: Name) {
  const world = bench({ account: 'acct_A', retry: { attempts: 1 } })
  const { key, value, open } = records[name]
  await world.store.set(key, value, { expected: null, open })
  return world
}

const open: readonly Name[] = ['pending', 'pending with a server date', 'processing', 'with its request']

describe.each(open)('a record of 0.1.0, %s', name => {
  test('is told, sent again under its key, and settled', async () => {
    const { placeOrder, client, clock, server, record } = await found(name)
    const order = placeOrder()
    expect(await order.inspect(cart)).toMatchObject({ key: 'key-1', outcome: 'unknown', generation: 1 })
    expect(await client.pending()).toMatchObject([{ id: 'cart-42', key: 'key-1' }])
    server.always(answer(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.every(({ key, method }) => method === 'GET' || key === 'key-1')).toBe(true)
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
  })

  test('grows old as before', async () => {
    const { placeOrder, clock, server } = await found(name)
    const order = placeOrder()
    server.always(answer(503))
    await clock.advance(77_760_000)
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: name === 'processing' ? 'unresolved' : 'key-expired',
      outcome: 'unknown',
    })
    expect(server.requests.filter(({ method }) => method === 'POST')).toEqual([])
  })
})

test('a record of 0.1.0 whose attempt never left is sent under its key', async () => {
  const { placeOrder, clock, server } = await found('pending, never sent')
  const order = placeOrder()
  expect(await order.inspect(cart)).toMatchObject({ key: 'key-1', outcome: 'not-executed' })
  server.script(answer(201, { order: 9 }))
  expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  expect(server.requests.map(({ key }) => key)).toEqual(['key-1'])
})

test('a record of 0.1.0 with its request is resumed as it was begun', async () => {
  const { placeOrder, client, clock, server } = await found('with its request')
  placeOrder({ persist: 'request', keepHeaders: ['if-match'] })
  server.script(answer(201, { order: 9 }))
  expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
  expect(server.requests).toMatchObject([
    { key: 'key-1', body: '{"id":"cart-42","total":990}', headers: { 'if-match': '"v1"' } },
  ])
})

test('a record of 0.1.0 with a lease waits for its holder, then counts the attempt in flight as a doubt', async () => {
  const { placeOrder, clock, server, record } = await found('with a lease, in flight')
  server.script(answer(503))
  expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({ outcome: 'unknown' })
  expect(await record()).toMatchObject({ key: 'key-1', attempts: 2, sent: 2 })
  expect(server.requests.map(({ key }) => key)).toEqual(['key-1'])
})

test('a success of 0.1.0 is given again without a request', async () => {
  const { placeOrder, clock, server, record } = await found('succeeded')
  expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
  expect(server.requests).toEqual([])
  expect(JSON.stringify(await record())).toBe(records.succeeded.value)
})

test('after a failure of 0.1.0 the next call begins the next generation', async () => {
  const { placeOrder, clock, server } = await found('failed')
  const order = placeOrder()
  expect(await order.settle(cart)).toMatchObject({ outcome: 'not-executed', error: { code: 'rejected' } })
  server.script(answer(201, { order: 9 }))
  expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  expect(await order.inspect(cart)).toMatchObject({ generation: 2 })
})
