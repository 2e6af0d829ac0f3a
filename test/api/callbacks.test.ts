import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Conclusion } from '../../src/client/stored/call-arguments.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { fetchTransport } from '../../src/transports/fetch.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, cutAnswer, reset } from './bench/scripted-server.ts'

const at = 'operation(place-order)'

type Changes = Partial<OperationDefinition<Cart, OrderData>>
type Callback = (...given: never[]) => unknown
type Order = ReturnType<ReturnType<typeof bench>['placeOrder']>

const ask = { request: () => ({ url: 'orders/9' }) }

/** Each callback that must be synchronous: where it stands, and what is known once it gave a promise. */
const callbacks: [string, (callback: Callback) => unknown, 'not-executed' | 'unknown'][] = [
  ['id', id => ({ id }), 'not-executed'],
  ['request', request => ({ request }), 'not-executed'],
  ['fingerprint', fingerprint => ({ fingerprint }), 'not-executed'],
  ['key', key => ({ key }), 'not-executed'],
  ['verdict', verdict => ({ verdict }), 'unknown'],
  [
    'status.request',
    request => ({ status: { request, read: () => ({ processing: true }) } }),
    'not-executed',
  ],
  ['status.read', read => ({ status: { ...ask, read } }), 'unknown'],
]

const thenable = (): unknown => {
  const promise = Promise.resolve('x')
  // oxlint-disable-next-line unicorn/no-thenable -- promises of other libraries are such objects
  return { then: promise.then.bind(promise) }
}
const asynchronous: [string, () => unknown][] = [
  ['gives a promise', () => Promise.resolve('rejected')],
  ['rejects', () => Promise.reject(new Error('broken'))],
  ['gives what can be awaited', thenable],
]

const strays: unknown[] = []
const stray = (reason: unknown) => void strays.push(reason)
beforeEach(() => void process.on('unhandledRejection', stray))
afterEach(() => {
  process.off('unhandledRejection', stray)
  if (strays.length > 0) throw new Error('a rejection that nobody heard', { cause: strays.splice(0) })
})

describe.each(asynchronous)('a callback that %s where it must be synchronous', (_, callback) => {
  test.each(callbacks)('%s is told by its name', async (path, changesWith, outcome) => {
    const { placeOrder, server, clock, record } = bench({ profile: noKeys, retry: { attempts: 1 } })
    server.script(path.startsWith('status') ? reset : answer(402, { declined: true }))
    server.always(answer(200, { order: 9 }))
    const end = await clock.until(placeOrder(changesWith(callback) as Changes).start(cart).settled)
    await clock.settle()

    expect(end.error).toMatchObject({
      code: 'configuration',
      message: `${at}.${path}: must be synchronous: it gave a promise`,
    })
    // Of an id that is none no record can be read, so nothing is claimed of it.
    expect(end.outcome).toBe(path === 'id' ? 'unknown' : outcome)
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(
      outcome === 'unknown' ? 1 : 0,
    )
    expect((await record())?.key).toBe(outcome === 'unknown' ? 'key-1' : undefined)
  })

  test.each<[string, unknown]>([
    ['cancel.request', { request: callback, read: () => ({ sealed: true }) }],
    ['cancel.read', { ...ask, read: callback }],
  ])('%s is told by its name, and seals nothing', async (path, cancel) => {
    const { placeOrder, server, clock, record } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(200, { status: 'canceled' }))
    const order = placeOrder({ cancel } as Changes)
    await clock.until(ending(order.run(cart)))
    const { error } = await clock.until(ending(order.cancel(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: `${at}.${path}: must be synchronous: it gave a promise`,
    })
    expect(await record()).toMatchObject({ state: 'pending' })
  })

  test.each(['scope', 'account'] as const)('%s is told by its name, and nothing is sent', async name => {
    const { placeOrder, server, clock } = bench({ [name]: callback as () => string })
    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({
      code: 'configuration',
      message: `${name}: must be synchronous: it gave a promise`,
    })
    expect(server.requests).toEqual([])
  })
})

