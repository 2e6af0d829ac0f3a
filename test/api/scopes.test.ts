import { describe, expect, test } from 'vitest'
import type { Cart } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

const plain = {
  name: 'place-order',
  id: (input: Cart) => input.id,
  request: (input: Cart) => ({ method: 'post', url: 'orders', json: input }),
}

describe('withScope is the same client for another user', () => {
  test('the same id in two scopes is two operations', async () => {
    const { client, server, clock, records } = bench()
    server.script(answer(201, { order: 7 }), answer(201, { order: 8 }))
    const mine = client.withScope('user-7').operation(plain)
    const theirs = client.withScope('user-8').operation(plain)

    expect(await clock.until(mine.run(cart))).toEqual({ order: 7 })
    expect(await clock.until(theirs.run(cart))).toEqual({ order: 8 })
    expect(await clock.until(mine.run(cart))).toEqual({ order: 7 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
    expect((await records()).map(record => record['scope'])).toEqual(['user-7', 'user-8'])
  })

  test('neither sees, settles, concludes nor forgets what is the other’s', async () => {
    const { client, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    const mine = client.withScope('user-7').operation(plain)
    const stranger = client.withScope('user-8')
    const theirs = stranger.operation(plain)
    await clock.until(ending(mine.run(cart)))

    expect(await clock.until(theirs.inspect(cart))).toBeUndefined()
    expect(await clock.until(theirs.settle(cart))).toMatchObject({ outcome: 'not-executed' })
    await clock.until(theirs.forget(cart, { force: true }))
    await clock.until(theirs.conclude(cart, { outcome: 'executed', data: 1, begin: true }))
    expect(await clock.until(stranger.pending())).toEqual([])
    expect(await clock.until(stranger.resume())).toEqual([])
    expect(await clock.until(mine.inspect(cart))).toMatchObject({ state: 'pending', outcome: 'unknown' })
    expect(await clock.until(client.withScope('user-7').pending())).toHaveLength(1)
  })

  test('a definition belongs to the client, whoever’s scope it was made in, also for those made before', async () => {
    const { client, server, clock } = bench({ retry: { attempts: 1 }, deadline: 1_000 })
    const early = client.withScope('user-9')
    const asked = {
      ...plain,
      status: { request: ({ id }: { id: unknown }) => ({ url: `orders/${String(id)}` }) },
    }
    const read = ({ status }: { status: number }) => {
      if (status !== 200) throw new Error('inconclusive')
      return { outcome: 'executed' as const, data: { order: 9 } }
    }
    const definition = { ...asked, status: { ...asked.status, read } }
    server.script(reset)
    server.always(answer(503))
    const here = client.withScope('user-8').operation(definition)
    await clock.until(ending(here.run(cart)))
    server.script(reset)
    await clock.until(ending(early.operation(definition).run(cart)))
    server.always(answer(200, {}))

    expect(await clock.until(early.resume())).toMatchObject([{ outcome: 'executed', scope: 'user-9' }])
    expect(await clock.until(client.withScope('user-8').resume())).toMatchObject([{ outcome: 'executed' }])
    expect(await clock.until(client.pending())).toEqual([])
  })

  test('a name is defined once: the same definition may be given to each scope, another one to none', () => {
    const { client } = bench()
    const scoped = client.withScope('user-8')
    const isDefined = 'operation(place-order).name: is defined already'
    scoped.operation(plain)
    client.operation(plain)
    client.withScope('user-8').operation(plain)

    expect(() => scoped.operation(plain)).toThrow(isDefined)
    expect(() => client.operation({ ...plain })).toThrow(isDefined)
    expect(() => client.withScope('user-9').operation({ ...plain })).toThrow(isDefined)
    client.operation({ ...plain, redefine: true })
    expect(() => client.withScope('user-9').operation(plain)).toThrow(isDefined)
  })

  test.each([
    ['an empty one', ''],
    ['none', undefined],
    ['a number', 7],
  ])('%s is a configuration error', (_, scope) => {
    const { client } = bench()

    expect(() => client.withScope(scope as string)).toThrow(
      expect.objectContaining({ code: 'configuration' }),
    )
  })

  test('a scope that is full of separators is nobody else’s', async () => {
    const { client, server, clock } = bench({ retry: { attempts: 1 } })
    server.always(reset)
    const sly = client.withScope('user-7/place-order').operation({ ...plain, name: 'x' })
    await clock.until(ending(sly.run(cart)))

    expect(await clock.until(client.withScope('user-7').pending())).toEqual([])
    expect(await clock.until(client.withScope('user-7/place-order').pending())).toHaveLength(1)
  })
})

describe('a scope that is asked at every call', () => {
  test('whoever is logged in now owns what is done now', async () => {
    let user = 'user-7'
    const { placeOrder, server, clock, records } = bench({ scope: () => user })
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    user = 'user-8'
    await clock.until(order.run(cart))

    expect((await records()).map(record => record['scope'])).toEqual(['user-7', 'user-8'])
  })

  test('nobody is a configuration error, and nothing is sent', async () => {
    const { placeOrder, client, server, clock } = bench({ scope: () => '' })

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: expect.stringContaining('scope: must not be empty'),
    })
    expect((await clock.until(ending(client.pending()))).error).toMatchObject({ code: 'configuration' })
    expect(server.requests).toHaveLength(0)
  })

  test.each(['scope', 'account'] as const)(
    '%s throws: it is named, and its error is the cause',
    async name => {
      const thrown = new Error('no session')
      const { placeOrder, server, clock } = bench({
        [name]: () => {
          throw thrown
        },
      })

      expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
        code: 'configuration',
        message: `${name}: threw`,
        cause: thrown,
      })
      expect(server.requests).toHaveLength(0)
    },
  )

  test('a scope that throws is a configuration error of pending, resume and clear too', async () => {
    const thrown = new Error('no session')
    const { client, clock } = bench({
      scope: () => {
        throw thrown
      },
    })

    for (const call of [() => client.pending(), () => client.resume(), () => client.clear()]) {
      const { error } = await clock.until(ending<unknown>(call()))
      expect(error).toMatchObject({ code: 'configuration', message: 'scope: threw', cause: thrown })
    }
  })

  test('a scope that throws in mid-run is another user', async () => {
    let loggedIn = true
    const { placeOrder, server, clock } = bench({
      scope: () => {
        if (!loggedIn) throw new Error('no session')
        return 'user-7'
      },
    })
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    loggedIn = false

    expect((await clock.until(running)).error).toMatchObject({ code: 'scope-changed', outcome: 'unknown' })
  })
})

