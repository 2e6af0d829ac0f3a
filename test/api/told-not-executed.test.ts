import { describe, expect, test } from 'vitest'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, refusedConnection } from './bench/scripted-server.ts'
import { START } from './bench/trial-runner.ts'

describe('what a caller was told did not happen does not happen by itself later', () => {
  test('attempts that never left: resume does not send the stored request', async () => {
    const { placeOrder, client, server, clock } = bench({ retry: { attempts: 2 } })
    server.script(refusedConnection, refusedConnection)
    const { error } = await clock.until(ending(placeOrder({ persist: 'request' }).run(cart)))
    expect(error).toMatchObject({ code: 'unresolved', outcome: 'not-executed' })
    server.always(answer(201, { order: 9 }))

    const resumed = await clock.until(client.resume({ send: true }))

    expect(resumed).toMatchObject([{ id: 'cart-42', outcome: 'not-executed' }])
    expect(server.requests.length).toBe(2)
  })

  test('an abort between attempts: resume does not send the stored request', async () => {
    const { placeOrder, client, server, clock } = bench()
    server.script(refusedConnection)
    const leaving = new AbortController()
    const call = ending(placeOrder({ persist: 'request' }).run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    expect((await clock.until(call)).error).toMatchObject({ name: 'AbortError', outcome: 'not-executed' })
    const before = server.requests.length
    server.always(answer(201, { order: 9 }))

    await clock.until(client.resume({ send: true }))

    expect(server.requests.length).toBe(before)
  })

  test('a new call may send it, and then it is stored again', async () => {
    const { placeOrder, client, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(refusedConnection)
    const order = placeOrder({ persist: 'request' })
    await clock.until(ending(order.run(cart)))
    server.script(answer(503, {}))
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    server.always(answer(201, { order: 9 }))

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
  })
})

/** Another process sends the operation, and gets an answer that says nothing. */
async function sendElsewhere({ server, clock, another }: ReturnType<typeof bench>): Promise<void> {
  server.script(answer(503, {}))
  const order = another().placeOrder({ retry: { attempts: 1 } })
  await clock.until(ending(order.run(cart)))
}

describe('what another process does while this one looks no more', () => {
  test('offline until the deadline, sent elsewhere: unknown', async () => {
    const world = bench({ environment: 'other', profile: noKeys })
    const { placeOrder, runner, server, clock } = world
    runner.setOnline(false)
    const waiting = placeOrder().start(cart)
    await clock.advance(30_000)
    await sendElsewhere(world)

    expect(await clock.until(waiting.settled)).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test.each<[string, 'not-executed' | 'unknown', number]>([
    ['not begun elsewhere: not executed', 'not-executed', 0],
    ['sent elsewhere: unknown', 'unknown', 1],
  ])('an abort of a run that was offline for long, %s', async (_, outcome, requests) => {
    const world = bench({ environment: 'other', profile: noKeys })
    const { placeOrder, runner, server, clock } = world
    runner.setOnline(false)
    const waiting = placeOrder().start(cart)
    await clock.advance(30_000)
    if (requests > 0) await sendElsewhere(world)
    waiting.abort()

    expect(await clock.until(waiting.settled)).toMatchObject({ outcome, error: { code: 'aborted' } })
    expect(server.requests).toHaveLength(requests)
  })

  test('an abort after a sleep in which the monotonic clock stood still, sent elsewhere: unknown', async () => {
    const world = bench({ environment: 'other', profile: noKeys })
    const { placeOrder, runner, clock } = world
    runner.setOnline(false)
    const waiting = placeOrder().start(cart)
    await clock.settle()
    await sendElsewhere(world)
    runner.jump(30_000)
    waiting.abort()

    expect(await clock.until(waiting.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'aborted' },
    })
  })

  test('an abort of a run that was offline for long, and a store that hangs: unknown within a second', async () => {
    const { placeOrder, runner, store, clock } = bench({ environment: 'other', profile: noKeys })
    runner.setOnline(false)
    const waiting = placeOrder().start(cart)
    await clock.advance(30_000)
    store.get = () => new Promise(() => {})
    waiting.abort()

    expect(await clock.until(waiting.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'aborted' },
    })
    expect(clock.elapsed()).toBe(31_000)
  })

  test.each<[string, (order: Order) => Promise<unknown>]>([
    ['a run that close stops', order => order.start(cart).settled],
    ['settle', order => order.settle(cart)],
  ])(
    '%s is told by a store that answers after ten seconds with what was true when it was asked',
    async (_, call) => {
      const world = bench()
      const { placeOrder, client, store, clock } = world
      const get = store.get.bind(store)
      let isFirst = true
      store.get = async key => {
        const stored = await get(key)
        if (!isFirst) return stored
        isFirst = false
        await new Promise<void>(resolve => void clock.after(10_000, resolve))
        return stored
      }
      const told = call(placeOrder()).catch((error: unknown) => ({ error }))
      await clock.settle()
      await sendElsewhere(world)
      const closed = client.close()

      expect(await clock.until(told)).toMatchObject({ outcome: 'unknown' })
      await clock.until(closed)
    },
  )

  test('a store that takes ten seconds each time is not believed', async () => {
    const { placeOrder, store, clock } = bench()
    const get = store.get.bind(store)
    store.get = async key => {
      await new Promise<void>(resolve => void clock.after(10_000, resolve))
      return get(key)
    }
    expect(await clock.until(placeOrder().settle(cart))).toMatchObject({ outcome: 'unknown' })
    expect(clock.elapsed()).toBeLessThanOrEqual(30_000)
  })
})

type Order = ReturnType<ReturnType<typeof bench>['placeOrder']>

describe('a mistake in a call about what was executed claims nothing of it', () => {
  const wrong = (value: unknown) => value as never

  test.each<[string, (order: Order) => Promise<unknown>]>([
    ['conclude without an outcome', order => order.conclude(cart, wrong({}))],
    ['conclude with no key', order => order.conclude(cart, wrong({ outcome: 'executed', key: undefined }))],
    ['conclude with another option', order => order.conclude(cart, wrong({ outcome: 'executed', dta: 1 }))],
    ['conclude with no JSON', order => order.conclude(cart, { outcome: 'executed', data: 1n })],
    ['conclude, begin', order => order.byId('cart-42').conclude(wrong({ outcome: 'executed', begin: 1 }))],
    ['forget with another option', order => order.forget(cart, wrong({ forec: true }))],
    ['forget with a word', order => order.forget(cart, wrong({ force: 'yes' }))],
    ['forget with null', order => order.forget(cart, wrong(null))],
    ['resume with a word', order => order.resume(cart, wrong({ send: 'yes' }))],
    ['resume with no signal', order => order.resume(cart, wrong({ signal: {} }))],
    ['settle with no signal', async order => throwing(await order.settle(cart, wrong({ signal: 1 })))],
    ['cancel with no signal', order => order.cancel(cart, wrong({ signal: {} }))],
    ['cancel without a definition of it', order => order.cancel(cart)],
    ['an id that names nothing', order => order.byId(undefined).forget()],
  ])('%s', async (_, call) => {
    const { placeOrder, server, clock, record } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    const before = await record()

    const { error } = await clock.until(ending(call(order)))

    expect(error).toMatchObject({ code: 'configuration', outcome: 'unknown' })
    expect(await record()).toEqual(before)
    expect(server.requests.length).toBe(1)
  })
})

describe('a signal that is none is refused before anything is sent', () => {
  const listening = { addEventListener: () => {}, removeEventListener: () => {} }
  const throws = () => {
    throw new Error('broken')
  }

  test.each<[string, unknown]>([
    ['null', null],
    ['a controller', new AbortController()],
    ['what tells nothing of now', listening],
    ['an event target', new EventTarget()],
    ['what cannot let go', { aborted: false, addEventListener: () => {} }],
    ['one that cannot be listened to', { ...listening, aborted: false, addEventListener: throws }],
    ['one that cannot let go', { ...listening, aborted: false, removeEventListener: throws }],
    [
      'one that cannot be asked',
      {
        ...listening,
        get aborted() {
          return throws()
        },
      },
    ],
  ])('%s', async (_, signal) => {
    const { client, placeOrder, server, clock, records } = bench()
    const order = placeOrder({
      cancel: { request: () => ({ url: 'orders' }), read: () => ({ sealed: true }) },
    })
    const options = { signal } as { signal: AbortSignal }
    const mistake = { code: 'configuration', message: 'signal: must be an AbortSignal' }

    expect((await clock.until(order.start(cart, options).settled)).error).toMatchObject(mistake)
    expect((await clock.until(order.settle(cart, options))).error).toMatchObject(mistake)
    const calls: (() => Promise<unknown>)[] = [
      () => order.resume(cart, options),
      () => order.cancel(cart, options),
      () => client.resume(options),
    ]
    for (const call of calls) expect((await clock.until(ending(call()))).error).toMatchObject(mistake)
    expect(server.requests).toEqual([])
    expect(await records()).toEqual([])
  })
})

function throwing({ error }: { readonly error?: unknown }): never {
  throw error
}

test('a client tells wrong options of resume and clear', async () => {
  const { client } = bench()
  const { error } = await ending(client.resume({ send: 'yes' } as never))
  expect(error).toMatchObject({ code: 'configuration', message: 'resume.send: must be true or false' })
  await expect(client.resume({ signal: {} } as never)).rejects.toMatchObject({ code: 'configuration' })
  await expect(client.clear({ force: 1 } as never)).rejects.toMatchObject({ code: 'configuration' })
})

describe('an option that a call does not have is told by name, and nothing is sent or changed', () => {
  const wrong = (options: unknown) => options as never
  const { signal } = new AbortController()
  const loose = (order: object) => order as { readonly inspect: (...given: unknown[]) => Promise<unknown> }

  test.each<[string, string, (order: Order) => Promise<unknown>]>([
    ['run', '.run.singal: there is no such option', order => order.run(cart, wrong({ singal: signal }))],
    ['run', '.run.timeout: there is no such option', order => order.run(cart, wrong({ timeout: 5_000 }))],
    [
      'a signal in the place of run',
      '.run: takes its options as { signal }',
      order => order.run(cart, wrong(signal)),
    ],
    ['start', '.start.foo: there is no such option', order => order.start(cart, wrong({ foo: 1 })).result],
    [
      'settle',
      '.settle.timeout: there is no such option',
      async order => throwing(await order.settle(cart, wrong({ timeout: 5_000 }))),
    ],
    [
      'settle by id',
      '.settle: takes its options as { signal }',
      async order => throwing(await order.byId('cart-42').settle(wrong(signal))),
    ],
    ['resume', '.resume.sned: there is no such option', order => order.resume(cart, wrong({ sned: true }))],
    ['resume', '.resume: takes its options as { send, signal }', order => order.resume(cart, wrong(true))],
    ['cancel', '.cancel.force: there is no such option', order => order.cancel(cart, wrong({ force: true }))],
    ['inspect', '.inspect.foo: there is no such option', order => loose(order).inspect(cart, { foo: 1 })],
    [
      'inspect by id',
      '.inspect.foo: there is no such option',
      order => loose(order.byId('cart-42')).inspect({ foo: 1 }),
    ],
  ])('%s%s', async (_, message, call) => {
    const { placeOrder, server, clock, records } = bench()
    const { error } = await clock.until(ending(call(placeOrder())))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: `operation(place-order)${message}`,
    })
    expect(server.requests).toEqual([])
    expect(await records()).toEqual([])
  })

  test('of a client too', async () => {
    const { client } = bench()
    await expect(client.resume({ sned: true } as never)).rejects.toMatchObject({
      code: 'configuration',
      message: 'resume.sned: there is no such option',
    })
    await expect(client.clear({ forse: true } as never)).rejects.toMatchObject({
      code: 'configuration',
      message: 'clear.forse: there is no such option',
    })
  })

  test.each<[string, unknown]>([
    ['a promise', Promise.resolve({ force: true })],
    ['a Map', new Map([['force', true]])],
    ['a scope', 'user-7'],
    ['a number', 1],
    ['null', null],
    ['an option', { scope: 'user-7' }],
  ])('of a client, in another shape: %s', async (_, shape) => {
    const { client } = bench()
    for (const name of ['pending', 'close', 'resume', 'clear'] as const) {
      const call = client[name].bind(client) as (options: unknown) => Promise<unknown>
      expect((await ending(call(shape))).error).toMatchObject({
        code: 'configuration',
        message: expect.stringMatching(
          new RegExp(`^${name}(?:: takes|\\.scope: (?:there is no such option|must be 'all'))`),
        ),
      })
    }
  })

  test.each([undefined, null, {}, { signal: undefined }])('%o is no option', async options => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    expect(await clock.until(placeOrder().run(cart, wrong(options)))).toEqual({ order: 9 })
  })
})