describe('a promise in what a callback gives', () => {
  const rejecting = () => Promise.reject(new Error('broken'))
  const fault = 'is a promise: wait for it first'

  test.each<[string, () => unknown, string]>([
    ['as the data', () => ({ outcome: 'executed', data: Promise.resolve({ order: 9 }) }), 'data'],
    ['that rejects', () => ({ outcome: 'executed', data: rejecting() }), 'data'],
    [
      'deep in the data, with another behind it',
      () => ({ outcome: 'executed', data: { lines: [{ price: rejecting() }, thenable(), rejecting()] } }),
      'data.lines[0].price',
    ],
  ])('of status.read, %s: executed, and told by its name', async (_, read, path) => {
    const { placeOrder, server, clock, record } = bench({ profile: noKeys, retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(200, {}))
    const order = placeOrder({ status: { ...ask, read } } as Changes)
    const end = await clock.until(order.start(cart).settled)
    await clock.settle()

    expect(end).toMatchObject({
      outcome: 'executed',
      data: undefined,
      error: { code: 'configuration', outcome: 'executed', message: `${at}.status.read.${path}: ${fault}` },
    })
    expect(await record()).toMatchObject({ state: 'succeeded' })
  })

  test('of status.read, as the error: not executed, and told by its name', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys, retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(200, {}))
    const read = () => ({ outcome: 'not-executed', error: rejecting() }) as const
    const end = await clock.until(placeOrder({ status: { ...ask, read } }).start(cart).settled)
    await clock.settle()

    expect(end).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'configuration', message: `${at}.status.read.error: ${fault}` },
    })
  })

  test('of cancel.read: executed, and told by its name', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(200, {}))
    const read = () => ({ outcome: 'executed', data: { order: rejecting() } }) as const
    const order = placeOrder({ cancel: { ...ask, read } })
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'executed',
      error: { code: 'configuration', message: `${at}.cancel.read.data.order: ${fault}` },
    })
  })

  test('of onConflict: the conflict stands, and the cause is told by its name', async () => {
    const { placeOrder, server, clock, record } = bench({ profile: noKeys })
    server.script(answer(409, {}))
    const order = placeOrder({ onConflict: () => ({ executed: { order: rejecting() } }) })

    expect(await clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      error: {
        code: 'conflict',
        cause: { code: 'configuration', message: `${at}.onConflict.executed.order: ${fault}` },
      },
    })
    expect(await record()).toMatchObject({ state: 'pending' })
  })

  test.each(['a promise', 'one that rejects', 'what can be awaited'])(
    'of onConflict, as the next input, %s: nothing more is sent',
    async kind => {
      const { placeOrder, server, clock, record } = bench({ profile: noKeys })
      server.script(answer(412, {}))
      server.always(answer(200, { order: 9 }))
      const given =
        { 'a promise': () => Promise.resolve(cart), 'one that rejects': rejecting }[kind] ?? thenable
      const order = placeOrder({
        request: () => ({ method: 'put', url: 'orders/9', json: 1, headers: { 'if-match': '1' } }),
        onConflict: () => ({ notMine: true, next: given() as Cart }),
      })

      expect(await clock.until(order.start(cart).settled)).toMatchObject({
        outcome: 'unknown',
        error: {
          code: 'conflict',
          cause: { code: 'configuration', message: `${at}.onConflict.next: ${fault}` },
        },
      })
      expect(server.requests).toHaveLength(1)
      expect(await record()).toMatchObject({ state: 'pending' })
    },
  )

  test.each<[string, () => unknown, string]>([
    ['an id', () => ({ id: () => ({ order: rejecting() }) }), 'id: order is of class Promise'],
    ['a list of an id', () => ({ id: () => [rejecting(), rejecting()] }), 'id: [0] is of class Promise'],
    [
      'a getter of an id',
      () => ({
        id: () => ({
          get a() {
            return rejecting()
          },
        }),
      }),
      'id: a is of class Promise',
    ],
    [
      'a getter of an id that throws it',
      () => ({
        id: () => ({
          get a() {
            // oxlint-disable-next-line typescript/only-throw-error -- what a caller's own code throws is anything
            throw rejecting()
          },
        }),
      }),
      'id: cannot',
    ],
    [
      'json',
      () => request({ json: { a: [rejecting(), { b: rejecting() }] } }),
      'request.json: a[0] is of class Promise',
    ],
    ['json alone', () => request({ json: rejecting() }), 'request.json: it is of class Promise'],
    ['a toJSON', () => request({ json: { toJSON: rejecting } }), 'request.json: it is of class Promise'],
    ['the url', () => request({ url: rejecting() }), 'request.url: is not a URL'],
    ['the method', () => request({ method: rejecting() }), 'request.method: must be'],
    ['the body', () => request({ body: rejecting() }), 'request.body: can be sent only once'],
    ['a header', () => request({ headers: { a: rejecting() } }), 'request.headers.a: is not'],
    ['pairs of headers', () => request({ headers: [['a', rejecting()]] }), 'request.headers.a: is not'],
    [
      'a Map of headers',
      () => request({ headers: new Map([['a', rejecting()]]) }),
      'request.headers.a: is not',
    ],
    ['a field too many', () => request({ params: rejecting() }), 'request.params: would be left out'],
    [
      'a fingerprint',
      () => ({ fingerprint: () => ({ a: [rejecting()] }) }),
      'fingerprint: a[0] is of class Promise',
    ],
  ])('in %s, that rejects: refused by name, and heard', async (_, changes, message) => {
    const { placeOrder, server, clock } = bench()
    const end = await clock.until(placeOrder(changes() as Changes).start(cart).settled)
    await clock.settle()

    expect(end.error).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining(`${at}.${message}`),
    })
    expect(server.requests).toEqual([])
  })

  function request(fields: object) {
    return { request: () => ({ method: 'post', url: 'orders', ...fields }) }
  }

  test.each<[string, () => object]>([
    ['the url', () => ({ url: rejecting() })],
    ['a header', () => ({ url: 'orders/9', headers: { a: rejecting() } })],
    ['json', () => ({ url: 'orders/9', method: 'post', json: { a: rejecting() } })],
  ])('in %s of status.request, that rejects: heard', async (_, spec) => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 5_000 })
    server.always(reset)
    const status = { request: spec as () => { url: string }, read: () => ({ processing: true }) as const }
    const end = await clock.until(placeOrder({ status }).start(cart).settled)
    await clock.settle()

    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'configuration' } })
  })

  test.each<[string, (order: Order) => Promise<unknown>]>([
    [
      'the key of conclude',
      order => order.conclude(cart, { outcome: 'executed', key: rejecting() } as never),
    ],
    ['the outcome of conclude', order => order.conclude(cart, { outcome: rejecting() } as never)],
    ['what conclude is told', order => order.conclude(cart, rejecting() as never)],
    ['options of conclude', order => order.conclude(cart, { outcome: 'executed' }, rejecting() as never)],
    [
      'a flag of conclude',
      order => order.conclude(cart, { outcome: 'executed' }, { begin: rejecting() } as never),
    ],
    ['options of forget', order => order.forget(cart, rejecting() as never)],
    ['the key of forget', order => order.forget(cart, { key: rejecting() } as never)],
    ['options of resume', order => order.resume(cart, rejecting() as never)],
    ['a signal', order => order.settle(cart, { signal: rejecting() } as never)],
    ['the id of byId', order => order.byId(rejecting()).inspect()],
  ])('as %s: refused, and heard', async (_, call) => {
    const { placeOrder, clock } = bench()
    const { data, error } = (await clock.until(ending(call(placeOrder())))) as {
      data?: unknown
      error?: unknown
    }
    await clock.settle()

    expect(error ?? (data as { error: unknown }).error).toMatchObject({ code: 'configuration' })
  })

  test.each<[string, () => object, string]>([
    [
      'a getter gives',
      () => Object.defineProperty({}, 'a', { get: rejecting, enumerable: true }),
      '.a: is a promise',
    ],
    ['a toJSON gives', () => ({ a: { toJSON: rejecting } }), '.a: is a promise'],
  ])('that %s, of conclude and status.read: refused, and heard', async (_, data, message) => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 5_000 })
    server.script(reset)
    server.always(answer(200, {}))
    const read = () => ({ outcome: 'executed', data: data() }) as const
    const order = placeOrder({ status: { ...ask, read } })
    const end = await clock.until(order.start(cart).settled)
    const { error } = await clock.until(ending(order.conclude(cart, { outcome: 'executed', data: data() })))
    await clock.settle()

    expect(end.error?.message).toContain(`${at}.status.read.data${message}`)
    expect(error?.message).toContain(`${at}.conclude.data${message}`)
  })

  test('in the place of what a store lists: told, and heard', async () => {
    const { client } = bench({ store: { ...memoryStore(), listOpen: rejecting as never } })

    expect((await ending(client.pending())).error).toMatchObject({ code: 'store-failed' })
  })

  test('as the reason of an abort: heard', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 5_000 })
    server.always(reset)
    const controller = new AbortController()
    const order = placeOrder({ cancel: { ...ask, read: () => ({ sealed: true }) as const } })
    const run = order.start(cart, { signal: controller.signal })
    const cancelling = ending(order.cancel(cart, { signal: controller.signal }))
    controller.abort(rejecting())
    const end = await clock.until(run.settled)
    await clock.until(cancelling)
    await clock.settle()

    expect(end.error).toMatchObject({ code: 'aborted' })
  })

  test.each([
    ['data', 'executed'],
    ['error', 'not-executed'],
  ])('of conclude, in its %s: nothing is written', async (part, outcome) => {
    const { placeOrder, server, clock, record } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    const before = await record()
    const given = { outcome, [part]: { order: rejecting() } } as Conclusion

    expect((await clock.until(ending(order.conclude(cart, given)))).error).toMatchObject({
      code: 'configuration',
      message: `${at}.conclude.${part}.order: ${fault}`,
    })
    expect(await record()).toEqual(before)
  })
})

