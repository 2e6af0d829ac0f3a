import { describe, expect, test } from 'vitest'
import type { Settled } from '../../src/client/settled.ts'
import type { Cart, OrderData } from '../api/bench/bench.ts'
import { cart, ending, orderDefinition } from '../api/bench/bench.ts'
import type { Reply } from '../api/bench/scripted-server.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'
import type { Setup } from '../api/bench/bench.ts'
import { hook, shop } from './hook.ts'

const STATUS = { request: ({ key }: { readonly key: string }) => ({ url: `orders/by-key/${key}` }) }

/** A shop whose first answer is lost, and that can be asked; it says nothing yet. */
function doubtfulShop(setup: Setup = {}) {
  const world = shop({ retry: { attempts: 1 }, deadline: 10_000, ...setup })
  const order = world.placeOrder({ redefine: true, status: STATUS, persist: 'request' })
  const methods = () => world.server.requests.map(({ method }) => method)
  world.server.script(reset)
  world.server.always(notFound)
  return { ...world, order, methods }
}

const notFound: Reply = answer(404, { title: 'No such order' })

const lookedUp: Reply = answer(200, { order: 9 })

describe('an end that is unknown', () => {
  test('is asked about while it is shown, says when it is looked at next, and is told as resolved once', async () => {
    const { order, server, clock, methods } = doubtfulShop()
    const { store, view, told, shown } = hook(order)
    const { error } = await clock.until(ending(store.mutateAsync(cart)))
    expect(error).toMatchObject({ outcome: 'unknown' })
    await clock.advance(60_000)
    expect(view()).toMatchObject({ status: 'unknown', reason: 'unreachable', outcome: 'unknown' })
    expect(view().retryAt).toBeGreaterThan(1_800_000_000_000 + clock.elapsed())

    server.always(lookedUp)
    await clock.advance(40_000)
    expect(view()).toMatchObject({ status: 'success', data: { order: 9 }, error: null, attempts: 1 })
    expect(told).toEqual(['hook unknown', 'hook settled', 'hook resolved executed'])
    expect(methods().filter(method => method === 'POST')).toHaveLength(1)
    // While it is asked, the page says unknown, not pending.
    const statuses = shown.filter((status, at) => status !== shown[at - 1])
    expect(statuses).toEqual(['pending', 'unknown', 'success'])

    const asked = methods().length
    await clock.advance(600_000)
    expect(methods()).toHaveLength(asked)
    expect(told).toHaveLength(3)
  })

  test('with pauses of at most half a minute', async () => {
    const { order, server, clock } = doubtfulShop()
    const { store } = hook(order)
    await clock.until(ending(store.mutateAsync(cart)))
    await clock.advance(600_000)
    const late = server.requests.filter(({ at }) => at > 300_000).map(({ at }) => at)
    const pauses = late.slice(1).map((at, index) => at - (late[index] ?? 0))
    expect(pauses.length).toBeGreaterThan(5)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(45_000)
  })

  test('is asked about for all components at once, and no more when the last one has gone', async () => {
    const { order, server, clock, methods } = doubtfulShop()
    const hooks = [hook(order), hook(order, { restore: cart }), hook(order, { restore: cart })]
    await clock.until(ending(hooks[0]!.store.mutateAsync(cart)))
    await clock.advance(60_000)
    expect(new Set(hooks.map(({ view }) => view().retryAt)).size).toBe(1)

    hooks[0]!.end()
    hooks[1]!.end()
    const before = methods().length
    await clock.advance(60_000)
    expect(methods().length).toBeGreaterThan(before)
    hooks[2]!.end()
    await clock.advance(20_000)
    const left = methods().length
    server.always(lookedUp)
    await clock.advance(600_000)
    expect(methods()).toHaveLength(left)
  })

  test('is sent again only where it is restored with `send`', async () => {
    const { order, server, clock, methods } = doubtfulShop()
    const { store, view, commit, told } = hook(order, { restore: cart })
    await clock.until(ending(store.mutateAsync(cart)))
    await clock.advance(120_000)
    expect(methods().filter(method => method === 'POST')).toHaveLength(1)

    const paid = answer(201, { order: 2 })
    server.always(request => (request.method === 'POST' ? paid : notFound)(request))
    commit({ restore: cart, send: true })
    await clock.advance(60_000)
    expect(view()).toMatchObject({ status: 'success', data: { order: 2 }, attempts: 2 })
    expect(told).toEqual(['hook unknown', 'hook settled', 'hook resolved executed'])
  })

  test('that was restored is looked into as well, and tells nothing', async () => {
    const { order, server, clock, another } = doubtfulShop()
    await clock.until(ending(order.run(cart)))
    const { view, told } = hook(another({ deadline: 10_000 }).placeOrder({ status: STATUS }), {
      restore: cart,
    })
    await clock.advance(30_000)
    expect(view().status).toBe('unknown')
    server.always(lookedUp)
    await clock.advance(60_000)
    expect(view()).toMatchObject({ status: 'success', data: { order: 9 } })
    expect(told).toEqual([])
  })

  test('and is forgotten is shown no more, and nothing of it is told; what is begun then is another operation', async () => {
    const { order, server, clock, methods } = doubtfulShop()
    const [payer, header] = [hook(order), hook(order, { restore: cart })]
    await clock.until(ending(payer.store.mutateAsync(cart)))
    await clock.advance(20_000)
    expect([payer.view().status, header.view().status]).toEqual(['unknown', 'unknown'])
    await order.forget(cart, { force: true })
    await clock.settle()
    expect([payer.view().status, header.view().status]).toEqual(['idle', 'idle'])
    const asked = methods().length
    await clock.advance(600_000)
    expect(methods()).toHaveLength(asked)

    server.always(answer(201, { order: 2 }))
    await clock.until(header.store.mutateAsync(cart))
    expect(payer.view()).toMatchObject({ status: 'success', data: { order: 2 }, idempotencyKey: 'key-2' })
    expect(payer.told).toEqual(['hook unknown', 'hook settled'])
  })

  test('and is forgotten by another process is shown no more after the next look', async () => {
    const { order, clock, another } = doubtfulShop()
    const { store, view } = hook(order, { restore: cart })
    await clock.until(ending(store.mutateAsync(cart)))
    await clock.advance(5_000)
    await another().placeOrder({ status: STATUS }).forget(cart, { force: true })
    await clock.advance(30_000)
    expect(view().status).toBe('idle')
  })

  test('and is forgotten while it is sent is told to the caller as cancelled, and shown no more', async () => {
    const { order, server, clock } = shop()
    const { store, view, told } = hook(order)
    server.always(() => new Promise(() => {}))
    const call = ending(store.mutateAsync(cart))
    await clock.advance(100)
    await order.forget(cart, { force: true })
    const { error } = await clock.until(call)
    expect(error).toMatchObject({ outcome: 'unknown', reason: 'cancelled' })
    expect(told).toEqual(['hook unknown', 'hook settled'])
    expect(view().status).toBe('idle')
  })

  test('and was put away is not asked about any more', async () => {
    const { order, clock, methods } = doubtfulShop()
    const { store, view } = hook(order, { restore: cart })
    await clock.until(ending(store.mutateAsync(cart)))
    store.reset()
    await clock.advance(20_000)
    const before = methods().length
    await clock.advance(600_000)
    expect(methods()).toHaveLength(before)
    expect(view().status).toBe('idle')
  })
})

