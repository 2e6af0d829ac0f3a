import { describe, expect, test } from 'vitest'
import type { RecordStore } from '../../src/public/store.ts'
import type { Change } from '../../src/server/core/key-state.ts'
import { nextKeyState } from '../../src/server/core/key-state.ts'
import { KeyStore } from '../../src/server/keys/key-store.ts'
import { NotExecuted } from '../../src/server/answer/not-executed.ts'
import { serverRecordKey } from '../../src/server/core/key-header.ts'
import { atKey, heldHandler, post, shop, told, trialServer } from './trial-server.ts'

describe('a store that fails before the claim', () => {
  test('nothing is executed, and the client is told 503 with Retry-After', async () => {
    const { process, store } = trialServer()
    const { handler, orders } = shop()
    store.down(true)
    const answer = await told(process().handle(post('k1'), handler))

    expect(answer).toMatchObject({ status: 503, code: 'store-unavailable', replayed: false })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(orders).toEqual([])
  })

  test('and had written the claim: the key is free again for this process at once', async () => {
    const { process, store } = trialServer()
    const { handler, orders } = shop()
    const once = process()
    store.fail('set', 'lost')
    store.fail('get', 'refused')
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 503 })

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: false })
    expect(orders).toHaveLength(1)
  })

  test('and for all others as soon as the store takes it', async () => {
    const { process, store, clock, events } = trialServer()
    const { handler, orders } = shop()
    store.fail('set', 'lost')
    store.fail('get', 'refused', 'refused')
    await process().handle(post('k1'), handler)
    await clock.advance(1_000)

    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ status: 201 })
    expect(orders).toHaveLength(1)
    expect(events.slice(0, 1)).toEqual(['store-failed'])
  })

  test('that does not answer has failed', async () => {
    const silent = { get: never, set: never, delete: never, async *listOpen() {} }
    const { process, clock } = trialServer()
    const { handler, orders } = shop()
    const answer = process({ store: silent, lease: 5_000 }).handle(post('k1'), handler)
    expect(await told(clock.until(answer))).toMatchObject({ status: 503 })
    expect(orders).toEqual([])
  })

  test.each([null, true, 1, '', { version: '1' }])('a set that gives %o wins no claim', async given => {
    const { process, store } = trialServer()
    const set = async (...args: Parameters<RecordStore['set']>) => (await store.set(...args)) ?? given
    const { handler, orders } = shop()
    const once = process({ store: { ...store, set } as RecordStore })
    const answers = await Promise.all([1, 2, 3].map(() => told(once.handle(post('k1'), handler))))
    expect(orders).toHaveLength(1)
    expect(answers.map(({ status }) => status)).toEqual([201, 409, 409])
  })

  test.each<[call: 'get' | 'set', given: unknown]>([
    ['get', null],
    ['get', { value: '{}', version: 1 }],
    ['set', true],
  ])('a %s that always gives %o executes nothing, and the owner is told why', async (call, given) => {
    const { process, store } = trialServer()
    const errors: unknown[] = []
    const { handler, orders } = shop()
    const odd = { ...store, [call]: async () => given } as RecordStore
    const once = process({ store: odd, onError: error => errors.push(error) })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 503 })
    expect(orders).toEqual([])
    expect(String(errors[0])).toContain(`\`${call}\` of the store gave neither`)
  })

  test('the status and the seal are told 503, too', async () => {
    const { process, store } = trialServer()
    store.down(true)
    for (const work of [process().status(atKey('k1')), process().seal(atKey('k1', 'DELETE'))])
      expect(await told(work)).toMatchObject({ status: 503, code: 'store-unavailable' })
  })
})

describe('a claim whose own reply was lost', () => {
  test('knows itself by its owner', async () => {
    const { process, store } = trialServer()
    const { handler, orders } = shop()
    store.fail('set', 'lost')

    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: false })
    expect(orders).toHaveLength(1)
  })

  test('is not taken for its own where another was first', async () => {
    const { process, store, clock } = trialServer()
    const held = heldHandler()
    void process().handle(post('k1'), held.handler)
    await clock.settle()
    store.fail('set', 'lost')
    const { handler, orders } = shop()

    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ code: 'in-progress' })
    expect(orders).toEqual([])
  })
})