describe('a callback that throws a promise which rejects', () => {
  const throws = (): never => {
    // oxlint-disable-next-line typescript/only-throw-error -- what a caller's own code throws is anything
    throw Promise.reject(new Error('broken'))
  }
  const schema = { '~standard': { version: 1 as const, vendor: 'own', validate: throws } }

  test.each<[string, object, object]>([
    ['id', {}, { id: throws }],
    ['request', {}, { request: throws }],
    ['key', {}, { key: throws }],
    ['verdict', {}, { verdict: throws }],
    ['response', {}, { response: schema }],
    ['status.request', {}, { status: { request: throws, read: () => ({ processing: true }) } }],
    ['status.read', {}, { status: { ...ask, read: throws } }],
    ['onEvent', { onEvent: throws }, {}],
    ['onEvent, beside onListenerError', { onEvent: throws, onListenerError: () => {} }, {}],
    ['onListenerError', { onEvent: throws, onListenerError: throws }, {}],
    ['scope', { scope: throws }, {}],
    ['account', { account: throws }, {}],
    ['headers', { headers: throws }, {}],
    ['a store', { store: { ...memoryStore(), get: throws } }, {}],
    ['a store’s writing', { store: { ...memoryStore(), set: throws } }, {}],
    ['a store’s lock', { store: { ...memoryStore(), lock: throws } }, {}],
    ['a codec', { store: memoryStore({ codec: { encrypt: throws, decrypt: text => text } }) }, {}],
  ])('%s: it is heard, and the call ends', async (name, setup, changes) => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 }, deadline: 5_000, ...setup })
    server.script(name.startsWith('status') ? reset : answer(201, { order: 9 }))
    server.always(answer(200, {}))
    const run = placeOrder(changes).start(cart)
    run.subscribe(throws)
    const end = await clock.until(run.settled)
    await clock.settle()

    const isExecuted = /^(?:onEvent|onListener|response|a store’s lock)/.test(name)
    const isKnown = !/^(?:verdict|status|id|scope|a store$)/.test(name)
    expect(end.outcome).toBe(
      isExecuted ? 'executed' : { true: 'not-executed', false: 'unknown' }[`${isKnown}`],
    )
  })

  test('cancel.request', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    const order = placeOrder({ cancel: { request: throws, read: () => ({ sealed: true }) } })
    await clock.until(ending(order.run(cart)))

    expect((await clock.until(ending(order.cancel(cart)))).error).toMatchObject({ code: 'configuration' })
  })
})