describe('a write ahead that fails after long, of an operation of which the store has nothing', () => {
  test.each<[string, 'unknown' | 'not-executed', number, boolean]>([
    ['its lease ran out, another took it up, executed it, and cleared: unknown', 'unknown', 61_000, true],
    ['its lease ran out, and it never was there: unknown', 'unknown', 61_000, false],
    ['within its lease: not executed', 'not-executed', 59_000, false],
  ])('%s', async (_, outcome, afterMs, isTaken) => {
    const kept = memoryStore({ now: () => START })
    let fails = () => {}
    const failed = new Promise<never>((_resolve, reject) => {
      fails = () => reject(new Error('the disk is gone'))
    })
    let isFirst = true
    const store: RecordStore = {
      ...kept,
      set: async (key, value, how) => {
        const isLost = isFirst
        isFirst = false
        if (!isLost) return kept.set(key, value, how)
        if (isTaken) await kept.set(key, value, how)
        return failed
      },
    }
    const { placeOrder, server, clock, another } = bench({ store, timeout: 30_000 })
    server.script(answer(201, { order: 9 }))
    const waiting = placeOrder().start(cart)
    await clock.advance(afterMs)
    if (isTaken) {
      const other = another({ timeout: 30_000 })
      await clock.until(other.placeOrder().run(cart))
      await clock.until(other.client.clear())
    }
    fails()

    expect(await clock.until(waiting.settled)).toMatchObject({ outcome, error: { code: 'store-failed' } })
    expect(server.requests).toHaveLength(isTaken ? 1 : 0)
  })
})
