import { afterEach, describe, expect, test, vi } from 'vitest'
import { performing } from '../../src/client/performing-part.ts'
import { storedPart } from '../../src/client/parts.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer } from './bench/scripted-server.ts'

type Performing = typeof performing.loaded

/** The part that performs is not there before it is told to arrive, or to fail. */
function withoutThePart() {
  const part = performing.loaded
  let arrive: (part: Performing) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const loading = new Promise<Performing>((resolve, reject) => {
    arrive = resolve
    fail = reject
  })
  loading.catch(() => {})
  const now = vi.spyOn(performing, 'now', 'get').mockReturnValue(undefined)
  vi.spyOn(performing, 'load').mockReturnValue(loading)
  return {
    arrive: () => {
      now.mockReturnValue(part)
      arrive(part)
    },
    fail: () => fail(new Error('the page is offline')),
  }
}

describe('a call that is made before the code is there that performs it', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('is performed when the code arrives', async () => {
    const world = bench()
    world.server.script(answer(201, { order: 9 }))
    const code = withoutThePart()
    const running = world.placeOrder().run(cart)
    await world.clock.advance(500)
    expect(world.server.requests).toHaveLength(0)

    code.arrive()
    expect(await world.clock.until(running)).toEqual({ order: 9 })
    expect(world.server.requests).toHaveLength(1)
  })

  test('sends what its input was at the call', async () => {
    const world = bench()
    world.server.always(answer(201, { order: 9 }))
    const bodies = {
      json: { lines: [{ sku: 'a', at: new Date(0), none: undefined }], own: { toJSON: () => 'told' } },
      params: new URLSearchParams({ sku: 'a' }),
      bytes: new TextEncoder().encode('abc'),
      form: new FormData(),
    }
    bodies.form.append('sku', 'a')
    const headers = new Headers({ 'x-shop': 'one' })
    const operation = (name: string, body: object) =>
      world.client.operation<string>({
        name,
        id: id => id,
        request: () => ({ method: 'post', url: 'orders', headers, ...body }),
      })
    const calls = () => [
      operation('json', { json: bodies.json }),
      operation('params', { body: bodies.params }),
      operation('bytes', { body: bodies.bytes }),
      operation('buffer', { body: bodies.bytes.buffer }),
      operation('form', { body: bodies.form }),
    ]
    const code = withoutThePart()
    const running = calls().map(call => call.run('1'))
    bodies.json.lines.push({ sku: 'b', at: new Date(1), none: undefined })
    bodies.json.lines[0]!.sku = 'c'
    bodies.params.set('sku', 'b')
    bodies.bytes.fill(0)
    bodies.form.append('sku', 'b')
    headers.set('x-shop', 'two')
    code.arrive()
    await world.clock.until(Promise.all(running))

    const sent = world.server.requests.map(({ body }) => body)
    expect(sent[0]).toBe('{"lines":[{"sku":"a","at":"1970-01-01T00:00:00.000Z"}],"own":"told"}')
    expect(sent.slice(1, 4)).toEqual(['sku=a', 'abc', 'abc'])
    expect(sent[4]?.match(/name="sku"/g)).toHaveLength(1)
    expect(world.server.requests.map(({ headers: all }) => all['x-shop'])).toEqual(Array(5).fill('one'))
  })

  test('sends the bytes that a later call sends', async () => {
    const world = bench()
    world.server.always(answer(201, { order: 9 }))
    // TypeScript's library does not have it yet.
    const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown }
    const json = {
      order: rawJSON('653247040368672769'),
      named: { toJSON: (name: string) => `as ${name}` },
      list: Object.assign([1], { toJSON: () => 'told' }),
      none: { toJSON: () => undefined },
    }
    const order = world.placeOrder({ request: () => ({ method: 'post', url: 'orders', json }) })
    const code = withoutThePart()
    const running = order.run({ id: 'early' })
    code.arrive()
    await world.clock.until(running)
    await world.clock.until(order.run({ id: 'later' }))

    const sent = '{"order":653247040368672769,"named":"as named","list":"told"}'
    expect(world.server.requests.map(({ body }) => body)).toEqual([sent, sent])
  })

  test.each([
    ['what JSON cannot hold', { json: { lines: new Map() } }, 'request.json: lines is of class Map'],
    ['an invalid Date', { json: { at: new Date(Number.NaN) } }, 'request.json: at is an invalid Date'],
    ['a list with a hole', { json: [undefined] }, 'request.json: [0] is undefined'],
    [
      'a toJSON that throws',
      {
        json: {
          toJSON() {
            throw new Error('no')
          },
        },
      },
      'request.json: cannot be written as JSON',
    ],
    [
      'a header that is undefined',
      { headers: { 'x-shop': undefined as unknown as string } },
      'request.headers.x-shop: is undefined',
    ],
    ['another host', { url: '//other.test/' }, 'request.url: begins with two slashes'],
    ['no such option', { jsn: {} }, 'request.jsn: would be left out'],
  ])('is refused for %s, as one made later', async (_, part, message) => {
    const world = bench()
    const order = world.placeOrder({
      request: () => ({ method: 'post', url: 'orders', ...part }),
    })
    const told = async (call: () => Promise<unknown>) => (await world.clock.until(ending(call()))).error
    const later = await told(() => order.run(cart))
    const code = withoutThePart()
    const running = ending(order.run(cart))
    code.arrive()
    const early = (await world.clock.until(running)).error

    expect(early).toMatchObject({ code: 'configuration', message: expect.stringContaining(message) })
    expect(early).toMatchObject({ message: later?.message, outcome: later?.outcome })
    expect(world.server.requests).toHaveLength(0)
  })

  test('shares its run with a second one of the same tick', async () => {
    const world = bench()
    world.server.script(answer(201, { order: 9 }))
    const order = world.placeOrder()
    const code = withoutThePart()
    const running = Promise.all([order.run(cart), order.start(cart).result])
    code.arrive()

    expect(await world.clock.until(running)).toEqual([{ order: 9 }, { order: 9 }])
    expect(world.server.requests).toHaveLength(1)
  })

  test('can be watched from the beginning', async () => {
    const world = bench()
    world.server.script(answer(201, { order: 9 }))
    const code = withoutThePart()
    const run = world.placeOrder().start(cart)
    const phases: string[] = []
    run.subscribe(() => phases.push(run.snapshot.phase))
    const ended = run.subscribe(() => phases.push('not heard'))
    ended()
    expect(run.snapshot).toMatchObject({ id: 'cart-42', name: 'place-order', phase: 'claiming', attempts: 0 })
    expect(run.snapshot).toBe(run.snapshot)

    code.arrive()
    await world.clock.until(run.settled)
    expect(phases).toEqual(['claiming', 'sending', 'sending', 'settled'])
    expect(run.snapshot).toMatchObject({ id: 'cart-42', phase: 'settled', data: { order: 9 } })
  })

  test('counts its deadline from the call', async () => {
    const world = bench({ deadline: 5_000, timeout: 1_000 })
    const code = withoutThePart()
    const { settled } = world.placeOrder().start(cart)
    await world.clock.advance(5_500)
    code.arrive()

    expect(await world.clock.until(settled)).toMatchObject({ outcome: 'not-executed' })
    expect(world.server.requests).toHaveLength(0)
  })

  test('ends as unknown where the code never comes, and does not begin when it comes after all', async () => {
    const world = bench({ deadline: 5_000, timeout: 1_000 })
    const code = withoutThePart()
    const run = world.placeOrder().start(cart)
    let told = 0
    run.subscribe(() => told++)
    expect(await world.clock.until(run.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved', operationId: 'cart-42' },
    })
    expect(world.clock.elapsed()).toBe(6_000)
    expect([told, run.snapshot.phase]).toEqual([1, 'settled'])
    expect(world.events.map(({ type }) => type)).toEqual(['settled'])

    code.arrive()
    await world.clock.advance(10_000)
    expect(world.server.requests).toHaveLength(0)
    expect(await world.record()).toBeUndefined()
  })

  test('that is aborted waits a moment for the code, and sends nothing', async () => {
    const world = bench()
    const order = world.placeOrder()
    const code = withoutThePart()
    const early = order.start(cart)
    early.abort('left')
    await world.clock.advance(500)
    code.arrive()
    expect(await world.clock.until(early.settled)).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'aborted', cause: 'left' },
    })

    const stopped = new AbortController()
    withoutThePart()
    const late = order.start({ ...cart, id: 'cart-43' }, { signal: stopped.signal })
    stopped.abort('left')
    expect(await world.clock.until(late.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'aborted', cause: 'left' },
    })
    expect(world.clock.elapsed()).toBe(1_500)
    expect(world.server.requests).toHaveLength(0)
  })

  test('is stopped by close, which waits for it', async () => {
    const world = bench()
    const code = withoutThePart()
    const running = ending(world.placeOrder().run(cart))
    let isClosed = false
    const closing = world.client.close().then(() => (isClosed = true))
    await world.clock.advance(500)
    expect(isClosed).toBe(false)

    code.arrive()
    expect(await world.clock.until(running)).toMatchObject({ error: { code: 'aborted' } })
    await world.clock.until(closing)
    expect(world.server.requests).toHaveLength(0)
  })

  test('rejects where the code cannot be loaded', async () => {
    const world = bench()
    const code = withoutThePart()
    const running = ending(world.placeOrder().run(cart))
    code.fail()

    expect(await world.clock.until(running)).toMatchObject({
      error: { code: 'unresolved', outcome: 'unknown' },
    })
  })
})