describe('a verdict that is none', () => {
  test('which cannot be read is told by name', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(201, { order: 9 }))
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it gives
    const unreadable = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('canary-4711')
      },
    })
    const end = await clock.until(placeOrder({ verdict: () => unreadable as never }).start(cart).settled)

    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'configuration' } })
    expect(end.error?.message).toContain(`${at}.verdict: gave what cannot be read`)
    expect(end.error?.message).not.toContain('canary')
  })

  test.each(['ok', 'success', true, null, {}, 1])(
    '%j is told by name, with what the server said',
    async word => {
      const { placeOrder, server, clock } = bench()
      server.always(answer(201, { order: 9 }))
      const end = await clock.until(placeOrder({ verdict: () => word as never }).start(cart).settled)

      expect(end).toMatchObject({
        outcome: 'unknown',
        error: {
          code: 'configuration',
          message: expect.stringContaining(`${at}.verdict: must give a verdict or undefined`),
          response: { status: 201, body: { order: 9 } },
        },
      })
      expect(server.requests).toHaveLength(1)
    },
  )
})

describe('a status.read that gives no reading', () => {
  const none = 'status.read gave none of its answers'
  const broken = new Error('broken')
  const readings: [string, () => unknown, string][] = [
    ['null', () => null, none],
    ['nothing', () => undefined, none],
    ['a word', () => 'executed', none],
    ['true', () => true, none],
    ['a list', () => ['executed'], none],
    ['a word that is none', () => ({ outcome: 'Executed' }), none],
    ['processing: 1', () => ({ processing: 1 }), none],
    ['a promise that rejects', () => ({ absent: Promise.reject(broken) }), none],
    ['two at once', () => ({ outcome: 'executed', absent: true }), none],
    [
      'an error',
      () => {
        throw broken
      },
      'status.read threw',
    ],
  ]

  test.each(readings)('%s: unknown, and named at the end', async (_, read, named) => {
    const { placeOrder, server, clock } = bench({
      profile: noKeys,
      retry: { attempts: 1 },
      deadline: 5_000,
    })
    server.script(reset)
    server.always(answer(200, { order: 9 }))
    const order = placeOrder({ status: { ...ask, read } } as Changes)
    const end = await clock.until(order.start(cart).settled)
    await clock.settle()

    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'unresolved' } })
    expect(end.error?.message).toContain(`; ${named}`)
  })

  test.each(readings)('%s where the result alone is missing: executed, and named', async (_, read, named) => {
    const { placeOrder, server, clock } = bench({
      profile: noKeys,
      retry: { attempts: 1 },
      deadline: 5_000,
    })
    server.script(cutAnswer(201, '{"order":'))
    server.always(answer(200, { order: 9 }))
    const order = placeOrder({ status: { ...ask, read } } as Changes)
    const end = await clock.until(order.start(cart).settled)

    expect(end).toMatchObject({ outcome: 'executed', data: undefined, error: { outcome: 'executed' } })
    expect(end.error?.message).toContain(`; ${named}`)
  })

  test('that throws: what it threw is the cause', async () => {
    const { placeOrder, server, clock } = bench({
      profile: noKeys,
      retry: { attempts: 1 },
      deadline: 5_000,
    })
    server.script(reset)
    server.always(answer(200, {}))
    const read = () => {
      throw broken
    }
    const end = await clock.until(placeOrder({ status: { ...ask, read } }).start(cart).settled)

    expect(end.error?.cause).toBe(broken)
  })

  test('that gives one later is no longer named', async () => {
    const { placeOrder, server, clock } = bench({
      profile: noKeys,
      retry: { attempts: 1 },
      deadline: 5_000,
    })
    server.script(reset, answer(200, { odd: true }))
    server.always(answer(200, {}))
    const read = ({ body }: { body: unknown }) => ('odd' in (body as object) ? null : { processing: true })
    const end = await clock.until(placeOrder({ status: { ...ask, read } } as Changes).start(cart).settled)

    expect(end.error?.message).not.toContain('status.read')
  })
})

