import { describe, expect, test } from 'vitest'
import type { OrderData } from '../api/bench/bench.ts'
import type { Cart } from '../api/bench/bench.ts'
import { cart, ending } from '../api/bench/bench.ts'
import { answer, held, reset } from '../api/bench/scripted-server.ts'
import { hook, shop } from './hook.ts'

describe('a call of mutate', () => {
  test('is shown from its first tick to its end', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, view, shown } = hook(order)
    expect(view().status).toBe('idle')

    store.mutate(cart)
    expect(view()).toMatchObject({ status: 'pending', variables: cart, phase: 'claiming' })
    await clock.settle()

    expect(view()).toMatchObject({
      status: 'success',
      data: { order: 1 },
      error: null,
      attempts: 1,
      idempotencyKey: 'key-1',
      outcome: 'executed',
      replayed: false,
    })
    expect(new Set(shown)).toEqual(new Set(['pending', 'success']))
  })

  test('ten at once are one request, and each is told once', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, told, callbacks, view } = hook(order)

    const results = Array.from({ length: 10 }, () => store.mutateAsync(cart, callbacks('call')))
    expect(await clock.until(Promise.all(results))).toEqual(Array.from({ length: 10 }, () => ({ order: 1 })))

    expect(server.requests).toHaveLength(1)
    expect(view().status).toBe('success')
    const once = ['hook success', 'hook settled', 'call success', 'call settled']
    expect(told).toEqual(Array.from({ length: 10 }, () => once).flat())
  })

  test('the same view is given until something changes', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, view } = hook(order)
    store.mutate(cart)
    await clock.settle()
    expect(view()).toBe(view())
  })

  test('a proven failure is an error, and a rejection', async () => {
    const { order, server, clock } = shop()
    server.script(answer(402, { title: 'No money' }))
    const { store, told, view } = hook(order)

    const { error } = await clock.until(ending(store.mutateAsync(cart)))
    expect(error).toMatchObject({ code: 'rejected', outcome: 'not-executed' })
    expect(view()).toMatchObject({ status: 'error', error, data: undefined })
    expect(told).toEqual(['hook error', 'hook settled'])
  })

  test('what is not known is neither an error nor told as one; pressing again goes on under the same key', async () => {
    const { order, server, clock } = shop({ retry: { attempts: 1 } })
    server.script(reset, answer(201, { order: 2 }))
    const { store, told, view } = hook(order)

    await clock.until(ending(store.mutateAsync(cart)))
    expect(view()).toMatchObject({ status: 'unknown', isError: false, isUnknown: true, outcome: 'unknown' })
    expect(told).toEqual(['hook unknown', 'hook settled'])

    await clock.until(store.mutateAsync(cart))
    expect(view()).toMatchObject({ status: 'success', attempts: 2, idempotencyKey: 'key-1' })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('executed but unreadable is a success without data', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { nothing: 'of the kind' }))
    const { store, told, view } = hook(order)

    expect(await clock.until(store.mutateAsync(cart))).toBeUndefined()
    expect(view()).toMatchObject({ status: 'success', data: undefined, error: { code: 'response-invalid' } })
    expect(told).toEqual(['hook success', 'hook settled'])
  })

  test('a mistake is shown at once, and mutate raises nothing', async () => {
    const { order, clock } = shop()
    const { store, view, told } = hook(order)
    store.mutate({ id: '' })
    expect(view()).toMatchObject({ status: 'unknown', error: { code: 'configuration' } })
    await clock.settle()
    expect(told).toEqual(['hook unknown', 'hook settled'])
  })

  test('a call with another payload is refused; what goes on stays in view', async () => {
    const { order, server, clock } = shop()
    const hold = held()
    server.script(hold.reply)
    const { store, view, told } = hook(order)
    store.mutate(cart)
    await clock.settle()

    const { error } = await clock.until(ending(store.mutateAsync({ ...cart, total: 1 })))
    expect(error).toMatchObject({ code: 'payload-mismatch', outcome: 'unknown' })
    expect(view()).toMatchObject({ status: 'pending', error })

    hold.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(view()).toMatchObject({
      status: 'changed',
      isSuccess: false,
      data: undefined,
      executed: { data: { order: 1 }, error: null },
      variables: { id: 'cart-42', total: 1 },
      error,
    })
    expect(told).toEqual([
      'hook unknown',
      'hook settled',
      'hook resolved executed',
      'hook success',
      'hook settled',
    ])
  })

  test('the callbacks are those of the last commit', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, commit } = hook(order)
    const told: string[] = []
    store.mutate(cart)
    commit({ onSuccess: () => told.push('new') })
    await clock.settle()
    expect(told).toEqual(['new'])
  })

  test('a callback that throws is a mistake of its own: the others are told, and the call resolves', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, told, commit } = hook(order)
    const thrown: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', error => thrown.push(error))
    try {
      commit({
        onSuccess: () => {
          throw new Error('a toast')
        },
      })
      expect(await clock.until(store.mutateAsync(cart))).toEqual({ order: 1 })
    } finally {
      await clock.settle()
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
    expect(thrown).toEqual([new Error('a toast')])
    expect(told).toEqual(['hook settled'])
  })

  test('goes on and is told when nobody watches any more', async () => {
    const { order, server, clock } = shop({ retry: { attempts: 2 } })
    server.script(answer(503), answer(201, { order: 1 }))
    const { store, end, told } = hook(order)
    const result = store.mutateAsync(cart)
    end()
    expect(await clock.until(result)).toEqual({ order: 1 })
    expect(told).toEqual(['hook success', 'hook settled'])
  })
})

