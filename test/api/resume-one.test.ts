import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const status: NonNullable<OperationDefinition<Cart, OrderData>['status']> = {
  request: ({ key }) => ({ url: `orders/by-key/${key}` }),
}

/** A world in which one attempt was made, and its process has gone. */
async function after(reply: Reply, changes: Partial<OperationDefinition<Cart, OrderData>> = {}) {
  const world = bench({ retry: { attempts: 1 } })
  world.server.script(reply)
  await world.clock.until(ending(world.placeOrder({ ...changes, deadline: 100 }).run(cart)))
  const later = world.another()
  return { ...world, ...later, order: later.placeOrder(changes) }
}

describe('resume of one operation', () => {
  test('gives nothing where nothing is stored, or what was stored is forgotten', async () => {
    const { placeOrder, server, clock } = bench()
    const order = placeOrder()
    expect(await clock.until(order.resume(cart, { send: true }))).toBeUndefined()

    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    await order.forget(cart)
    expect(await clock.until(order.resume(cart, { send: true }))).toBeUndefined()
    expect(server.requests).toHaveLength(1)
  })

  test('gives what is settled again, without a request', async () => {
    const { order, server, clock } = await after(answer(201, { order: 9 }))
    const run = await clock.until(order.resume(cart))

    expect(await clock.until(run!.settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(run!.snapshot).toMatchObject({
      phase: 'settled',
      outcome: 'executed',
      replayed: true,
      attempts: 1,
    })
    expect(server.requests).toHaveLength(1)
  })

  test('gives a proven failure, and begins no new generation', async () => {
    const { order, server, clock } = await after(answer(402, { title: 'No money' }))
    const run = await clock.until(order.resume(cart, { send: true }))

    expect(await clock.until(run!.settled)).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected', generation: 1 },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('asks, and never sends without being told to', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.script(answer(200, { order: 3 }))
    const run = await clock.until(order.resume(cart))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'executed', data: { order: 3 } })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('ends as unknown where nobody can be asked', async () => {
    const { order, server, clock } = await after(reset)
    const run = await clock.until(order.resume(cart))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('sends under the same key where it is told to', async () => {
    const { order, server, clock } = await after(reset)
    server.script(answer(201, { order: 4 }))
    const run = await clock.until(order.resume(cart, { send: true }))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'executed', data: { order: 4 } })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('does not send what is older than validFor', async () => {
    const { order, server, clock } = await after(reset)
    await clock.advance(15 * 60_000 + 1)
    const run = await clock.until(order.resume(cart, { send: true }))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('does not send another payload, and asks instead of refusing', async () => {
    const { order, server, clock } = await after(reset, { status })
    server.script(answer(200, { order: 5 }))
    const run = await clock.until(order.resume({ ...cart, total: 1 }, { send: true }))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'executed', data: { order: 5 } })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('does not send what a caller was told had not happened', async () => {
    const { order, server, clock } = await after(answer(429))
    const run = await clock.until(order.resume(cart, { send: true }))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'not-executed' })
    expect(server.requests).toHaveLength(1)
  })

  test('shows what is stored while another runner holds it', async () => {
    const { placeOrder, server, clock, another } = bench()
    const hold = held()
    server.script(hold.reply)
    const first = placeOrder().start(cart)
    await clock.settle()
    const run = await another().placeOrder().resume(cart)
    await clock.settle()

    expect(run?.snapshot).toMatchObject({ phase: 'claiming', state: 'pending', attempts: 1, key: 'key-1' })
    hold.release(answer(201, { order: 6 }))
    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'executed', data: { order: 6 } })
    expect(await clock.until(first.settled)).toMatchObject({ outcome: 'executed' })
    expect(server.requests).toHaveLength(1)
  })

  test('follows the run of a call that takes the operation over, and shows no end in between', async () => {
    const { order, server, clock } = await after(answer(202, undefined, { location: '/api/op/1' }), {
      deadline: 120_000,
      poll: { deadline: 600_000 },
    })
    server.always(answer(202))
    const run = await order.resume(cart)
    const seen: string[] = []
    run?.subscribe(() => seen.push(`${run.snapshot.phase} ${run.snapshot.outcome}`))
    await clock.settle()
    const called = order.start(cart)
    server.always(answer(200, { order: 7 }))

    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'executed' })
    expect(await clock.until(called.settled)).toMatchObject({ outcome: 'executed' })
    expect(seen.filter(line => line.startsWith('settled'))).toEqual(['settled executed'])
  })

  test('does not send on what its caller aborted', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(503))
    const order = placeOrder()
    const abort = new AbortController()
    const first = order.start(cart, { signal: abort.signal })
    await clock.settle()
    const run = await order.resume(cart, { send: true })
    abort.abort()

    expect(await clock.until(first.settled)).toMatchObject({ error: { code: 'aborted' } })
    expect(await clock.until(run!.settled)).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('by its id it sends what is stored, and nothing else', async () => {
    const kept = await after(reset, { persist: 'request' })
    kept.server.script(answer(201, { order: 8 }))
    const run = await kept.clock.until(kept.order.byId('cart-42').resume({ send: true }))
    expect(await kept.clock.until(run!.settled)).toMatchObject({ outcome: 'executed', data: { order: 8 } })

    const bare = await after(reset)
    const asked = await bare.clock.until(bare.order.byId('cart-42').resume({ send: true }))
    expect(await bare.clock.until(asked!.settled)).toMatchObject({ outcome: 'unknown' })
    expect(bare.server.requests).toHaveLength(1)
  })
})

test('what client.resume was about to send, and was told of as not executed meanwhile, is not begun anew', async () => {
  const { client, order, another, server, clock, runner } = await after(reset, { persist: 'request' })
  runner.freezeAt('before-get')
  const resumed = client.resume({ send: true })
  await clock.settle()
  await another().placeOrder().conclude(cart, { outcome: 'not-executed' })
  await runner.thaw()

  expect(await clock.until(resumed)).toMatchObject([{ outcome: 'not-executed', code: 'rejected' }])
  expect(await order.inspect(cart)).toMatchObject({ state: 'failed', generation: 1 })
  expect(server.requests).toHaveLength(1)
})
