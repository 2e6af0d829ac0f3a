import { SpanKind, context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openTelemetry } from '../../../src/opentelemetry/open-telemetry.ts'
import { startWorker } from '../../../src/worker/start-worker.ts'
import { post, trialServer } from '../../server/trial-server.ts'
import { definition, leftOpen } from '../../worker/bench/left-open.ts'
import { bench, cart, ending } from '../bench/bench.ts'
import { answer, reset, silence } from '../bench/scripted-server.ts'
import { sdk } from './sdk.ts'

const status = { request: () => ({ url: 'orders/9' }) }

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

describe('a span for each run', () => {
  test('has its attempts as events, and tells how it ended', async () => {
    const { telemetry, spans } = sdk()
    const { placeOrder, server, clock } = bench(telemetry.client)
    server.script(answer(503), answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    const [span] = spans()
    expect(spans()).toHaveLength(1)
    expect(span).toMatchObject({
      name: 'run place-order',
      kind: SpanKind.CLIENT,
      parentId: undefined,
      status: 'UNSET',
      attributes: {
        'stillonce.operation.name': 'place-order',
        'stillonce.operation.id': 'cart-42',
        'stillonce.mode': 'run',
        'stillonce.key': 'key-1',
        'stillonce.outcome': 'executed',
        'stillonce.replayed': false,
      },
      links: [],
    })
    expect(span?.events.map(([name]) => name)).toEqual([
      'stillonce.claimed',
      'stillonce.attempt',
      'stillonce.answer',
      'stillonce.waiting',
      'stillonce.attempt',
      'stillonce.answer',
    ])
    expect(span?.events[1]).toEqual([
      'stillonce.attempt',
      { 'stillonce.attempt': 1, 'stillonce.generation': 1 },
    ])
    expect(span?.events[2]?.[1]).toMatchObject({
      'stillonce.attempt': 1,
      'stillonce.verdict': 'unknown',
      'http.response.status_code': 503,
    })
    expect(span?.events[5]?.[1]).toMatchObject({
      'stillonce.attempt': 2,
      'stillonce.verdict': 'succeeded',
      'http.response.status_code': 201,
    })
  })

  test.each([
    ['a refusal', answer(402), 'not-executed', 'declined', 'rejected'],
    ['nothing known', reset, 'unknown', 'unreachable', 'unresolved'],
  ])('%s is an error by its code', async (_, reply, outcome, reason, code) => {
    const { telemetry, spans } = sdk()
    const { placeOrder, server, clock } = bench({ ...telemetry.client, retry: { attempts: 1 } })
    server.script(reply)
    await clock.until(ending(placeOrder().run(cart)))

    expect(spans()[0]).toMatchObject({
      status: 'ERROR',
      attributes: { 'stillonce.outcome': outcome, 'stillonce.reason': reason, 'error.type': code },
    })
  })

  test('stands under the span that is active where it is called, and its requests carry it', async () => {
    const { telemetry, spans, tracerProvider } = sdk()
    const { placeOrder, server, clock } = bench(telemetry.client)
    server.script(answer(201, { order: 9 }))
    const checkout = tracerProvider.getTracer('shop').startSpan('checkout')
    await context.with(trace.setSpan(context.active(), checkout), () => clock.until(placeOrder().run(cart)))

    const [span] = spans()
    const { traceId, spanId } = checkout.spanContext()
    expect(span).toMatchObject({ traceId, parentId: spanId })
    expect(server.requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${span?.spanId}-01`)
  })

  test('the events of its run carry its trace, also under no other span', async () => {
    const { telemetry, spans } = sdk()
    const { placeOrder, server, clock, events } = bench({
      trace: telemetry.client.trace,
    })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(spans()[0]?.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(events.map(({ traceId }) => traceId))).toEqual(new Set([spans()[0]?.traceId]))
  })

  test('another run of the same key carries its own', async () => {
    const { telemetry, spans } = sdk()
    const { placeOrder, server, clock } = bench({ ...telemetry.client, retry: { attempts: 1 } })
    server.script(reset, answer(201, { order: 9 }))
    await clock.until(ending(placeOrder().run(cart)))
    await clock.until(placeOrder({ redefine: true }).run(cart))

    const sent = server.requests.map(({ key, headers }) => [key, headers['traceparent']?.slice(36, 52)])
    expect(sent).toEqual([
      ['key-1', spans()[0]?.spanId],
      ['key-1', spans()[1]?.spanId],
    ])
    expect(spans()[0]?.spanId).not.toBe(spans()[1]?.spanId)
  })

  test('links to the run that it took over from', async () => {
    const first = sdk()
    const second = sdk()
    const { placeOrder, runner, server, clock, another } = bench(first.telemetry.client)
    server.script(silence, answer(201, { order: 9 }))
    const sleeping = placeOrder().start(cart)
    await clock.settle()
    runner.freeze()
    await clock.until(another(second.telemetry.client).placeOrder().run(cart))
    await runner.thaw()
    await clock.until(sleeping.settled)

    const [old] = first.spans()
    const [span] = second.spans()
    expect(span?.links).toEqual([{ traceId: old?.traceId, spanId: old?.spanId, why: 'taken-over' }])
    expect(span?.events[0]).toEqual(['stillonce.taken-over', { 'stillonce.runner': 'runner-1' }])
    expect(old?.events.map(([name]) => name)).toContain('stillonce.claim-lost')
  })

  test('is made for each look of a worker, whose request carries it, and ends with a look that brought nothing', async () => {
    const { telemetry, spans } = sdk()
    const { process, server, clock, asked } = await leftOpen(['anna/1'])
    const { client, events } = process(telemetry.client)
    server.script(answer(503), answer(201, { order: 9 }))
    const worker = startWorker(client, { stopOn: [] })
    await clock.advance(10_000)
    await clock.until(worker.stop())

    expect(spans().map(span => [span.name, span.status, span.attributes['stillonce.outcome']])).toEqual([
      ['resume place-order', 'ERROR', 'unknown'],
      ['resume place-order', 'UNSET', 'executed'],
    ])
    expect(asked().map(({ headers }) => String(headers['traceparent']).split('-')[2])).toEqual(
      spans().map(({ spanId }) => spanId),
    )
    // The listener of the client hears no end of what is still open.
    expect(events.filter(({ type }) => type === 'settled').map(({ traceId }) => traceId)).toEqual([
      spans()[1]?.traceId,
    ])
  })

  test('of a look of a worker links to the run that the worker took over from', async () => {
    const first = sdk()
    const second = sdk()
    const { client, runner, server, clock, another } = bench(first.telemetry.client)
    server.script(silence, answer(201, { order: 9 }))
    const sleeping = client.operation(definition).start(cart)
    await clock.settle()
    runner.freeze()
    const next = another(second.telemetry.client)
    next.client.operation(definition)
    const worker = startWorker(next.client, { stopOn: [] })
    await clock.advance(120_000)
    await clock.until(worker.stop())
    await runner.thaw()
    await clock.until(sleeping.settled)

    const [old] = first.spans()
    expect(second.spans()[0]?.links).toEqual([
      { traceId: old?.traceId, spanId: old?.spanId, why: 'taken-over' },
    ])
  })

  test.each([
    '',
    'canary',
    `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
    `01-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
  ])('a stored trace that is none is no link: %j', async stored => {
    const { telemetry, spans } = sdk()
    const { placeOrder, runner, server, clock, another, overwrite, record } = bench()
    server.script(silence, answer(201, { order: 9 }))
    void ending(placeOrder().run(cart))
    await clock.settle()
    runner.freeze()
    const { lease, ...rest } = (await record()) as { readonly lease?: object }
    await overwrite(JSON.stringify({ ...rest, lease: { ...lease, trace: stored } }))
    await clock.until(another(telemetry.client).placeOrder().run(cart))

    expect(spans()[0]?.events[0]?.[0]).toBe('stillonce.taken-over')
    expect(spans()[0]?.links).toEqual([])
  })

  test('links to the spans of those who join it', async () => {
    const { telemetry, spans, tracerProvider } = sdk()
    const { placeOrder, server, clock } = bench(telemetry.client)
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    const second = tracerProvider.getTracer('shop').startSpan('second click')
    const first = order.run(cart)
    await context.with(trace.setSpan(context.active(), second), () => clock.until(order.run(cart)))
    await clock.until(first)

    const { traceId, spanId } = second.spanContext()
    expect(spans()).toHaveLength(1)
    expect(spans()[0]?.links).toEqual([{ traceId, spanId, why: 'joined' }])
  })

  test('ends once: what is heard in the background afterwards changes nothing', async () => {
    const { telemetry, spans } = sdk()
    const { placeOrder, server, clock } = bench({ ...telemetry.client, ignoresAbort: true })
    let late: (() => void) | undefined
    server.script(async () => {
      await new Promise<void>(resolve => (late = resolve))
      return answer(201, { order: 9 })(server.requests[0]!)
    })
    const run = placeOrder().start(cart)
    await clock.settle()
    run.abort()
    await clock.advance(1_000)
    late?.()
    await clock.until(run.settled)
    await clock.advance(60_000)

    expect(spans()).toHaveLength(1)
  })

  test('`propagator: false`: nothing is sent, and the span is no client', async () => {
    const { spans, tracerProvider } = sdk()
    const telemetry = openTelemetry({ tracerProvider, propagator: false })
    const { placeOrder, server, clock } = bench(telemetry.client)
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(Object.keys(server.requests[0]!.headers)).not.toContain('traceparent')
    expect(spans()[0]?.kind).toBe(SpanKind.INTERNAL)
  })

  test('nothing of a failure, a body or a header is in it', async () => {
    const { telemetry, spans } = sdk()
    const { placeOrder, server, clock, store } = bench({
      ...telemetry.client,
      headers: { authorization: 'canary' },
    })
    const get = store.get.bind(store)
    let reads = 0
    store.get = key => (++reads === 1 ? Promise.reject(new Error('canary')) : get(key))
    await clock.until(ending(placeOrder().run(cart)))
    server.script(answer(402, { secret: 'canary' }))
    await clock.until(ending(placeOrder({ redefine: true }).run({ id: 'cart-43' })))

    expect(JSON.stringify(spans())).toContain('store-failed')
    expect(JSON.stringify(spans())).not.toContain('canary')
  })
})

describe('metrics of a client', () => {
  test('attempts, polls, replays and ends, with few values in each attribute', async () => {
    const { telemetry, metrics } = sdk()
    const { placeOrder, server, clock } = bench({ ...telemetry.client, timeout: 5_000 })
    const order = placeOrder({ status })
    server.script(silence, answer(201, { order: 9 }), answer(402), answer(202), answer(200, { order: 7 }))
    await clock.until(order.run(cart))
    await clock.until(Promise.all([order.run(cart), order.run(cart)]))
    await clock.until(ending(order.run({ id: 'cart-43' })))
    await clock.until(order.run({ id: 'cart-44' }))

    const told = await metrics()
    expect(told.filter(each => !each.includes('duration'))).toEqual([
      'client.attempts{operation.name=place-order} 4',
      'client.joins{operation.name=place-order} 1',
      'client.operations{operation.name=place-order outcome=executed} 3',
      'client.operations{operation.name=place-order outcome=not-executed reason=declined error.type=rejected} 1',
      'client.polls{operation.name=place-order ask=poll reading=executed} 1',
      'client.replays{operation.name=place-order} 2',
    ])
    const durations = told.filter(each => each.includes('attempt.duration'))
    expect(durations).toEqual([
      'client.attempt.duration{operation.name=place-order verdict=processing http.response.status_code=202} 1 0',
      'client.attempt.duration{operation.name=place-order verdict=rejected http.response.status_code=402} 1 0',
      'client.attempt.duration{operation.name=place-order verdict=succeeded http.response.status_code=201} 1 0',
      'client.attempt.duration{operation.name=place-order verdict=unknown} 1 5',
    ])
    expect(told.filter(each => each.includes('operation.duration'))).toHaveLength(2)
    for (const each of told) {
      expect(each).not.toContain('cart-4')
      expect(each).not.toContain('key-1')
      expect(each).not.toContain('user-7')
      expect(each).not.toContain('shop.test')
    }
  })

  test('a takeover, a claim that is lost, a store that fails', async () => {
    const first = sdk()
    const second = sdk()
    const { placeOrder, runner, server, clock, another, store } = bench(first.telemetry.client)
    server.script(silence, answer(201, { order: 9 }))
    const sleeping = placeOrder().start(cart)
    await clock.settle()
    runner.freeze()
    await clock.until(another(second.telemetry.client).placeOrder().run(cart))
    await runner.thaw()
    await clock.until(sleeping.settled)
    store.get = () => Promise.reject(new Error('down'))
    await clock.until(ending(placeOrder({ redefine: true }).run({ id: 'cart-43' })))

    expect(await second.metrics()).toContain('client.takeovers{operation.name=place-order} 1')
    expect(await first.metrics()).toEqual(
      expect.arrayContaining([
        'client.lost_claims{operation.name=place-order} 1',
        'client.store_failures{operation.name=place-order store.doing=read} 1',
        'client.operations{operation.name=place-order outcome=unknown reason=no-storage error.type=store-failed} 1',
      ]),
    )
  })

  test('the alarm of a possible duplicate', async () => {
    const { telemetry, metrics } = sdk()
    const { placeOrder, server, clock } = bench(telemetry.client)
    const order = placeOrder()
    server.script(answer(402), answer(201, { order: 9 }))
    await clock.until(ending(order.run(cart)))
    await clock.until(order.run(cart))
    await clock.until(ending(order.conclude(cart, { outcome: 'executed', data: { order: 8 }, key: 'key-1' })))

    expect(await metrics()).toContain('client.late_successes{operation.name=place-order} 1')
  })
})

describe('metrics of a server', () => {
  test('a store that does not answer holds up a collection for five seconds at most, and is asked once', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { telemetry, metrics } = sdk()
    let asked = 0
    const answers: (() => void)[] = []
    telemetry.observeKeys({
      counts: () => {
        asked += 1
        return new Promise(resolve => {
          answers.push(() =>
            resolve({ processing: 1, unknown: 0, lapsed: 0, damaged: 0, oldestAt: undefined }),
          )
        })
      },
    })
    telemetry.server.onEvent({ type: 'claimed', scope: 's', key: 'k', at: 0 })
    const collected: (readonly string[])[] = []
    const timers = vi.spyOn(globalThis, 'setTimeout')
    for (let times = 0; times < 2; times += 1) {
      void metrics().then(lines => collected.push(lines))
      await vi.advanceTimersByTimeAsync(4_999)
      expect(collected).toHaveLength(times)
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(collected).toEqual([['server.claims{claim=new} 1'], ['server.claims{claim=new} 1']])
    expect(asked).toBe(1)
    // A process that ends waits for its last collection, and not for the minute in which a count is given up.
    const isHeld = (at: number) => (timers.mock.results[at]?.value as NodeJS.Timeout | undefined)?.hasRef()
    const held = timers.mock.calls.flatMap(([, ms], at) => (isHeld(at) === true ? [ms] : []))
    expect(held.filter(ms => ms === 5_000 || ms === 60_000)).toEqual([5_000, 5_000])

    const next = metrics()
    await vi.advanceTimersByTimeAsync(100)
    answers[0]?.()
    expect(await next).toContain('server.key.count{key.state=processing} 1')
    // An answer that never comes is waited for no longer than a minute.
    for (const askedThen of [2, 2, 3]) {
      void metrics()
      await vi.advanceTimersByTimeAsync(30_000)
      expect(asked).toBe(askedThen)
    }
  })

  test('claims, duplicates, how long handlers take, and keys that nobody knows of', async () => {
    const { telemetry, metrics } = sdk()
    const { process, clock } = trialServer()
    const once = process(telemetry.server)
    let counted = 0
    const end = telemetry.observeKeys({
      counts: () => {
        counted += 1
        return once.counts()
      },
    })
    const slow = (ms: number, work: () => Response) => () =>
      new Promise<Response>((resolve, reject) => {
        clock.after(ms, () => {
          try {
            resolve(work())
          } catch (error) {
            reject(error)
          }
        })
      })
    const fine = slow(2_000, () => Response.json({ order: 9 }))
    const broken = slow(500, () => {
      throw new Error('canary')
    })
    const first = once.handle(post('key-1'), fine)
    await clock.settle()
    await once.handle(post('key-1'), fine)
    await clock.until(first)
    await once.handle(post('key-1'), fine)
    await clock.until(once.handle(post('key-2'), broken))
    await once.handle(post('key-2'), broken)

    expect(await metrics()).toEqual([
      'server.claims{claim=new} 2',
      'server.duplicates{duplicate=in-progress} 1',
      'server.duplicates{duplicate=outcome-unknown} 1',
      'server.duplicates{duplicate=replayed} 1',
      'server.key.count{key.state=damaged} 0',
      'server.key.count{key.state=lapsed} 0',
      'server.key.count{key.state=processing} 0',
      'server.key.count{key.state=unknown} 1',
      'server.processing.duration{end=completed} 1 2',
      'server.processing.duration{end=outcome-unknown} 1 0.5',
    ])

    await once.conclude('key-2', { scope: 'shop', outcome: 'not-executed' })
    expect(await metrics()).toContain('server.key.count{key.state=unknown} 0')
    end()
    await metrics()
    expect(counted).toBe(2)
  })
})

describe('what throws changes nothing', () => {
  const boom = (): never => {
    throw new Error('telemetry')
  }
  const { tracerProvider } = sdk()
  const tracer = tracerProvider.getTracer('hostile')
  const spanThatThrows = () =>
    new Proxy(tracer.startSpan('hostile'), {
      get: (span, name) => (name === 'spanContext' ? () => span.spanContext() : boom),
    })
  const hostile = [
    ['a provider of tracers', { tracerProvider: { getTracer: boom } }],
    ['a tracer', { tracerProvider: { getTracer: () => ({ startSpan: boom, startActiveSpan: boom }) } }],
    [
      'a span',
      { tracerProvider: { getTracer: () => ({ startSpan: spanThatThrows, startActiveSpan: boom }) } },
    ],
    ['a propagator', { propagator: { inject: boom } }],
    ['a provider of meters', { meterProvider: { getMeter: boom } }],
  ] as const

  test.each(hostile)('%s: a run ends as without it, and each error is told', async (_, options) => {
    const errors: unknown[] = []
    const { placeOrder, server, clock, client } = bench({
      ...openTelemetry(options).client,
      onListenerError: error => errors.push(error),
    })
    server.script(reset, answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
    await clock.until(client.close())
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.every(error => error instanceof Error && error.message === 'telemetry')).toBe(true)
  })

  test('a server answers as without it', async () => {
    const errors: unknown[] = []
    const { process, clock } = trialServer()
    const once = process({
      ...openTelemetry({ meterProvider: { getMeter: boom } }).server,
      onError: error => errors.push(error),
    })
    const response = await clock.until(once.handle(post('key-1'), () => Response.json({ order: 9 })))

    expect(await response.json()).toEqual({ order: 9 })
    expect(errors).toHaveLength(2)
  })

  test('an application without an SDK: nothing is sent along, and nothing fails', async () => {
    const errors: unknown[] = []
    const { placeOrder, server, clock, events } = bench({
      ...openTelemetry().client,
      onListenerError: error => errors.push(error),
    })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(errors).toEqual([])
    expect(Object.keys(server.requests[0]!.headers)).not.toContain('traceparent')
    expect(events.every(({ traceId }) => traceId === undefined)).toBe(true)
  })
})

test.each<[what: string, options: unknown, message: string]>([
  ['nothing', null, 'openTelemetry: takes { tracerProvider, meterProvider, propagator }'],
  ['a misspelt name', { tracer: {} }, 'openTelemetry.tracer: there is no such option'],
  [
    'no tracer provider',
    { tracerProvider: 5 },
    'openTelemetry.tracerProvider: must have the function `getTracer`',
  ],
  [
    'no meter provider',
    { meterProvider: {} },
    'openTelemetry.meterProvider: must have the function `getMeter`',
  ],
  [
    'true for a propagator',
    { propagator: true },
    'openTelemetry.propagator: must have the function `inject`',
  ],
])('a wrong option is named at once: %s', (_, options, message) => {
  expect(() => openTelemetry(options as never)).toThrow(message)
  expect(() => openTelemetry({ propagator: false, tracerProvider: undefined })).not.toThrow()
})
