import { afterEach, describe, expect, test, vi } from 'vitest'
import { Part } from '../../src/runtime/part.ts'
import { adviceTexts } from '../../src/client/error-of.ts'
import { storedPart, watchWhenLoaded } from '../../src/client/parts.ts'
import { idPart } from '../../src/core/names/id-part.ts'
import { recordKey } from '../../src/core/names/identity.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import type { WriterIdentity } from '../../src/engine/engine.ts'
import { Journal } from '../../src/engine/stored/journal.ts'
import { recordCodec } from '../../src/engine/stored/decode-stored.ts'
import { performing } from '../../src/client/performing-part.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

describe('a part of the code that is loaded apart', () => {
  test('is there at once when it was loaded', async () => {
    const part = new Part(async () => ({ word: 'here' }))
    expect(part.now).toBeUndefined()
    expect(() => part.loaded).toThrow('a part of the client is used before it is loaded')

    await part.load()

    expect(part.now).toEqual({ word: 'here' })
    expect(part.loaded).toEqual({ word: 'here' })
  })

  test('is loaded once, for all that wait for it', async () => {
    let loads = 0
    const part = new Part(async () => ({ load: ++loads }))

    expect(await Promise.all([part.load(), part.load()])).toEqual([{ load: 1 }, { load: 1 }])
    expect(await part.load()).toEqual({ load: 1 })
  })

  test('is there when it came along with another part', async () => {
    const part = new Part<{ readonly word: string }>(async () => ({ word: 'loaded' }))
    part.bring({ word: 'brought' })

    expect(part.now).toEqual({ word: 'brought' })
    expect(await part.load()).toEqual({ word: 'brought' })
  })

  test('is tried again after it failed', async () => {
    let loads = 0
    const part = new Part(async () => {
      loads += 1
      if (loads === 1) throw new Error('the page is offline')
      return { load: loads }
    })

    await expect(part.load()).rejects.toThrow('the page is offline')
    expect(await part.load()).toEqual({ load: 2 })
  })
})

/** A part that is not there until it is loaded. */
function missing(part: Part<unknown>) {
  const module = part.loaded
  let there: unknown
  vi.spyOn(part, 'now', 'get').mockImplementation(() => there)
  return vi.spyOn(part, 'load').mockImplementation(async () => (there = module))
}

