import { describe, expect, test } from 'vitest'
import type { Cart } from '../api/bench/bench.ts'
import { cart, ending } from '../api/bench/bench.ts'
import { answer, held, reset } from '../api/bench/scripted-server.ts'
import { hook, shop } from './hook.ts'

describe('two components of one page about one operation', () => {
  test('what is begun in one is shown in the other, from the start to the end; it is told once', async () => {
    const { order, server, clock } = shop()
    const paying = held()
    server.script(paying.reply)
    const [foot, header] = [hook(order, { restore: cart }), hook(order, { restore: cart })]
    await clock.settle()
    expect([foot.view().status, header.view().status]).toEqual(['idle', 'idle'])

    foot.store.mutate(cart)
    await clock.settle()
    expect([foot.view().status, header.view().status]).toEqual(['pending', 'pending'])

    paying.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(header.view()).toMatchObject({ status: 'success', data: { order: 1 }, idempotencyKey: 'key-1' })
    expect([foot.told, header.told]).toEqual([['hook success', 'hook settled'], []])
    expect(server.requests).toHaveLength(1)
  })

  test('a second try after a refusal is shown too', async () => {
    const { order, server, clock } = shop()
    server.script(answer(402), answer(201, { order: 1 }))
    const [foot, header] = [hook(order, { restore: cart }), hook(order, { restore: cart })]
    foot.store.mutate(cart)
    await clock.settle()
    expect(header.view().status).toBe('error')

    header.store.mutate(cart)
    await clock.settle()
    expect([foot.view().status, header.view().status]).toEqual(['success', 'success'])
  })

  test('one that is about another cart, about none, put away, or left shows nothing of it', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const others = [
      hook(order, { restore: { ...cart, id: 'cart-7' } }),
      hook(order),
      hook(order, { restore: cart }),
      hook(order, { restore: cart }),
    ]
    await clock.settle()
    others[2]!.store.reset()
    others[3]!.end()
    hook(order).store.mutate(cart)
    await clock.settle()

    expect(others.map(({ shown }) => shown)).toEqual([[], [], [], []])
  })
})

describe('in the same tick', () => {
  test.each([
    ['both restore it', { restore: cart }, { restore: { ...cart } }],
    ['one called it', {}, { restore: { ...cart } }],
  ])('a component shows what another one of the same input began: %s', async (_name, first, second) => {
    const { order, server, clock } = shop()
    const paying = held()
    server.script(paying.reply)
    const [foot, header] = [hook(order, first), hook(order, second)]
    await clock.settle()

    foot.store.mutate(cart)
    expect([foot.view(), header.view()]).toMatchObject([
      { status: 'pending', phase: 'claiming' },
      { status: 'pending', phase: 'claiming' },
    ])
    await clock.settle()
    paying.release(answer(402, { title: 'No money' }))
    await clock.settle()
    expect(foot.view()).toMatchObject({ status: 'error', reason: 'declined', can: ['change', 'retry'] })
    expect(header.view()).toMatchObject({ status: 'error', error: foot.view().error })

    server.script(answer(201, { order: 1 }))
    header.store.mutate(cart)
    expect(foot.view()).toMatchObject({ status: 'pending' })
    await clock.settle()
    expect([foot.view(), header.view()]).toMatchObject([
      { status: 'success', data: { order: 1 } },
      { status: 'success', data: { order: 1 } },
    ])
    expect(new Set(foot.shown)).toEqual(new Set(header.shown))
    expect(header.told).toEqual(['hook success', 'hook settled'])
  })

  test('one that comes later shows at once what the other ones show', async () => {
    const { order, server, clock } = shop({ retry: { attempts: 1 } })
    server.script(reset)
    const first = hook(order)
    await clock.until(ending(first.store.mutateAsync(cart)))
    const later = hook(order, { restore: { ...cart } })
    expect(later.view()).toMatchObject({ status: 'unknown', error: first.view().error })
  })

  test('when the next step comes is shared too', async () => {
    const { order, server, clock } = shop()
    server.script(answer(503), answer(201, { order: 1 }))
    const [foot, header] = [hook(order), hook(order, { restore: cart })]
    foot.store.mutate(cart)
    await clock.settle()
    expect(header.view()).toMatchObject({ phase: 'waiting', retryAt: foot.view().retryAt })
    expect(header.view().retryAt).toBeGreaterThan(1_800_000_000_000)
    await clock.advance(60_000)
    expect(header.view().status).toBe('success')
  })

  test('clients do not share: another one is about another server', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(201, { order: 1 }))
    const elsewhere = hook(another().placeOrder(), { restore: cart })
    await clock.settle()
    hook(order).store.mutate(cart)
    expect(elsewhere.view().status).toBe('idle')
    await clock.settle()
    expect(elsewhere.view().status).toBe('idle')
  })
})