describe('reset', () => {
  test('shows nothing any more; the run goes on, is told, and is not forgotten', async () => {
    const { order, server, clock } = shop()
    const hold = held()
    server.script(hold.reply)
    const { store, view, told } = hook(order)
    store.mutate(cart)
    await clock.settle()
    store.reset()
    expect(view().status).toBe('idle')

    hold.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(view().status).toBe('idle')
    expect(told).toEqual(['hook success', 'hook settled'])

    expect(await clock.until(store.mutateAsync(cart))).toEqual({ order: 1 })
    expect(view()).toMatchObject({ status: 'success', replayed: true })
    expect(server.requests).toHaveLength(1)
  })
})

describe('restore', () => {
  test('shows nothing where nothing is stored', async () => {
    const { order, clock } = shop()
    const { shown, view } = hook(order, { restore: cart })
    await clock.settle()
    expect(view().status).toBe('idle')
    expect(shown).toEqual([])
  })

  test('shows the stored result, without a flicker and without a callback', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const { shown, view, told } = hook(another().placeOrder(), { restore: cart })
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', data: { order: 1 }, replayed: true, variables: cart })
    expect(new Set(shown)).toEqual(new Set(['success']))
    expect(told).toEqual([])
  })

  test('takes an open operation up by asking, and does not send', async () => {
    const { order, server, clock, another } = shop({ retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(order.run(cart)))
    const { view } = hook(another().placeOrder(), { restore: cart })
    await clock.settle()
    expect(view()).toMatchObject({ status: 'unknown', attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('sends too where it is told to', async () => {
    const { order, server, clock, another } = shop({ retry: { attempts: 1 } })
    server.script(reset, answer(201, { order: 2 }))
    await clock.until(ending(order.run(cart)))
    const { view, told, shown } = hook(another().placeOrder(), { restore: cart, send: true })
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', attempts: 2, idempotencyKey: 'key-1' })
    expect(new Set(shown)).toEqual(new Set(['pending', 'success']))
    expect(told).toEqual([])
  })

  test('is done once for an operation, however often it is committed', async () => {
    const { order, server, clock, another, events } = shop()
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const later = another()
    const { commit } = hook(later.placeOrder(), { restore: cart })
    commit()
    commit({ restore: { ...cart } })
    await clock.settle()
    commit()
    await clock.settle()
    expect(later.events.map(({ type }) => type)).toEqual(['settled'])
    expect(events.length).toBeGreaterThan(0)
  })

  test('another operation to restore takes the place of what is shown', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, view, commit } = hook(order, { restore: cart })
    await clock.until(store.mutateAsync(cart))
    commit({ restore: { ...cart } })
    expect(view().status).toBe('success')
    commit({ restore: { id: 'cart-43' } })
    expect(view().status).toBe('idle')
    await clock.settle()
    expect(view().status).toBe('idle')
  })

  test('what is found too late, of an operation that is not restored any more, is not shown', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const { view, commit, shown } = hook(another().placeOrder(), { restore: cart })
    commit({ restore: { id: 'cart-43' } })
    await clock.settle()
    expect(view().status).toBe('idle')
    expect(shown).toEqual([])
  })

  test('of the operation that is shown already changes nothing', async () => {
    const { order, server, clock } = shop()
    const hold = held()
    server.script(hold.reply)
    const { store, shown, commit } = hook(order)
    store.mutate(cart)
    commit({ restore: cart })
    hold.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(new Set(shown)).toEqual(new Set(['pending', 'success']))
  })

  test('what it finds does not take the place of a call that was made meanwhile', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(402, { title: 'No money' }), answer(201, { order: 2 }))
    await clock.until(ending(order.run(cart)))
    const { store, view, shown } = hook(another().placeOrder(), { restore: cart })
    store.mutate(cart)
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', data: { order: 2 } })
    expect(shown).not.toContain('error')
  })
})

