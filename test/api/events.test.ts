import { describe, expect, test, vi } from 'vitest'
import { listenerErrors } from '../../src/guards/listeners.ts'
import type { Run } from '../../src/client/join-run.ts'
import type { OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { afterMs, answer, cutAnswer, reset, silence } from './bench/scripted-server.ts'

const types = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type)

describe('events, in their order', () => {
  test('a first attempt that succeeds', async () => {
    const { placeOrder, server, clock, events } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    const about = {
      name: 'place-order',
      operationId: 'cart-42',
      scope: 'user-7',
      key: 'key-1',
      at: 1_800_000_000_000,
    }
    expect(events).toEqual([
      { ...about, type: 'claimed', generation: 1 },
      { ...about, type: 'attempt', attempt: 1, generation: 1 },
      {
        ...about,
        type: 'answer',
        attempt: 1,
        status: 201,
        verdict: 'succeeded',
        reason: '201',
        durationMs: 0,
      },
      { ...about, type: 'settled', outcome: 'executed', code: undefined, replayed: false, durationMs: 0 },
    ])
  })

  test('how long each took, whose it was, and in which trace', async () => {
    let trace = 'trace-1'
    const { placeOrder, server, clock, events } = bench({ traceId: () => trace })
    server.script(afterMs(clock, 40, reset), afterMs(clock, 70, answer(201, { order: 9 })))
    const order = placeOrder()
    const run = order.run(cart)
    trace = 'trace-2'
    const joined = order.run(cart)
    await clock.until(Promise.all([run, joined]))

    expect(events.every(({ scope }) => scope === 'user-7')).toBe(true)
    expect(events.map(({ type, traceId }) => [type, traceId])).toContainEqual(['joined', 'trace-2'])
    expect(events.filter(({ type }) => type !== 'joined').every(({ traceId }) => traceId === 'trace-1')).toBe(
      true,
    )
    expect(events.flatMap(each => ('durationMs' in each ? [[each.type, each.durationMs]] : []))).toEqual([
      ['answer', 40],
      ['answer', 70],
      ['settled', 235],
    ])
  })

  test('how long an ask took', async () => {
    const { placeOrder, server, clock, events } = bench({ retry: { attempts: 1 } })
    server.script(reset, afterMs(clock, 30, answer(200, { order: 9 })))
    await clock.until(placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).run(cart))

    expect(events).toContainEqual(expect.objectContaining({ type: 'query', durationMs: 30 }))
  })

  test('a trace id that throws is told as a listener, and stops nothing', async () => {
    const told: unknown[] = []
    const mistake = new Error('no tracer')
    const { placeOrder, server, clock } = bench({
      traceId: () => {
        throw mistake
      },
      onListenerError: (error, where) => told.push([error, where]),
    })
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(told).toEqual([[mistake, 'traceId']])
  })

  test('a retry', async () => {
    const { placeOrder, server, clock, events } = bench()
    server.script(reset, answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(events).toMatchObject([
      { type: 'claimed' },
      { type: 'attempt', attempt: 1 },
      { type: 'answer', attempt: 1, status: undefined, verdict: 'unknown', reason: 'no answer: ECONNRESET' },
      { type: 'waiting', delayMs: 125, reason: 'again, after: no answer: ECONNRESET', at: 1_800_000_000_000 },
      { type: 'attempt', attempt: 2, at: 1_800_000_000_125 },
      { type: 'answer', attempt: 2, status: 201, verdict: 'succeeded' },
      { type: 'settled', outcome: 'executed' },
    ])
  })

  const status = { request: () => ({ url: 'orders/1' }) }
  const found = answer(200, { order: 9 })
  const at = (header: string) => answer(202, {}, { [header]: '/jobs/1' })

  test.each<[string, readonly Reply[], object, readonly string[]]>([
    [
      'what became of a lost answer, then how it gets on',
      [reset, answer(404), answer(202), found],
      { status },
      ['query absent 404', 'query processing 202', 'poll executed 200'],
    ],
    [
      'by status, how it gets on from the first answer',
      [answer(202), answer(202), found],
      { status },
      ['poll processing 202', 'poll executed 200'],
    ],
    ['at a Location', [at('location'), found], {}, ['poll executed 200']],
    [
      'at a monitor',
      [at('operation-location'), answer(200, { status: 'running' }), answer(200, { status: 'failed' })],
      {},
      ['poll processing 200', 'poll not-executed 200'],
    ],
    [
      'at a monitor that gives no answer, then by status',
      [at('operation-location'), reset, reset, reset, found],
      { status },
      [
        'poll inconclusive undefined',
        'poll inconclusive undefined',
        'poll inconclusive undefined',
        'poll executed 200',
      ],
    ],
    [
      'for the result of what is executed',
      [answer(201, 'no data'), found],
      { status },
      ['query executed 200'],
    ],
    [
      'with a word that says nothing',
      [reset, answer(200, { status: 'frozen' }), found],
      { status },
      ['query inconclusive 200', 'query executed 200'],
    ],
  ])('polls and queries are told apart by what was asked: %s', async (_, replies, definition, told) => {
    const { placeOrder, server, clock, events } = bench({ retry: { attempts: 1 } })
    server.script(...replies)
    await clock.until(placeOrder(definition).start(cart).settled)

    const asked = events.filter(({ type }) => type === 'query' || type === 'poll')
    expect(
      asked.map(({ type, ...more }) => [type, Object(more).reading, Object(more).status].join(' ')),
    ).toEqual(told.map(each => each.replace(' undefined', ' ')))
  })

  test('a settle of what another process left open: a query, and a poll where the server was at work', async () => {
    for (const [first, type] of [
      [reset, 'query'],
      [answer(202), 'poll'],
    ] as const) {
      const { placeOrder, another, server, clock } = bench({ retry: { attempts: 1 }, deadline: 60_000 })
      server.script(first)
      const run = placeOrder().start(cart)
      await clock.settle()
      run.abort()
      await clock.until(run.settled)
      const next = another()
      server.script(found)
      await clock.until(next.placeOrder({ status }).settle(cart))

      expect(types(next.events).filter(each => each === 'query' || each === 'poll')).toEqual([type])
    }
  })

  test('a failure', async () => {
    const { placeOrder, server, clock, events } = bench()
    server.script(answer(402))
    await clock.until(ending(placeOrder().run(cart)))

    expect(events.at(-1)).toMatchObject({
      type: 'settled',
      outcome: 'not-executed',
      code: 'rejected',
      replayed: false,
    })
  })

  test('a stored result', async () => {
    const { placeOrder, server, clock, events } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    events.length = 0
    await clock.until(order.run(cart))

    expect(events).toMatchObject([{ type: 'settled', outcome: 'executed', replayed: true, key: 'key-1' }])
  })

  test('a caller that joins', async () => {
    const { placeOrder, server, clock, events } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(Promise.all([order.run(cart), order.run(cart)]))

    expect(types(events)).toEqual(['joined', 'claimed', 'attempt', 'answer', 'settled'])
  })

  test('a takeover, and what the one that lost it tells', async () => {
    const { placeOrder, runner, server, clock, another, events } = bench({
      retry: { backoff: { base: 8_000 } },
    })
    server.script(reset, answer(201, { order: 9 }))
    const sleeping = placeOrder().start(cart)
    await clock.settle()
    runner.freeze()
    const there = another()
    await clock.until(there.placeOrder().run(cart))
    await runner.thaw()
    await clock.until(sleeping.settled)

    expect(types(there.events)).toEqual(['taken-over', 'claimed', 'attempt', 'answer', 'settled'])
    expect(there.events[0]).toMatchObject({ type: 'taken-over', from: 'runner-1', key: 'key-1' })
    expect(types(events)).toEqual(['claimed', 'attempt', 'answer', 'waiting', 'claim-lost', 'settled'])
    expect(events.at(-1)).toMatchObject({ outcome: 'executed', replayed: true })
  })

  test('each of them has its type in the contract', async () => {
    const { placeOrder, server, clock, events } = bench({ retry: { attempts: 3 } })
    server.script(reset, answer(202), cutAnswer(201, '{"or'), answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    const known = new Set([
      'claimed',
      'joined',
      'attempt',
      'answer',
      'waiting',
      'poll',
      'query',
      'settled',
      'taken-over',
      'claim-lost',
      'late-success',
      'store-failed',
      'bytes-changed',
      'fact-dropped',
    ])
    for (const { type } of events) expect(known).toContain(type)
  })

  describe('a store that fails is told, with what it was doing', () => {
    const locked = new Error('database is locked')
    const failed = {
      type: 'store-failed',
      name: 'place-order',
      scope: 'user-7',
      operationId: 'cart-42',
      cause: locked,
    }

    test('a run that cannot read', async () => {
      const { placeOrder, store, clock, events } = bench()
      store.get = () => Promise.reject(locked)
      await clock.until(ending(placeOrder().run(cart)))

      expect(events.filter(({ type }) => type === 'store-failed')).toEqual([
        { ...failed, doing: 'read', key: undefined, at: 1_800_000_000_000 },
      ])
    })

    test('calls that cannot read: each once', async () => {
      const { placeOrder, store, clock, events } = bench()
      store.get = () => Promise.reject(locked)
      const order = placeOrder({ cancel: { request: () => ({ url: 'orders/9' }) } })
      const calls = [
        () => order.inspect(cart),
        () => order.settle(cart),
        () => order.cancel(cart),
        () => order.forget(cart),
        () => order.conclude(cart, { outcome: 'executed' }),
      ]
      for (const [index, call] of calls.entries()) {
        await clock.until(ending<unknown>(call()))
        const told = events.filter(({ type }) => type === 'store-failed')
        expect(told).toHaveLength(index + 1)
        expect(told.at(-1)).toMatchObject({ ...failed, doing: 'read' })
      }
    })

    test('a run whose first word is known, and that cannot read again', async () => {
      const { placeOrder, store, server, clock, events } = bench({ retry: { attempts: 1 } })
      server.script(reset)
      const order = placeOrder()
      await clock.until(ending(order.run(cart)))
      const get = store.get.bind(store)
      let reads = 0
      store.get = key => (++reads > 1 ? Promise.reject(locked) : get(key))
      store.set = () => Promise.resolve(undefined)
      await clock.until(ending(order.run(cart)))

      expect(events).toContainEqual(expect.objectContaining({ ...failed, doing: 'read', key: 'key-1' }))
    })

    test('a run that cannot claim', async () => {
      const { placeOrder, store, server, clock, events } = bench({ retry: { attempts: 1 } })
      server.script(reset)
      const order = placeOrder()
      await clock.until(ending(order.run(cart)))
      store.set = () => Promise.reject(locked)
      await clock.until(ending(order.run(cart)))

      expect(events).toContainEqual(expect.objectContaining({ ...failed, doing: 'claim', key: 'key-1' }))
    })

    test('a record that cannot be understood is no failure of the store', async () => {
      const { placeOrder, overwrite, store, server, clock, events } = bench({ retry: { attempts: 1 } })
      server.script(reset)
      const order = placeOrder()
      await clock.until(ending(order.run(cart)))
      await overwrite('{"v":1}')
      expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'store-corrupt' })
      store.get = () => Promise.reject(Object.assign(new Error('sealed otherwise'), { kind: 'corrupt' }))
      expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'store-corrupt' })

      expect(events.map(({ type }) => type)).not.toContain('store-failed')
    })
  })

  test('a fact that the store dropped before its time', async () => {
    const { memoryStore } = await import('../../src/stores/memory/memory-store.ts')
    const { placeOrder, server, clock, events } = bench({ store: memoryStore({ maxSettled: 1 }) })
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    await clock.until(order.run({ id: 'cart-43' }))
    await clock.settle()

    expect(events).toContainEqual(expect.objectContaining({ type: 'fact-dropped' }))
  })
})

