import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Run } from '../../src/client/join-run.ts'
import type { Snapshot } from '../../src/client/snapshot.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, cutAnswer, held, reset } from './bench/scripted-server.ts'

/** Everything that a subscriber sees, one entry a change. */
function watched<Output>(run: Run<Output>): Snapshot<Output>[] {
  const seen = [run.snapshot]
  run.subscribe(() => {
    if (run.snapshot !== seen.at(-1)) seen.push(run.snapshot)
  })
  return seen
}

function phases(seen: readonly Snapshot[]): readonly string[] {
  return seen.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1])
}

describe('a snapshot', () => {
  test('at the beginning it says what is known: nothing but the id', () => {
    const { placeOrder } = bench()

    expect(placeOrder().start(cart).snapshot).toEqual({
      id: 'cart-42',
      name: 'place-order',
      scope: 'user-7',
      generation: 1,
      key: undefined,
      state: undefined,
      phase: 'claiming',
      attempts: 0,
      polls: 0,
      startedAt: 1_800_000_000_000,
      retryAt: undefined,
      isPaused: false,
      data: undefined,
      error: undefined,
      outcome: 'unknown',
      replayed: false,
    })
  })

  test('at the end it has the result', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    await clock.until(run.settled)

    expect(run.snapshot).toMatchObject({
      key: 'key-1',
      state: 'succeeded',
      phase: 'settled',
      attempts: 1,
      data: { order: 9 },
      outcome: 'executed',
    })
  })

  test('after a failure it has the error', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402))
    const run = placeOrder().start(cart)
    const settled = await clock.until(run.settled)

    expect(run.snapshot).toMatchObject({
      state: 'failed',
      phase: 'settled',
      outcome: 'not-executed',
      data: undefined,
    })
    expect(run.snapshot.error).toBe(settled.error)
  })

  test('it is frozen', () => {
    const { placeOrder } = bench()
    const { snapshot } = placeOrder().start(cart)

    expect(() => Object.assign(snapshot, { phase: 'settled' })).toThrow(TypeError)
  })

  test('it is the same reference until something changes, for every caller of the run', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const order = placeOrder()
    const run = order.start(cart)
    const joined = order.start(cart)

    const before = run.snapshot
    expect(run.snapshot).toBe(before)
    expect(joined.snapshot).toBe(before)
    await clock.settle()
    const sending = run.snapshot
    expect(sending).not.toBe(before)
    await clock.advance(10_000)
    expect(run.snapshot).toBe(sending)
    expect(joined.snapshot).toBe(sending)
    first.release(answer(201, { order: 9 }))
    await clock.until(run.settled)
    expect(run.snapshot).not.toBe(sending)
    expect(run.snapshot).toBe(run.snapshot)
  })

  test('an old one stays as it was', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    const { snapshot } = run
    await clock.until(run.settled)

    expect(snapshot.phase).toBe('claiming')
  })

  test('while it waits, retryAt says when the next step comes', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(429, undefined, { 'retry-after': '7' }), answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    await clock.advance(1_000)

    expect(run.snapshot).toMatchObject({ phase: 'waiting', retryAt: 1_800_000_007_000, attempts: 1 })
    await clock.until(run.settled)
    expect(run.snapshot.retryAt).toBeUndefined()
  })

  test('polls are counted', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(202), answer(202), answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    await clock.until(run.settled)

    expect(run.snapshot).toMatchObject({ polls: 2, outcome: 'executed' })
  })
})

describe('the phases of a run, in order', () => {
  test('a first attempt that succeeds', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    const seen = watched(run)
    await clock.until(run.settled)

    expect(phases(seen)).toEqual(['claiming', 'sending', 'settled'])
  })

  test('a retry', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    const seen = watched(run)
    await clock.until(run.settled)

    expect(phases(seen)).toEqual(['claiming', 'sending', 'waiting', 'sending', 'settled'])
  })

  test('a server at work that named where to ask', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(
      answer(202, undefined, { location: '/api/orders/9/status' }),
      answer(200, { status: 'running' }),
      answer(200, { status: 'succeeded', result: { order: 9 } }),
    )
    const run = placeOrder().start(cart)
    const seen = watched(run)
    await clock.until(run.settled)

    expect(phases(seen)).toEqual(['claiming', 'sending', 'polling', 'settled'])
    expect(run.snapshot.data).toEqual({ order: 9 })
  })

  test('an answer that was lost, and may only be asked for', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(200, { order: 9 }))
    const run = placeOrder({ status: { request: () => ({ url: 'orders/1' }) } }).start(cart)
    const seen = watched(run)
    await clock.until(run.settled)

    expect(phases(seen)).toEqual(['claiming', 'sending', 'waiting', 'asking', 'settled'])
  })

  test('a result that is read again', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(cutAnswer(201, '{"or'), answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    const seen = watched(run)
    await clock.until(run.settled)

    expect(phases(seen)).toEqual(['claiming', 'sending', 'waiting', 'sending', 'settled'])
    expect(seen.find(({ phase }) => phase === 'waiting')).toMatchObject({ outcome: 'executed' })
  })

  test('a stored result', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))
    const run = order.start(cart)
    const seen = watched(run)
    await clock.until(run.settled)

    expect(phases(seen)).toEqual(['claiming', 'settled'])
  })
})