describe('retry budgets', () => {
  test('what fails for one user takes nothing from another', async () => {
    const { client, server, clock } = bench({
      deadline: 2_000,
      retry: { attempts: 4, backoff: { base: 1, cap: 1 } },
    })
    server.always(reset)
    const press = async (scope: string, id: string) => {
      const before = server.requests.length
      const pay = client.withScope(scope).operation<string>({
        name: 'pay',
        id: given => given,
        request: () => ({ method: 'post', url: 'charges' }),
        redefine: true,
      })
      await clock.until(ending(pay.run(id)))
      return server.requests.length - before
    }
    const sends: number[] = []
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) sends.push(await press('anna', id))

    expect(sends).toEqual([4, 4, 4, 4, 1, 1])
    expect(await press('bert', 'a')).toBe(4)
  })
})

describe('fake timers that leave `performance` as it is', () => {
  afterEach(() => void vi.useRealTimers())

  test('a run ends at its deadline all the same', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const client = createClient({
      transport: fetchTransport({
        baseUrl: 'https://shop.test/',
        fetch: () => Promise.resolve(new Response(null, { status: 503 })),
      }),
      store: memoryStore(),
      scope: 'anna',
      profile: ietf,
      retry: { attempts: 1 },
    })
    const pay = client.operation<string>({
      name: 'pay',
      id: id => id,
      request: () => ({ method: 'post', url: 'charges' }),
      status: { request: () => ({ url: 'charges/1' }), read: () => ({ processing: true }) },
    })
    const end = pay.start('a').settled
    await vi.runAllTimersAsync()

    expect(await end).toMatchObject({ outcome: 'unknown' })
  })
})