describe('another user', () => {
  test('sees nothing of the first, is told nothing, and nothing comes back', async () => {
    let user = 'user-7'
    const { order, server, clock } = shop({ scope: () => user })
    const hold = held()
    server.script(hold.reply)
    const { store, view, told, commit } = hook(order, { restore: cart })
    const result = store.mutateAsync(cart)
    await clock.settle()
    expect(view().status).toBe('pending')

    user = 'user-8'
    expect(view().status).toBe('idle')
    commit()
    hold.release(answer(201, { order: 1 }))
    expect(await clock.until(result)).toEqual({ order: 1 })
    expect(told).toEqual([])
    expect(view().status).toBe('idle')

    user = 'user-7'
    expect(view().status).toBe('idle')
    commit()
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', replayed: true })
  })

  test('nobody at all sees nothing, and restores once somebody is there', async () => {
    let user = 'user-7'
    const { order, server, clock } = shop({ scope: () => user })
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    user = ''
    const { view, commit } = hook(order, { restore: cart })
    await clock.settle()
    expect(view().status).toBe('idle')
    user = 'user-7'
    commit()
    await clock.settle()
    expect(view().status).toBe('success')
  })

  test('a hook that is given another operation shows nothing of the one before', async () => {
    const { order, client, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, render } = hook(order)
    await clock.until(store.mutateAsync(cart))
    const other = client.operation<Cart, OrderData>({
      name: 'reserve',
      id: ({ id }) => id,
      request: () => ({ method: 'post', url: 'reservations' }),
    })
    expect(render({}, other).status).toBe('idle')
    expect(render().status).toBe('success')
  })

  test('a definition that is made anew by hot reload keeps what is shown', async () => {
    const { order, placeOrder, server, clock } = shop()
    const hold = held()
    server.script(hold.reply)
    const { store, commit, view } = hook(order)
    store.mutate(cart)
    await clock.settle()
    const reloaded = placeOrder({ redefine: true })
    commit({}, reloaded)
    expect(view().status).toBe('pending')
    store.mutate(cart)
    hold.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', data: { order: 1 } })
    expect(server.requests).toHaveLength(1)
  })
})