describe('events tell no secrets', () => {
  test('no body, header or credential is in any of them', async () => {
    const { placeOrder, runner, server, store, clock, another, events } = bench({
      headers: { authorization: 'canary-token' },
      retry: { attempts: 3 },
    })
    const definition = {
      persist: 'request' as const,
      dropHeaders: ['x-own'],
      request: () => ({
        method: 'post',
        url: 'orders?token=canary-query',
        json: 'canary-body',
        headers: { 'x-own': 'canary-header' },
      }),
      status: { request: () => ({ url: 'orders/1?token=canary-query' }) },
    }
    server.script(
      () => {
        throw new TypeError('canary-error', {
          cause: Object.assign(new Error('canary-cause'), { code: 'canary code' }),
        })
      },
      answer(503, { secret: 'canary-answer' }, { 'x-own': 'canary-answer-header' }),
      answer(202, { secret: 'canary-answer' }, { location: '/status?token=canary-location' }),
      answer(200, { order: 9, secret: 'canary-answer' }),
    )
    await clock.until(placeOrder(definition).run(cart))
    const set = store.set.bind(store)
    let writes = 0
    store.set = (key, value, options) =>
      ++writes === 2 ? Promise.reject(new Error('full')) : set(key, value, options)
    server.script(answer(201, { secret: 'canary-answer' }), silence, answer(402, { secret: 'canary-answer' }))
    await clock.until(ending(placeOrder({ ...definition, redefine: true }).run({ id: 'cart-43' })))
    void ending(placeOrder({ ...definition, redefine: true }).run({ id: 'cart-44' }))
    await clock.settle()
    runner.freeze()
    const there = another()
    await clock.until(ending(there.placeOrder(definition).run({ id: 'cart-44' })))

    const told = JSON.stringify([events, there.events], (_, value: unknown) =>
      value instanceof Error ? [value.name, value.message, value.cause] : value,
    )
    expect(told).toContain('taken-over')
    expect(told).toContain('store-failed')
    expect(told).not.toContain('canary')
  })
})