describe('a part is loaded when it is needed', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  function withoutParts() {
    return {
      performing: missing(performing),
      stored: missing(storedPart),
      schema: missing(recordCodec),
      advice: missing(adviceTexts),
    }
  }

  function counted(parts: ReturnType<typeof withoutParts>) {
    return Object.fromEntries(Object.entries(parts).map(([name, load]) => [name, load.mock.calls.length > 0]))
  }

  test('what performs with the first client; nothing else while operations go well', async () => {
    const parts = withoutParts()
    const { placeOrder, server, clock } = bench()
    expect(counted(parts)).toEqual({ performing: true, stored: false, schema: false, advice: false })

    server.script(answer(201, { order: 9 }))
    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(counted(parts)).toEqual({ performing: true, stored: false, schema: false, advice: false })
  })

  test('what asks is there in a page once its first operation has ended', async () => {
    const { placeOrder, server, clock } = bench({ environment: 'other' })
    const stored = missing(storedPart)
    const { reply, release } = held()
    server.script(reply)
    const running = placeOrder().start(cart)
    await clock.advance(1_000)
    expect(stored).not.toHaveBeenCalled()

    release(answer(201, { order: 9 }))
    await clock.until(running.settled)
    expect(stored).toHaveBeenCalledOnce()
  })

  test('the schema with the first record of another process', async () => {
    const world = bench()
    world.server.script(reset, reset, reset, reset, answer(201, { order: 9 }))
    await world.clock.until(ending(world.placeOrder().run(cart)))
    const schema = missing(recordCodec)
    await world.overwrite(
      JSON.stringify({ ...(await world.record()), writer: { runner: 'tab-2', write: 1 } }),
    )

    expect(await world.clock.until(world.placeOrder({ redefine: true }).run(cart))).toEqual({ order: 9 })
    expect(schema).toHaveBeenCalled()
  })

  test('the texts of advice with the first error, which has them', async () => {
    const { placeOrder, server, clock } = bench()
    const advice = missing(adviceTexts)
    server.script(answer(402, { title: 'No money' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error?.message).toContain(
      'Read `response` for why.',
    )
    expect(advice).toHaveBeenCalledOnce()
  })

  test('before it, where an attempt went wrong and is made again', async () => {
    const { placeOrder, server, clock } = bench()
    const advice = missing(adviceTexts)
    server.script(answer(503))
    const run = placeOrder().start(cart)
    await clock.settle()
    expect(run.snapshot.phase).toBe('waiting')
    expect(advice).toHaveBeenCalledOnce()
  })

  test('and with the first abort', async () => {
    const { placeOrder, server, clock } = bench()
    const advice = missing(adviceTexts)
    server.script(() => new Promise(() => {}))
    const run = placeOrder().start(cart)
    await clock.advance(0)
    run.abort()

    expect(await clock.until(run.settled)).toMatchObject({
      outcome: 'unknown',
      error: { message: expect.stringContaining('Call `settle` to find out, or `run` to go on.') },
    })
    expect(advice).toHaveBeenCalledOnce()
  })
})

describe('a part that cannot be loaded', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  function offline(part: Part<unknown>): void {
    vi.spyOn(part, 'now', 'get').mockReturnValue(undefined)
    vi.spyOn(part, 'load').mockRejectedValue(new Error('the page is offline'))
  }

  test('ends a run as unknown, with nothing sent; the next run goes on', async () => {
    const { placeOrder, server, clock } = bench()
    const order = placeOrder()
    server.script(answer(201, { order: 9 }))
    offline(performing)

    expect(await clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved', outcome: 'unknown', operationId: 'cart-42', cause: expect.any(Error) },
    })
    expect(server.requests).toHaveLength(0)

    vi.restoreAllMocks()
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('leaves an error without its advice: it says the same of the operation, at once, and the first one a fifth of a second later at most', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402, { title: 'No money' }))
    offline(adviceTexts)
    expect(await clock.until(ending(placeOrder().run(cart)))).toMatchObject({
      error: {
        outcome: 'not-executed',
        message: expect.stringMatching(/The operation was not executed\.$/),
      },
    })

    server.script(answer(402, { title: 'No money' }))
    vi.spyOn(adviceTexts, 'load').mockReturnValue(new Promise(() => {}))
    const { settled } = placeOrder({ redefine: true }).start({ ...cart, id: 'cart-43' })
    const before = clock.elapsed()
    expect(await clock.until(settled)).toMatchObject({ outcome: 'not-executed' })
    expect(clock.elapsed() - before).toBe(200)

    server.script(answer(402, { title: 'No money' }))
    const next = placeOrder({ redefine: true }).start({ ...cart, id: 'cart-44' })
    const then = clock.elapsed()
    expect(await clock.until(next.settled)).toMatchObject({ outcome: 'not-executed' })
    expect(clock.elapsed() - then).toBe(0)
  })

  test('is tried again by a watch, for which no process is kept alive; of one that was stopped nothing is left', async () => {
    const { clock } = bench()
    vi.spyOn(Part.prototype, 'now', 'get').mockReturnValue(undefined)
    vi.spyOn(Part.prototype, 'load').mockRejectedValue(new Error('the page is offline'))
    const begin = () => () => {}
    const stop = watchWhenLoaded({ afterwards: clock.after }, begin)
    await clock.settle()
    expect(clock.timerCount()).toBe(1)
    stop()
    watchWhenLoaded({ afterwards: clock.after }, begin)()
    await clock.settle()
    expect(clock.timerCount()).toBe(0)
  })

  test('rejects what is asked of a record, and settles as unknown', async () => {
    const { client, placeOrder, clock } = bench()
    const order = placeOrder()
    offline(storedPart)

    const calls = [
      () => order.inspect(cart),
      () => order.forget(cart),
      () => client.pending(),
      () => client.clear(),
    ]
    for (const call of calls) {
      expect(await clock.until(ending<unknown>(call()))).toMatchObject({
        error: { code: 'unresolved', outcome: 'unknown' },
      })
    }
    expect(await clock.until(order.settle(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved' },
    })
  })

  /** Sent once, of which nothing came back; who wants to know more asks. */
  function asking() {
    const world = bench({ profile: noKeys })
    world.server.script(reset)
    world.server.always(answer(200, { status: 'done', result: { order: 9 } }))
    return { ...world, order: world.placeOrder({ status: { request: () => ({ url: 'orders/9' }) } }) }
  }

  test('is an ask that failed; the run asks again later', async () => {
    const { order, server, clock } = asking()
    offline(storedPart)
    const { settled } = order.start(cart)
    await clock.advance(2_000)
    expect(server.requests).toHaveLength(1)

    vi.restoreAllMocks()
    expect(await clock.until(settled)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('leaves a run unknown that would have asked, and its record as it was', async () => {
    const { order, server, clock, record } = asking()
    offline(storedPart)

    expect(await clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved' },
    })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'pending', sent: 1 })
  })

  test('overwrites nothing that cannot be read without it, and calls nothing damaged; the key stays', async () => {
    const world = bench()
    const order = world.placeOrder()
    world.server.script(
      async request => {
        // Another process has written: what it wrote is read before anything else is.
        await world.overwrite(
          JSON.stringify({ ...(await world.record()), writer: { runner: 'tab-2', write: 1 } }),
        )
        offline(recordCodec)
        return answer(402, { title: 'No money' })(request)
      },
      answer(201, { order: 9 }),
    )

    expect(await world.clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-failed' },
    })
    vi.restoreAllMocks()
    expect(await world.record()).toMatchObject({ state: 'pending', writer: { runner: 'tab-2' } })
    expect(await world.clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(world.server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('refuses the write after a read that lacked it, by the name of what is lacking', async () => {
    const world = bench()
    world.server.script(reset)
    await world.clock.until(ending(world.placeOrder().run(cart)))
    const record = (await world.record()) as unknown as OperationRecord
    const { scope, name, id } = record
    const place = recordKey(scope, name, idPart(id))
    const clock = { now: () => 0, monotonic: () => 0 }
    const writer = { runner: 'tab-2', nextWrite: () => 1 } as WriterIdentity
    const journal = new Journal(world.store, place, { scope, name, id }, writer, clock, () => {})
    offline(recordCodec)
    const lacking = { message: 'the record schema could not be loaded', corrupt: false }

    await expect(journal.read()).rejects.toMatchObject(lacking)
    await expect(journal.write(record)).rejects.toMatchObject(lacking)

    vi.restoreAllMocks()
    expect(await journal.read()).toMatchObject({ key: 'key-1' })
    expect(await journal.write(record)).toMatchObject({
      key: 'key-1',
    })
  })

  test('lets a conflict stand: nobody is asked for another input', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    let calls = 0
    const order = placeOrder({
      onConflict: () => {
        calls += 1
        return undefined
      },
    })
    server.script(answer(409, {}))
    offline(storedPart)

    expect(await clock.until(order.start(cart).settled)).toMatchObject({ error: { code: 'conflict' } })
    expect([calls, server.requests.length]).toEqual([0, 1])
  })
})