describe('a store that fails after the handler', () => {
  test('the answer still goes out, this process knows it, and the record is repaired', async () => {
    const { process, store, clock, events } = trialServer()
    const { handler, orders } = shop()
    const once = process()
    store.fail('set', 'passes', 'refused', 'refused', 'refused')
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, body: { order: 1 } })

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 201,
      body: { order: 1 },
      replayed: true,
    })
    expect(await told(once.status(atKey('k1')))).toMatchObject({ body: { status: 'succeeded' } })
    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ code: 'in-progress' })
    await clock.until(once.idle())
    expect(events).toContain('mended')
    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: true })
    expect(orders).toHaveLength(1)
  })

  test('for good: later clients are told unknown, never failed', async () => {
    const { process, store, clock } = trialServer()
    const { handler, orders } = shop()
    const once = process()
    store.fail('set', 'passes')
    const answer = once.handle(post('k1'), async (request, execution) => {
      store.down(true)
      return handler(request, execution)
    })
    expect(await told(answer)).toMatchObject({ status: 201 })
    await clock.until(once.idle())
    store.down(false)

    const late = process()
    expect(await told(late.handle(post('k1'), handler))).toMatchObject({ code: 'outcome-unknown' })
    expect(await told(late.status(atKey('k1')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
    expect(orders).toHaveLength(1)
  })

  test('a completion whose reply was lost is not written twice', async () => {
    const { process, store, events } = trialServer()
    const { handler } = shop()
    store.fail('set', 'passes', 'lost')
    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ status: 201 })
    expect(events).toEqual(['claimed', 'completed'])
    expect(store.calls.filter(call => call === 'set')).toHaveLength(2)
  })

  test('a success that came after its time is not overwritten by the repair of what was said before', async () => {
    const { process, store, clock } = trialServer()
    const { handler, runs } = heldHandler()
    const once = process({ timeout: 1_000, lease: 60_000 })
    // The claim, then the two tries to write that it is too late.
    store.fail('set', 'passes', 'refused', 'refused')
    const late = once.handle(post('k1'), handler)
    await clock.until(late)
    expect((await late).status).toBe(500)
    runs[0]!.answer(Response.json({ order: 1 }, { status: 201 }))
    await clock.until(once.idle())
    expect(await told(process().handle(post('k1'), shop().handler))).toMatchObject({
      status: 201,
      replayed: true,
      body: { order: 1 },
    })
  })

  test('a key that a handler freed is free', async () => {
    const { process, store, clock } = trialServer()
    const once = process()
    store.fail('delete', 'refused', 'refused', 'refused')
    await once.handle(post('k1'), () => Promise.reject(new NotExecuted()))

    const { handler, orders } = shop()
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201 })
    await clock.until(once.idle())
    expect(await told(process().handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: true })
    expect(orders).toHaveLength(1)
  })
})

test('a claim whose reply was lost, and that another took over and took back, is taken back too', async () => {
  const { process, store, clock } = trialServer()
  const place = serverRecordKey('shop', 'k1')
  let answerLate = () => {}
  const isLate = new Promise<void>(resolve => (answerLate = resolve))
  let sets = 0
  // The first claim is written, its reply is lost, and the look at what came of it takes its time.
  const late: RecordStore = {
    ...store,
    set: async (key, value, options) => {
      const version = await store.set(key, value, options)
      if (key !== place || sets++ > 0) return version
      await new Promise<void>(resolve => void clock.after(500, resolve))
      throw new Error('the reply was lost')
    },
    get: async key => {
      if (key === place) await isLate
      return store.get(key)
    },
  }
  const { handler, orders } = shop()
  const options = { resumable: true, lease: 2_000, timeout: 1_000 }
  const first = told(process({ ...options, store: late }).handle(post('k1'), handler))
  await clock.advance(2_000)
  // The other takes the key over, is told that this failed, and puts back what was there.
  store.fail('set', 'passes', 'lost')
  store.fail('get', 'passes', 'refused')
  expect(await told(process(options).handle(post('k1'), handler))).toMatchObject({ status: 503 })
  answerLate()
  expect(await first).toMatchObject({ status: 409, code: 'in-progress' })
  await clock.advance(30_000)

  expect(await store.get(place)).toBeUndefined()
  expect(orders).toEqual([])
})