describe('another input', () => {
  test('shows nothing of the last one, in the same render', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, render } = hook(order, { restore: cart })
    await clock.until(store.mutateAsync(cart))
    expect(render({ restore: { ...cart } }).status).toBe('success')
    expect(render({ restore: { ...cart, id: 'cart-43' } }).status).toBe('idle')
    // A render that was discarded has changed nothing.
    expect(render({ restore: cart })).toBe(render({ restore: { ...cart } }))
  })

  test('shows in the same render what another component shows of it', async () => {
    const { order, server, clock } = shop()
    const next = { ...cart, id: 'cart-43' }
    server.script(answer(201, { order: 1 }), answer(402, { title: 'No money' }))
    await clock.until(hook(order, { restore: cart }).store.mutateAsync(cart))
    await clock.until(ending(hook(order, { restore: next }).store.mutateAsync(next)))
    const { render, commit, shown, view } = hook(order, { restore: cart })
    await clock.settle()
    expect(view().status).toBe('success')
    expect(render({ restore: next }).status).toBe('error')
    commit({ restore: next })
    await clock.settle()
    expect(view().status).toBe('error')
    expect(new Set(shown)).toEqual(new Set(['success', 'error']))
  })

  test('that was called takes the place of what was shown, and what is restored next that of the call', async () => {
    const { order, server, clock } = shop()
    const next = { ...cart, id: 'cart-43' }
    server.script(answer(201, { order: 1 }), answer(402, { title: 'No money' }))
    const { store, view, render } = hook(order, { restore: cart })
    await clock.until(store.mutateAsync(cart))
    store.mutate(next)
    expect(view()).toMatchObject({ status: 'pending', variables: next })
    await clock.settle()
    expect(view()).toMatchObject({ status: 'error', variables: next })
    expect(render({ restore: { ...cart, id: 'cart-44' } }).status).toBe('idle')
  })
})