describe('another user logs in while a run is under way', () => {
  const loggedIn = () => {
    const session = { user: 'user-7' as string | undefined }
    const world = bench({ scope: () => session.user ?? '', poll: { interval: { min: 1_000, max: 1_000 } } })
    return { ...world, session }
  }

  test.each([
    ['another user', 'user-8'],
    ['nobody', undefined],
  ])('nothing more is sent, and the record is kept: %s', async (_, user) => {
    const { placeOrder, server, clock, session, record } = loggedIn()
    server.script(reset)
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    session.user = user

    expect((await clock.until(running)).error).toMatchObject({
      code: 'scope-changed',
      outcome: 'unknown',
      key: 'key-1',
      attempts: 1,
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ scope: 'user-7', state: 'pending', ambiguous: 1 })
    expect(await record()).not.toHaveProperty('lease')
  })

  test('before the first send: not executed', async () => {
    const { placeOrder, server, clock, session, records } = loggedIn()
    const running = ending(placeOrder().run(cart))
    session.user = 'user-8'

    expect((await clock.until(running)).error).toMatchObject({
      code: 'scope-changed',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(0)
    expect((await records()).every(({ state }) => state !== 'succeeded')).toBe(true)
  })

  test('while the write-ahead is on its way: the last check before the byte sees it', async () => {
    const { placeOrder, server, store, clock, session, record } = loggedIn()
    const set = store.set.bind(store)
    store.set = async (...given) => {
      const version = await set(...given)
      session.user = 'user-8'
      return version
    }

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'scope-changed',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(0)
    expect(await record()).toMatchObject({ state: 'pending', sent: 0, ambiguous: 0 })
  })

  test('while the server is at work: it is not asked any more either', async () => {
    const { placeOrder, server, clock, session } = loggedIn()
    server.script(answer(202, undefined, { location: '/api/orders/9/status' }))
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    session.user = 'user-8'

    expect((await clock.until(running)).error).toMatchObject({ code: 'scope-changed', outcome: 'unknown' })
    expect(clock.elapsed()).toBe(1_000)
    expect(server.requests).toHaveLength(1)
  })

  test('while the http layer makes the question ready: it does not leave with the other’s credentials', async () => {
    const session = { user: 'user-7' }
    const { placeOrder, server, clock } = bench({
      scope: () => session.user,
      headers: async () => {
        // A token is fetched; by then somebody else is logged in.
        if (server.requests.length > 0) session.user = 'user-8'
        return { authorization: session.user }
      },
    })
    server.script(answer(202, undefined, { location: '/api/orders/9/status' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'scope-changed',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('while a question is answered with a redirect: it is not followed', async () => {
    const { placeOrder, server, clock, session } = loggedIn()
    const status = held()
    server.script(answer(202, undefined, { location: '/api/orders/9/status' }), status.reply)
    const running = ending(placeOrder().run(cart))
    await clock.settle()
    await clock.advance(1_000)
    session.user = 'user-8'
    status.release(answer(307, undefined, { location: '/api/orders/9' }))

    expect((await clock.until(running)).error).toMatchObject({ code: 'scope-changed', outcome: 'unknown' })
    expect(server.requests).toHaveLength(2)
  })

  test('while its result is asked for: executed all the same', async () => {
    const { placeOrder, server, clock, session } = loggedIn()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ remember: 0, status: { request: () => ({ url: 'orders/9' }) } })
    await clock.until(order.run(cart))
    const again = order.start(cart)
    await clock.settle()
    session.user = 'user-8'
    server.always(answer(404))

    expect((await clock.until(again.settled)) as unknown).toMatchObject({ outcome: 'executed' })
  })

  test('in mid-flight: its success belongs to the caller who waits for it', async () => {
    const { placeOrder, server, clock, session, record } = loggedIn()
    const first = held()
    server.script(first.reply)
    const running = placeOrder().run(cart)
    await clock.settle()
    session.user = 'user-8'
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ scope: 'user-7', state: 'succeeded' })
  })

  test('when the first user comes back, it goes on under the same key', async () => {
    const { placeOrder, server, clock, session } = loggedIn()
    server.script(reset, answer(201, { order: 9 }))
    const order = placeOrder()
    const running = ending(order.run(cart))
    await clock.settle()
    session.user = 'user-8'
    await clock.until(running)
    session.user = 'user-7'

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })
})

describe('another account of the same user', () => {
  test('it does not send again what the first account sent', async () => {
    let account = 'acct-1'
    const { placeOrder, server, clock } = bench({ account: () => account, retry: { attempts: 1 } })
    server.script(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    account = 'acct-2'

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining('The account is not the one that the operation was begun with'),
    })
    expect(server.requests).toHaveLength(1)
  })
})