describe('onResolved', () => {
  test('of a call gets its end, after a later proof that nothing happened too', async () => {
    const { order, clock } = doubtfulShop()
    const ends: Settled<OrderData>[] = []
    const { store, view, told } = hook(order)
    const callbacks = { onResolved: (end: Settled<OrderData>) => void ends.push(end) }
    await clock.until(ending(store.mutateAsync(cart, callbacks)))
    await order.conclude(cart, { outcome: 'not-executed' })
    await clock.advance(60_000)
    expect(view()).toMatchObject({ status: 'error', outcome: 'not-executed' })
    expect(ends).toMatchObject([{ outcome: 'not-executed', error: { code: 'rejected' } }])
    expect(told).toEqual(['hook unknown', 'hook settled', 'hook resolved not-executed'])
  })

  test('of the hook is not called where pressing again tells the end; that of the first call is', async () => {
    const { order, server, clock } = doubtfulShop()
    const { store, told, callbacks } = hook(order)
    await clock.until(ending(store.mutateAsync(cart, callbacks('first'))))
    server.always(answer(201, { order: 2 }))
    await clock.until(store.mutateAsync(cart, callbacks('second')))
    await clock.advance(60_000)
    expect(told).toEqual([
      'hook unknown',
      'hook settled',
      'first unknown',
      'first settled',
      'first resolved executed',
      'hook success',
      'hook settled',
      'second success',
      'second settled',
    ])
  })

  test('is called where another component pressed again', async () => {
    const { order, server, clock } = doubtfulShop()
    const [first, second] = [hook(order), hook(order)]
    await clock.until(ending(first.store.mutateAsync(cart)))
    server.always(answer(201, { order: 2 }))
    await clock.until(second.store.mutateAsync(cart))
    await clock.settle()
    expect(first.told).toEqual(['hook unknown', 'hook settled', 'hook resolved executed'])
    expect(second.told).toEqual(['hook success', 'hook settled'])
  })

  test('is not called on the page of another user', async () => {
    let user = 'user-7'
    const { order, client, server, clock } = doubtfulShop({ scope: () => user })
    const { store, told } = hook(order, { restore: cart })
    await clock.until(ending(store.mutateAsync(cart)))
    user = 'user-8'
    // What still acts for the first one finds out.
    const asFirst = client
      .withScope('user-7')
      .operation<Cart, OrderData>({ ...orderDefinition, redefine: true })
    server.always(answer(201, { order: 2 }))
    const other = hook(asFirst)
    await clock.until(other.store.mutateAsync(cart))
    await clock.settle()
    expect(other.told).toEqual(['hook success', 'hook settled'])
    expect(told).toEqual(['hook unknown', 'hook settled'])
  })
})

describe('reasons', () => {
  test('a first 401 is sign-in, and so is nobody', async () => {
    let user = 'user-7'
    const { order, server, clock } = shop({ scope: () => user })
    server.script(answer(401, { title: 'Who are you?' }))
    const { store, view } = hook(order)
    await clock.until(ending(store.mutateAsync(cart)))
    expect(view()).toMatchObject({ status: 'error', reason: 'sign-in', can: ['sign-in'] })
    user = ''
    const { error } = await clock.until(ending(store.mutateAsync(cart)))
    expect(error).toMatchObject({ reason: 'sign-in' })
    expect(view()).toMatchObject({ status: 'unknown', reason: 'sign-in', can: ['sign-in', 'check'] })
    expect(server.requests).toHaveLength(1)
  })

  test('storage that is blocked is no-storage, and nothing was sent', async () => {
    const { order, server, clock, store: own } = shop()
    own.set = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
    const { store, view } = hook(order)
    await clock.until(ending(store.mutateAsync(cart)))
    expect(view()).toMatchObject({ status: 'error', reason: 'no-storage', can: ['retry'] })
    expect(server.requests).toHaveLength(0)
  })
})
