import { afterEach, describe, expect, test, vi } from 'vitest'
import { Part } from '../../src/runtime/part.ts'
import { beginLoading, loadParts, storedPart } from '../../src/client/parts.ts'
import { idPart } from '../../src/core/names/id-part.ts'
import { recordKey } from '../../src/core/names/identity.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import type { WriterIdentity } from '../../src/engine/engine.ts'
import { Journal } from '../../src/engine/stored/journal.ts'
import { recordCodec } from '../../src/engine/stored/decode-stored.ts'
import { performing } from '../../src/client/performing-part.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

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

describe('a client begins loading', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  /** Which parts were asked for, in order; those that perform are there only when told. */
  function asked() {
    const names: string[] = []
    let arrive = () => {}
    const arrived = new Promise<void>(resolve => (arrive = resolve))
    const hear = (part: Part<unknown>, name: string, loaded: Promise<unknown>) => {
      vi.spyOn(part, 'now', 'get').mockReturnValue(undefined)
      vi.spyOn(part, 'load').mockImplementation(() => {
        names.push(name)
        return loaded
      })
    }
    hear(performing, 'performing', arrived)
    hear(storedPart, 'stored', Promise.resolve())
    hear(recordCodec, 'schema', Promise.resolve())
    return { names, arrive }
  }

  test('in Node with what a send needs; the rest comes when a first call has ended', async () => {
    vi.useFakeTimers()
    const { names, arrive } = asked()
    beginLoading({ environment: 'node' })
    arrive()
    await vi.advanceTimersByTimeAsync(1_999)
    expect(names).toEqual(['performing'])

    await vi.advanceTimersByTimeAsync(1)
    expect(names).toEqual(['performing', 'performing', 'stored', 'schema'])
  })

  test('nothing where all is there, as for the second client of a process', async () => {
    vi.useFakeTimers()
    await loadParts()
    beginLoading({ environment: 'node' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('in a page with what a send needs; the rest comes right behind it, before the page goes offline', async () => {
    const { names, arrive } = asked()
    beginLoading({ environment: 'other' })
    expect(names).toEqual(['performing'])

    arrive()
    await vi.waitFor(() => expect(names).toEqual(['performing', 'performing', 'stored', 'schema']))
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