describe('one id with another payload', () => {
  const dearer: Cart = { ...cart, total: 5_000 }

  test('restored after an execution is `changed`, never a success, in no render', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const { view, shown, told } = hook(another().placeOrder(), { restore: dearer })
    await clock.settle()
    expect(view()).toMatchObject({
      status: 'changed',
      isSuccess: false,
      data: undefined,
      executed: { data: { order: 1 }, error: null },
      variables: dearer,
      reason: 'changed',
      can: ['change'],
      outcome: 'executed',
    })
    expect(new Set(shown)).toEqual(new Set(['changed']))
    expect(told).toEqual([])
  })

  test('in the place of what is shown is idle in the same render, then `changed`', async () => {
    const { order, server, clock } = shop()
    server.script(answer(201, { order: 1 }))
    const { store, view, commit, render } = hook(order, { restore: cart })
    await clock.until(store.mutateAsync(cart))
    expect(render({ restore: dearer }).status).toBe('idle')
    commit({ restore: dearer })
    expect(view().status).toBe('idle')
    await clock.settle()
    expect(view()).toMatchObject({ status: 'changed', executed: { data: { order: 1 } } })
    expect(render({ restore: cart })).toMatchObject({ status: 'success', data: { order: 1 } })
  })

  test('called after an execution is `changed`, rejects once, and is told as that', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const later = another().placeOrder()
    const other = hook(later, { restore: cart })
    await clock.settle()
    const { store, view, shown, told } = hook(later)
    const { error } = await clock.until(ending(store.mutateAsync(dearer)))
    await clock.settle()

    expect(error).toMatchObject({ code: 'payload-mismatch', outcome: 'executed', reason: 'changed' })
    expect(view()).toMatchObject({ status: 'changed', executed: { data: { order: 1 } }, error })
    expect(new Set(shown)).toEqual(new Set(['pending', 'changed']))
    expect(told).toEqual(['hook changed', 'hook settled'])
    for (const seen of other.views)
      expect(seen).toMatchObject({ status: 'success', data: { order: 1 }, error: null })
    expect(other.views.length).toBeGreaterThan(0)
    expect(server.requests).toHaveLength(1)
  })

  test('called where nobody shows what was executed gets to see it', async () => {
    const { order, server, clock, another } = shop()
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const { store, view, shown } = hook(another().placeOrder())
    store.mutate(dearer)
    await clock.settle()
    expect(view()).toMatchObject({ status: 'changed', executed: { data: { order: 1 }, error: null } })
    expect(new Set(shown)).toEqual(new Set(['pending', 'changed']))
  })

  test('is under way, whoever looks; and ends as `changed` for whoever did not begin it', async () => {
    const { order, server, clock } = shop()
    const paying = held()
    server.script(paying.reply)
    const [cheap, dear] = [hook(order, { restore: cart }), hook(order, { restore: dearer })]
    cheap.store.mutate(cart)
    await clock.settle()
    expect(dear.view()).toMatchObject({ status: 'pending', reason: 'changed', variables: dearer })
    paying.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(cheap.view()).toMatchObject({ status: 'success', data: { order: 1 } })
    expect(dear.view()).toMatchObject({ status: 'changed', executed: { data: { order: 1 } } })
    expect(dear.shown).not.toContain('success')
  })

  test('was not refused with the first one, and can be begun', async () => {
    const { order, server, clock } = shop()
    server.script(answer(402, { title: 'No money' }), answer(201, { order: 2 }))
    const [cheap, dear] = [hook(order, { restore: cart }), hook(order, { restore: dearer })]
    await clock.until(ending(cheap.store.mutateAsync(cart)))
    await clock.settle()
    expect([cheap.view().status, dear.view().status]).toEqual(['error', 'idle'])
    await clock.until(dear.store.mutateAsync(dearer))
    await clock.settle()
    expect(dear.view()).toMatchObject({ status: 'success', data: { order: 2 } })
    expect(cheap.view()).toMatchObject({ status: 'changed', executed: { data: { order: 2 } } })
    expect(dear.shown).not.toContain('error')
  })

  test('an input of which only what does not count has changed is the same', async () => {
    const { placeOrder, server, clock } = shop()
    const order = placeOrder({ redefine: true, fingerprint: ({ id }) => id })
    server.script(answer(201, { order: 1 }))
    const { store, view, commit } = hook(order, { restore: cart })
    await clock.until(store.mutateAsync(cart))
    commit({ restore: dearer })
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', data: { order: 1 } })
  })

  test('what was told from outside knows no payload, and is about every one', async () => {
    const { order, clock } = shop()
    await order.conclude(cart, { outcome: 'executed', data: { order: 3 }, begin: true })
    const { view } = hook(order, { restore: dearer })
    await clock.settle()
    expect(view()).toMatchObject({ status: 'success', data: { order: 3 } })
  })

  test('an input of which no request can be made is no success', async () => {
    const { placeOrder, server, clock } = shop()
    const order = placeOrder({
      redefine: true,
      request: given => ({ method: 'post', url: 'orders', json: { total: (given.total ?? fail()) * 2 } }),
    })
    server.script(answer(201, { order: 1 }))
    await clock.until(order.run(cart))
    const { view } = hook(order, { restore: { id: 'cart-42' } })
    await clock.settle()
    expect(view().status).toBe('changed')
  })
})

function fail(): never {
  throw new TypeError('no total')
}