describe('subscribe', () => {
  test('it calls back on every change until it is ended', async () => {
    const { placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const run = placeOrder().start(cart)
    let [ended, stays] = [0, 0]
    const end = run.subscribe(() => ended++)
    run.subscribe(() => stays++)
    await clock.settle()
    const before = ended
    end()
    end()
    first.release(answer(201, { order: 9 }))
    await clock.until(run.settled)

    expect(before).toBeGreaterThan(0)
    expect(ended).toBe(before)
    expect(stays).toBeGreaterThan(before)
  })

  test('the same function may subscribe twice, and each is ended apart', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    let calls = 0
    const listener = () => calls++
    const end = run.subscribe(listener)
    run.subscribe(listener)
    end()
    await clock.until(run.settled)

    expect(calls).toBeGreaterThan(0)
  })

  test('when the listener is called, the snapshot is the new one', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    const seen: string[] = []
    run.subscribe(() => seen.push(run.snapshot.phase))
    await clock.until(run.settled)

    expect(seen.at(-1)).toBe('settled')
    expect(seen).toContain('sending')
  })

  test('settled has resolved with what the last snapshot says', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const run = placeOrder().start(cart)
    const settled = await clock.until(run.settled)

    expect(settled).toEqual({ outcome: 'executed', data: { order: 9 }, replayed: false })
    expect(run.snapshot.data).toEqual({ order: 9 })
  })
})

describe('settled and result', () => {
  const unhandled = vi.fn<(reason: unknown) => void>()
  beforeEach(() => {
    unhandled.mockClear()
    process.on('unhandledRejection', unhandled)
  })
  afterEach(() => {
    process.off('unhandledRejection', unhandled)
  })

  test('result never raises an unhandled rejection, whether it is looked at or not', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(402))
    const order = placeOrder()
    const looked = order.start(cart)
    void looked.result
    const ignored = order.start({ id: 'cart-43' })
    const refused = order.start({ id: '' })
    void refused.result
    await clock.until(Promise.all([looked.settled, ignored.settled, refused.settled]))
    await clock.advance(1_000)

    expect(unhandled).not.toHaveBeenCalled()
  })

  test('result rejects with the error that settled has', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402))
    const run = placeOrder().start(cart)
    const { error } = await clock.until(run.settled)

    expect((await clock.until(ending(run.result))).error).toBe(error)
    expect(run.result).toBe(run.result)
    expect(run.settled).toBe(run.settled)
  })

  test.each([
    [
      'an id that throws',
      {
        id: () => {
          throw new Error('no')
        },
      },
      'unknown',
    ],
    ['an id that is empty', { id: () => '' }, 'unknown'],
    [
      'a request that throws',
      {
        request: () => {
          throw new Error('no')
        },
      },
      'not-executed',
    ],
  ] satisfies readonly [string, object, string][])(
    'settled never rejects: %s',
    async (_, changes, outcome) => {
      const { placeOrder, clock } = bench()
      const run = placeOrder(changes).start(cart)

      expect(await clock.until(run.settled)).toMatchObject({
        outcome,
        error: { code: 'configuration', outcome },
      })
      expect(run.snapshot).toMatchObject({
        phase: 'settled',
        outcome,
        error: { code: 'configuration' },
      })
    },
  )

  test('settled never rejects: the scope gives nobody', async () => {
    const { placeOrder, clock } = bench({ scope: () => '' })
    const run = placeOrder().start(cart)

    expect(await clock.until(run.settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'configuration', message: expect.stringContaining('scope') },
    })
  })

  test('settled never rejects: a store that throws at once instead of rejecting', async () => {
    const { placeOrder, store, clock } = bench()
    store.get = () => {
      throw new Error('not open')
    }

    expect(await clock.until(placeOrder().start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-failed' },
    })
  })

  test('the id is called once per call', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }))
    const id = vi.fn<(input: { id: string }) => string>(input => input.id)
    await clock.until(placeOrder({ id }).run(cart))

    expect(id).toHaveBeenCalledTimes(1)
  })
})