describe('what is done with a stored operation before the code is there that does it', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  function withoutTheStoredPart() {
    const part = storedPart.loaded
    let arrive: (part: typeof storedPart.loaded) => void = () => {}
    vi.spyOn(storedPart, 'now', 'get').mockReturnValue(undefined)
    vi.spyOn(storedPart, 'load').mockReturnValue(new Promise(resolve => (arrive = resolve)))
    return () => arrive(part)
  }

  test('says what it said at the call', async () => {
    const world = bench()
    const order = world.placeOrder({ response: undefined })
    const at = new Date(0)
    const told = { outcome: 'executed' as const, data: { lines: [{ sku: 'a', at }] }, begin: true }
    const arrive = withoutTheStoredPart()
    const concluding = order.conclude(cart, told)
    told.data.lines[0]!.sku = 'b'
    told.begin = false
    at.setTime(1)
    arrive()
    await world.clock.until(concluding)
    vi.restoreAllMocks()

    const data = { lines: [{ sku: 'a', at: '1970-01-01T00:00:00.000Z' }] }
    expect(await world.clock.until(order.run(cart))).toEqual(data)
    expect(world.server.requests).toHaveLength(0)
  })

  test.each([
    ['an invalid Date', { at: new Date(Number.NaN) }],
    ['a Map', { lines: new Map() }],
    ['a promise', { lines: [new Promise(() => {})] }],
    [
      'a thenable of a class',
      {
        lines: Object.create(new Promise(() => {})) as unknown,
      },
    ],
    ['a number that is none', { total: Number.NaN }],
    ['a hole', Array(1)],
    [
      'a getter that throws',
      {
        get total() {
          throw new Error('no')
        },
      },
    ],
  ])('refuses %s, as later', async (_, data) => {
    const world = bench()
    const order = world.placeOrder()
    const conclude = () => order.conclude(cart, { outcome: 'executed', data, begin: true })
    const later = (await world.clock.until(ending<unknown>(conclude()))).error
    const arrive = withoutTheStoredPart()
    const concluding = ending<unknown>(conclude())
    arrive()
    const early = (await world.clock.until(concluding)).error

    expect(early).toMatchObject({ code: 'configuration', outcome: 'unknown' })
    expect(early?.message).toBe(later?.message)
  })

  test('is about whom it was about at the call, with the signal that it was given', async () => {
    let scope = 'anna'
    const world = bench({ scope: () => scope })
    const order = world.placeOrder()
    world.server.script(answer(201, { order: 9 }))
    await world.clock.until(order.run(cart))
    const { signal } = new AbortController()
    const arrive = withoutTheStoredPart()
    const calls = [order.inspect(cart), order.settle(cart, { signal }), order.byId('cart-42').inspect()]
    scope = 'ben'
    arrive()

    expect(await world.clock.until(Promise.all(calls))).toMatchObject([
      { state: 'succeeded' },
      { outcome: 'executed' },
      { state: 'succeeded' },
    ])
  })

  test('refuses the options that it refuses later', async () => {
    const world = bench()
    const order = world.placeOrder()
    const arrive = withoutTheStoredPart()
    const calls = [
      order.forget(cart, new Headers() as unknown as { force: boolean }),
      order.forget(cart, { force: 1 } as unknown as { force: boolean }),
      order.cancel(cart, { signal: {} as AbortSignal }),
      order.inspect(cart, ...([{ signal: undefined }] as unknown as [])),
    ]
    const ended = Promise.all(calls.map(call => ending<unknown>(call)))
    arrive()

    for (const { error } of await world.clock.until(ended))
      expect(error).toMatchObject({ code: 'configuration', outcome: 'unknown' })
  })
})
