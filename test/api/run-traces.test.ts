import { describe, expect, test } from 'vitest'
import type { RunTrace, TracedRun } from '../../src/public/run-trace.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset, silence } from './bench/scripted-server.ts'

const traceparent = (run: number) => `00-${String(run).padStart(32, '0')}-${String(run).padStart(16, '0')}-01`

/** Numbers the runs that it follows. */
function following() {
  const runs: TracedRun[] = []
  const told: string[] = []
  const trace = (run: TracedRun): RunTrace => {
    const number = runs.push(run)
    return {
      traceId: `trace-${number}`,
      headers: { traceparent: traceparent(number) },
      onEvent: ({ type }) => void told.push(`${number} ${type}`),
    }
  }
  return { runs, told, trace }
}

describe('trace: what follows a run', () => {
  test('is asked once for each run, whoever joins it, and gets its events', async () => {
    const { runs, told, trace } = following()
    const { placeOrder, server, clock, events } = bench({ trace })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(Promise.all([order.run(cart), order.run(cart)]))
    await clock.until(order.settle(cart))

    expect(runs).toEqual([
      { name: 'place-order', operationId: 'cart-42', scope: 'user-7', mode: 'run' },
      { name: 'place-order', operationId: 'cart-42', scope: 'user-7', mode: 'ask' },
    ])
    expect(told).toEqual(['1 joined', '1 claimed', '1 attempt', '1 answer', '1 settled', '2 settled'])
    expect(events.map(({ type, traceId }) => [type, traceId])).toEqual([
      ['joined', undefined],
      ['claimed', 'trace-1'],
      ['attempt', 'trace-1'],
      ['answer', 'trace-1'],
      ['settled', 'trace-1'],
      ['settled', 'trace-2'],
    ])
  })

  test('its headers go out with sends and asks, and each run has its own', async () => {
    const { trace } = following()
    const { placeOrder, server, clock } = bench({ trace, retry: { attempts: 1 }, deadline: 60_000 })
    const order = placeOrder({ status: { request: () => ({ url: 'orders/9' }) } })
    server.script(reset, answer(404))
    await clock.until(ending(order.run(cart)))
    server.script(answer(201, { order: 9 }))
    await clock.until(order.run(cart))

    const sent = server.requests.map(({ method, headers }) => [
      method,
      headers['idempotency-key'] ?? '',
      headers['traceparent'],
    ])
    expect(sent.slice(0, 2)).toEqual([
      ['POST', 'key-1', traceparent(1)],
      ['GET', '', traceparent(1)],
    ])
    expect(sent.at(-1)).toEqual(['POST', 'key-1', traceparent(2)])
  })

  test('they go to no other origin, also to one that the profile trusts with polls', async () => {
    const profile = defineProfile({
      name: 'own',
      honoursKeys: true,
      trustedOrigins: ['https://status.test'],
    })
    const trace = () => ({ headers: { traceparent: traceparent(1), baggage: 'customer=7' } })
    const { placeOrder, server, clock } = bench({ trace, profile })
    server.script(
      answer(202, undefined, { location: 'https://status.test/orders/9' }),
      answer(200, { status: 'done', result: { order: 9 } }),
    )
    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })

    const [sent, elsewhere] = server.requests
    expect(sent?.headers).toMatchObject({ traceparent: traceparent(1), baggage: 'customer=7' })
    expect(elsewhere?.url).toBe('https://status.test/orders/9')
    expect(Object.keys(elsewhere?.headers ?? {}).toSorted()).toEqual(['accept', 'cache-control'])
  })

  test('they are no part of the payload, nor of what is stored of it', async () => {
    const { trace } = following()
    const { placeOrder, server, clock, record } = bench({ trace, retry: { attempts: 1 } })
    const order = placeOrder({ persist: 'request' })
    server.script(reset)
    await clock.until(ending(order.run(cart)))
    const { request, fingerprint } = (await record()) as {
      readonly request?: unknown
      readonly fingerprint?: unknown
    }
    const plain = bench({ retry: { attempts: 1 } })
    plain.server.script(reset)
    await plain.clock.until(ending(plain.placeOrder({ persist: 'request' }).run(cart)))

    expect(server.requests[0]?.headers['traceparent']).toBe(traceparent(1))
    expect(JSON.stringify(await record())).not.toContain('traceparent')
    expect({ request, fingerprint }).toEqual({
      request: (await plain.record())?.['request'],
      fingerprint: (await plain.record())?.['fingerprint'],
    })
    expect(JSON.stringify(request)).not.toContain(traceparent(1))
  })

  test('whoever takes over is told the trace of the run that died, which goes with the lease', async () => {
    const { trace } = following()
    const { placeOrder, runner, server, clock, another, record } = bench({ trace })
    server.script(silence, answer(201, { order: 9 }))
    void ending(placeOrder().run(cart))
    await clock.settle()
    runner.freeze()
    const there = another({ trace })
    await clock.until(there.placeOrder().run(cart))

    expect(there.events[0]).toMatchObject({
      type: 'taken-over',
      from: 'runner-1',
      fromTrace: traceparent(1),
      traceId: 'trace-2',
    })
    expect(JSON.stringify(await record())).not.toContain(traceparent(1))
    expect(JSON.stringify(await record())).not.toContain(traceparent(2))
  })

  test('what the definition sets itself goes before it', async () => {
    const { trace } = following()
    const { placeOrder, server, clock } = bench({ trace })
    server.script(answer(201, { order: 9 }))
    const request = () => ({ method: 'post', url: 'orders', json: cart, headers: { traceparent: 'own' } })
    await clock.until(placeOrder({ request }).run(cart))

    expect(server.requests[0]?.headers['traceparent']).toBe('own')
  })

  test.each([
    ['authorization', 'Bearer canary'],
    ['idempotency-key', 'another'],
    ['if-match', '"1"'],
    ['content-length', '3'],
    ['traceparent', 'two\r\nlines'],
    ['traceparent', ''],
  ])('a header that is no trace context is left out and told: %s', async (name, value) => {
    const told: unknown[] = []
    const { placeOrder, server, clock } = bench({
      trace: () => ({ headers: { [name]: value, tracestate: 'a=1' } }),
      onListenerError: (error, where) => told.push([error, where]),
    })
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    const { headers } = server.requests[0]!
    expect(headers[name]).not.toBe(value)
    expect(headers['idempotency-key']).toBe('key-1')
    expect(headers['tracestate']).toBe('a=1')
    expect(told).toEqual([[expect.objectContaining({ code: 'configuration' }), 'trace']])
  })

  const mistake = new Error('tracer')
  const hostile: [string, () => RunTrace][] = [
    [
      'throws',
      () => {
        throw mistake
      },
    ],
    ['rejects', () => Promise.reject(mistake) as unknown as RunTrace],
    [
      'gives headers that throw',
      () => ({
        get headers(): never {
          throw mistake
        },
      }),
    ],
    [
      'throws at each event',
      () => ({
        onEvent: () => {
          throw mistake
        },
      }),
    ],
    ['rejects at each event', () => ({ onEvent: () => Promise.reject(mistake) as unknown as void })],
  ]

  test.each(hostile)('%s: the run goes as without it, and it is told', async (_, trace) => {
    const told: unknown[] = []
    const { placeOrder, server, clock, events } = bench({
      trace,
      onListenerError: (_error, where) => told.push(where),
    })
    server.script(reset, answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    await clock.settle()
    expect(events.map(({ type }) => type)).toEqual([
      'claimed',
      'attempt',
      'answer',
      'waiting',
      'attempt',
      'answer',
      'settled',
    ])
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told)).toEqual(new Set(['trace']))
  })

  test('a `traceId` that gives a promise is told, and its rejection ends no process', async () => {
    const told: unknown[] = []
    const { placeOrder, server, clock, events } = bench({
      traceId: () => Promise.reject(mistake) as unknown as string,
      onListenerError: (error, where) => told.push([error, where]),
    })
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(told).toEqual([[expect.objectContaining({ code: 'configuration' }), 'traceId']])
    expect(events.every(({ traceId }) => traceId === undefined)).toBe(true)
  })

  test('looks of a watch are no runs', async () => {
    const { runs, trace } = following()
    const { client, placeOrder, server, clock } = bench({ trace, retry: { attempts: 1 } })
    const order = placeOrder({ status: { request: () => ({ url: 'orders/9' }) } })
    server.script(reset)
    const run = order.start(cart)
    await clock.settle()
    run.abort()
    await clock.until(run.settled)
    server.always(answer(404))
    const stop = client.watch()
    await clock.advance(120_000)
    stop()

    expect(server.requests.filter(({ method }) => method === 'GET').length).toBeGreaterThan(1)
    expect(runs).toHaveLength(1)
  })
})