test('a success that could not be written waits while another’s claim is there, which may be taken back', async () => {
  const { clock, now, store } = trialServer()
  const place = serverRecordKey('shop', 'k1')
  const written = (owner: string, write: number) => ({ owner, write, nowAt: now() })
  const claim = { kind: 'claim', fingerprint: 'f', leaseMs: 3_000, resumable: true } as const
  const answer = { status: 201, headers: [], body: '', form: 'text' } as const
  const recordOf = (change: Change) => {
    if (change.kind !== 'write' || change.record === undefined) throw new Error('it is refused')
    return change.record
  }
  const runtime = { runnerId: 'p1', now, after: clock.after, digest: () => '' }
  const keys = new KeyStore(store, runtime, 86_400_000)
  const first = recordOf(nextKeyState(undefined, claim, written('p1.1', 1)))
  const success = recordOf(nextKeyState(first, { kind: 'complete', answer, keep: true }, written('p1.1', 2)))
  await clock.advance(3_000)
  const taken = recordOf(nextKeyState(first, claim, written('p2.1', 1)))
  const { view } = await keys.write(place, { record: undefined, version: null }, taken)
  const mended = keys.mend(place, { owner: 'p1.1', write: 2, record: success })
  await clock.advance(1_000)
  expect((await keys.read(place)).record).toMatchObject({ state: 'processing', owner: 'p2.1' })

  // Whoever was told that its claim had failed takes it back.
  await keys.write(place, view, first)
  expect(await clock.until(mended)).toBe(true)
  expect((await keys.read(place)).record).toMatchObject({ state: 'succeeded', owner: 'p1.1' })
})

describe('a record that cannot be understood', () => {
  test.each([
    ['no JSON', 'x'],
    ['another format', '{"v":2}'],
    ['no object', '[1]'],
    ['no state', '{"v":1,"owner":"a","write":1,"createdAt":1,"changedAt":1,"state":"__proto__"}'],
    [
      'a hostile answer',
      '{"v":1,"owner":"a","write":1,"createdAt":1,"changedAt":1,"state":"succeeded","answer":{"status":99,"headers":[],"body":"","form":"text"}}',
    ],
    [
      'a header that is none',
      '{"v":1,"owner":"a","write":1,"createdAt":1,"changedAt":1,"state":"succeeded","answer":{"status":200,"headers":["x"],"body":"","form":"text"}}',
    ],
  ])('%s: nothing is executed, nothing overwritten, and the outcome is unknown', async (_, value) => {
    const { process, store } = trialServer()
    const { handler, orders } = shop()
    await store.set(serverRecordKey('shop', 'k1'), value, { expected: null, open: true })

    expect(await told(process().handle(post('k1'), handler))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
    })
    expect(await told(process().status(atKey('k1')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
    expect((await store.get(serverRecordKey('shop', 'k1')))?.value).toBe(value)
    expect(orders).toEqual([])
  })
})

test('a listener that throws loses no answer', async () => {
  const { process } = trialServer()
  const once = process({
    onEvent: () => {
      throw new Error('the log is full')
    },
  })
  expect((await once.handle(post('k1'), shop().handler)).status).toBe(201)
})

function never(): Promise<never> {
  return new Promise(() => {})
}

test('why the store could not be used is told to the owner, and not to the client', async () => {
  const { process, store } = trialServer()
  const errors: unknown[] = []
  const once = process({ onError: (error, about) => errors.push([(error as Error).message, about]) })
  store.down(true)
  const why = ['the store is down', { key: 'k1', scope: 'shop' }]
  for (const answer of [
    once.handle(post('k1'), shop().handler),
    once.status(atKey('k1')),
    once.seal(atKey('k1', 'DELETE')),
  ])
    expect(JSON.stringify((await told(answer)).body)).not.toContain('the store is down')
  expect(errors).toEqual([why, why, why])
})