describe('a listener that throws', () => {
  const mistake = new Error('listener')
  const listeners: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw mistake
      },
    ],
    ['rejects', () => Promise.reject(mistake)],
  ]

  test.each(listeners)(
    '%s: of onEvent it does not disturb the run, and goes to onListenerError',
    async (_, onEvent) => {
      const told: unknown[] = []
      const { placeOrder, server, clock } = bench({
        onEvent,
        onListenerError: (error, where) => told.push([error, where]),
      })
      server.script(reset, answer(201, { order: 9 }))

      expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
      expect(told.length).toBeGreaterThan(3)
      expect(told[0]).toEqual([mistake, 'onEvent'])
    },
  )

  test.each(listeners)(
    '%s: of subscribe it disturbs neither the run nor the other listeners',
    async (_, listener) => {
      const told: unknown[] = []
      const { placeOrder, server, clock } = bench({
        retry: { attempts: 1 },
        onListenerError: (error, where) => told.push([error, where]),
      })
      server.script(reset, answer(201, { order: 9 }))
      const order = placeOrder()
      const watched = async (run: Run<OrderData> | undefined) => {
        const seen: string[] = []
        run?.subscribe(listener)
        run?.subscribe(() => seen.push(run.snapshot.phase))
        const { outcome } = await run!.settled
        return [outcome, seen.at(-1)]
      }
      expect(await clock.until(watched(order.start(cart)))).toEqual(['unknown', 'settled'])
      const before = told.length
      const resumed = order.resume(cart, { send: true }).then(watched)
      expect(await clock.until(resumed)).toEqual(['executed', 'settled'])
      expect(told.length).toBeGreaterThan(before)
      expect(told[0]).toEqual([mistake, 'subscribe'])
    },
  )

  test('what onListenerError throws or rejects with is dropped', async () => {
    const throwing = bench({
      onEvent: listeners[0]![1],
      onListenerError: () => {
        throw mistake
      },
    })
    const rejecting = bench({ onEvent: listeners[0]![1], onListenerError: () => Promise.reject(mistake) })
    for (const { placeOrder, server, clock } of [throwing, rejecting]) {
      server.script(answer(201, { order: 9 }))
      expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    }
  })

  test('without onListenerError it is a warning of Node, and the process lives', async () => {
    const warned = vi.fn<(warning: Error) => void>()
    process.on('warning', warned)
    const { placeOrder, server, clock } = bench({ onEvent: listeners[0]![1] })
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    await vi.waitFor(() => expect(warned).toHaveBeenCalled())
    process.off('warning', warned)
    expect(warned.mock.calls[0]![0]).toMatchObject({
      name: 'StillonceListenerWarning',
      message: expect.stringContaining('a listener (onEvent) threw: Error: listener'),
      cause: mistake,
    })
  })

  test('without onListenerError, in a page, it is a reported error', async () => {
    const reported = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('process', undefined)
    vi.stubGlobal('reportError', reported)
    listenerErrors(undefined)(mistake, 'subscribe')
    vi.unstubAllGlobals()

    expect(reported).toHaveBeenCalledWith(mistake)
  })
})
