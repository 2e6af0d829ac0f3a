import { describe, expect, test } from 'vitest'
import { IdempotencyError, isIdempotencyError, NotExecuted } from '../../src/entries/server.ts'
import type { Idempotency, RunOptions } from '../../src/entries/server.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { atKey, listed, post, shop, told, trialServer } from './trial-server.ts'

const call: RunOptions = { scope: 'anna', payload: { item: 'tea', count: 1 } }

/** A work that counts how often it was done, and whose end the test decides. */
function heldWork() {
  const runs: { readonly give: (value: unknown) => void; readonly fail: (error: unknown) => void }[] = []
  return { runs, work: () => new Promise<unknown>((give, fail) => runs.push({ give, fail })) }
}

/** What is private is seen by nobody: two of them look alike. */
class Hidden {
  currency = 'EUR'
  readonly #amount: number
  constructor(amount: number) {
    this.#amount = amount
  }
  get amount() {
    return this.#amount
  }
}

/** The store as a process sees it that dies after its first write: nothing more of it arrives. */
function dying(store: RecordStore): RecordStore {
  let writes = 0
  const dead = () => Promise.reject(new Error('dead'))
  return {
    get: key => store.get(key),
    set: (...write: Parameters<RecordStore['set']>) => {
      const isOfKey = write[0].startsWith('ss1/')
      return !isOfKey || writes++ === 0 ? store.set(...write) : dead()
    },
    delete: dead,
    listOpen: prefix => store.listOpen(prefix),
  }
}

const ended = (run: Promise<{ readonly value: unknown; readonly replayed: boolean }>) =>
  run.then(
    ({ value, replayed }) => ({ value, replayed }),
    (error: unknown) => (error instanceof IdempotencyError ? error.code : error),
  )

describe('run', () => {
  test('does its work once for a key, and gives the value again, in another process too', async () => {
    const { process } = trialServer()
    let done = 0
    const work = () => ({ order: (done += 1) })
    expect(await process().run('k1', call, work)).toEqual({ value: { order: 1 }, replayed: false })
    expect(await process().run('k1', call, work)).toEqual({ value: { order: 1 }, replayed: true })
    expect(await process().run('k2', call, work)).toEqual({ value: { order: 2 }, replayed: false })
    expect(await process().run('k1', { ...call, scope: 'bert' }, work)).toEqual({
      value: { order: 3 },
      replayed: false,
    })
  })

  test.each<[what: string, value: unknown, given: unknown]>([
    ['undefined', undefined, undefined],
    ['null', null, null],
    ['a text', 'done', 'done'],
    ['an empty text', '', ''],
    ['zero', 0, 0],
    ['false', false, false],
    ['a list', [1, [2]], [1, [2]]],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a text with NUL and half a pair', { a: '\0\ud800' }, { a: '\0\ud800' }],
    ['undefined properties', { a: undefined, b: null }, { b: null }],
    [
      'a class that says what it is',
      { at: new URL('https://shop.example/') },
      { at: 'https://shop.example/' },
    ],
    ['a status', { status: 'succeeded' }, { status: 'succeeded' }],
    ['a name that means something', JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
  ])('gives %s as JSON, the first time and again', async (_, value, given) => {
    const once = trialServer().process()
    expect(await once.run('k1', call, async () => value)).toEqual({ value: given, replayed: false })
    expect(await once.run('k1', call, () => 'other')).toEqual({ value: given, replayed: true })
  })

  test.each<[what: string, value: unknown]>([
    ['a bigint', { amount: 1n }],
    [
      'itself within',
      (() => {
        const own: { own?: unknown } = {}
        own.own = own
        return own
      })(),
    ],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['no number', Number.NaN],
    ['an infinite number', Number.POSITIVE_INFINITY],
    ['no number within', { total: Number.NaN }],
    ['an infinite number within', { items: [{ price: Number.NEGATIVE_INFINITY }] }],
    ['no number by its toJSON', { total: { toJSON: () => Number.NaN } }],
    ['undefined in a list', { items: [1, undefined] }],
    // oxlint-disable-next-line no-sparse-arrays
    ['a hole in a list', [1, , 3]],
    ['a function within', { act: () => 1 }],
    ['a symbol within', { items: [Symbol('a')] }],
    ['a Date that is none', { at: new Date(Number.NaN) }],
    ['a Map', new Map([['a', 1]])],
    ['a Set within', { items: [new Set([1])] }],
    ['an Error', new Error('half way')],
    ['a Response', Response.json({ order: 1 })],
    ['a class that hides its data', new Hidden(1)],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
    ],
  ])('that was done and gave %s says so, and is not done again', async (_, value) => {
    const once = trialServer().process()
    let done = 0
    const work = () => ((done += 1), value)
    const failure = await once.run('k1', call, work).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'value-invalid', key: 'k1', scope: 'anna', retryAfter: undefined })
    expect((failure as Error).cause).toBeInstanceOf(Error)
    expect(await ended(once.run('k1', call, work))).toBe('already-executed')
    expect(done).toBe(1)
  })

  test('whose value is not kept has none at the URL of its key either', async () => {
    const once = trialServer().process({ scope: 'anna', maxAnswerBytes: 10 })
    await once.run('k1', call, () => 1n).catch(() => {})
    await once.run('k2', call, () => 'x'.repeat(10))
    for (const key of ['k1', 'k2'])
      expect((await told(once.status(atKey(key)))).body).toEqual({ status: 'succeeded' })
  })

  test('whose value is too large gives it once', async () => {
    const once = trialServer().process({ maxAnswerBytes: 10 })
    expect(await ended(once.run('k1', call, () => 'x'.repeat(10)))).toMatchObject({ replayed: false })
    expect(await ended(once.run('k1', call, () => 'x'))).toBe('already-executed')
  })

  test('refuses another payload, and takes the same one in another order', async () => {
    const once = trialServer().process()
    await once.run('k1', call, () => 1)
    const same = { ...call, payload: { count: 1, item: 'tea' } }
    expect(await ended(once.run('k1', same, () => 2))).toEqual({ value: 1, replayed: true })
    for (const payload of [{ item: 'tea', count: 2 }, { item: 'tea' }, null, [], ''])
      expect(await ended(once.run('k1', { ...call, payload }, () => 2))).toBe('payload-mismatch')
  })

  test('and a request with its key are two things', async () => {
    const once = trialServer().process({ scope: 'anna' })
    await once.run('k1', call, () => 1)
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'payload-mismatch' })
    expect(await told(once.status(atKey('k1')))).toMatchObject({ body: { status: 'succeeded', result: 1 } })
  })

  test('that is going on elsewhere is told with the time to wait', async () => {
    const { clock, process } = trialServer()
    const { runs, work } = heldWork()
    const first = process().run('k1', call, work)
    await clock.settle()
    await expect(process().run('k1', call, work)).rejects.toMatchObject({
      code: 'in-progress',
      retryAfter: 1_000,
    })
    const waiting = process().run('k1', { ...call, wait: 5_000 }, work)
    await clock.settle()
    runs[0]!.give('done')
    expect(await clock.until(first)).toEqual({ value: 'done', replayed: false })
    expect(await clock.until(waiting)).toEqual({ value: 'done', replayed: true })
    expect(runs).toHaveLength(1)
  })

  test('that is going on elsewhere is not done, also where requests are told so by a 202', async () => {
    const { clock, process } = trialServer()
    const { runs, work } = heldWork()
    const first = process({ inProgress: 202 }).run('k1', call, work)
    await clock.settle()
    const again = process({ inProgress: 202 }).run('k1', call, work)
    await expect(again).rejects.toMatchObject({ code: 'in-progress', retryAfter: 1_000 })
    runs[0]!.give('done')
    expect(await clock.until(first)).toEqual({ value: 'done', replayed: false })
  })

  test('of which too many are open is not begun, and told when it may be', async () => {
    const once = trialServer().process({ maxOpen: 1 })
    await once.run('k1', call, () => Promise.reject(new Error('half done'))).catch(() => {})
    await once.idle()
    const failure = await once.run('k2', call, () => 'done').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'too-many-open', retryAfter: 60_000 })
    expect((failure as Error).message).toContain('Nothing was done')
  })

  test('that throws leaves the outcome unknown, with what it threw, until somebody concludes', async () => {
    const { process } = trialServer()
    const errors: unknown[] = []
    const once = process({ onError: error => errors.push(error) })
    const thrown = new Error('half done')
    const work = () => Promise.reject(thrown)
    const failure = await once.run('k1', call, work).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'outcome-unknown', cause: thrown })
    expect(isIdempotencyError(failure)).toBe(true)
    expect(errors).toEqual([thrown])
    const again = await once.run('k1', call, () => 'other').catch((error: unknown) => error)
    expect(again).toMatchObject({ code: 'outcome-unknown' })
    expect((again as Error).cause).toBeUndefined()

    await once.conclude('k1', { scope: 'anna', outcome: 'executed', response: Response.json({ order: 7 }) })
    expect(await once.run('k1', call, () => 'other')).toEqual({ value: { order: 7 }, replayed: true })
  })

  test.each<[status: number, error: object]>([
    [400, { status: 400 }],
    [404, { statusCode: 404 }],
  ])('is not freed by an error that says %d', async (_, fields) => {
    const once = trialServer().process()
    const work = () => Promise.reject(Object.assign(new Error('no such order'), fields))
    expect(await ended(once.run('k1', call, work))).toBe('outcome-unknown')
    expect(await ended(once.run('k1', call, () => 1))).toBe('outcome-unknown')
  })

  test.each<[what: string, error: unknown]>([
    ['NotExecuted', new NotExecuted('sold out')],
    ['NotExecuted with an answer for clients', new NotExecuted('sold out', { response: Response.json(1) })],
    ['an error that is declared', new RangeError('sold out')],
  ])('that throws %s frees the key, and has the error as its cause', async (_, thrown) => {
    const once = trialServer().process({ nothingHappened: error => error instanceof RangeError })
    const work = () => Promise.reject(thrown)
    const failure = await once.run('k1', call, work).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'nothing-happened', cause: thrown, retryAfter: 1_000 })
    expect(await once.run('k1', call, () => 1)).toEqual({ value: 1, replayed: false })
  })

  test.each<[code: string, conclusion: Parameters<Idempotency['conclude']>[1]]>([
    ['already-executed', { scope: 'anna', outcome: 'executed' }],
    ['already-executed', { scope: 'anna', outcome: 'executed', response: new Response('no JSON') }],
    [
      'already-executed',
      { scope: 'anna', outcome: 'executed', response: Response.redirect('https://a.example') },
    ],
    ['not-executed', { scope: 'anna', outcome: 'not-executed' }],
    ['not-executed', { scope: 'anna', outcome: 'not-executed', response: Response.json(1, { status: 402 }) }],
  ])('of a key that was concluded is %s', async (code, conclusion) => {
    const once = trialServer().process()
    await ended(once.run('k1', call, () => Promise.reject(new Error('half'))))
    await once.conclude('k1', conclusion)
    expect(await ended(once.run('k1', call, () => 1))).toBe(code)
  })

  test('of a sealed key is refused for ever', async () => {
    const once = trialServer().process({ scope: 'anna' })
    await once.seal(atKey('k1', 'DELETE'))
    expect(await ended(once.run('k1', call, () => 1))).toBe('sealed')
  })

  test('of a key that was first used before the memory begins is refused', async () => {
    const { process, now } = trialServer()
    const once = process({ retention: 3_600_000 })
    expect(await ended(once.run('k1', { ...call, firstSentAt: now() - 3_600_001 }, () => 1))).toBe(
      'key-expired',
    )
    expect(await ended(once.run('k1', { ...call, firstSentAt: now() + 900_000 }, () => 1))).toBe(
      'first-sent-invalid',
    )
    // Within the retention, and before the store was born.
    expect(await ended(once.run('k1', { ...call, firstSentAt: now() - 3_000_000 }, () => 1))).toBe(
      'key-expired',
    )
    expect(await ended(once.run('k1', { ...call, firstSentAt: now() }, () => 1))).toMatchObject({ value: 1 })
  })

  test('on a store that fails does nothing', async () => {
    const { clock, process, store } = trialServer()
    store.down(true)
    let done = 0
    const end = await clock.until(ended(process().run('k1', call, () => (done += 1))))
    expect([end, done]).toEqual(['store-unavailable', 0])
  })

  test('whose end the store does not take gives its value, and is written down later', async () => {
    const { clock, process, store } = trialServer()
    const once = process()
    const end = await clock.until(
      once.run('k1', call, () => {
        store.down(true)
        return 'done'
      }),
    )
    expect(end).toEqual({ value: 'done', replayed: false })
    store.down(false)
    await clock.until(once.idle())
    expect(await process().run('k1', call, () => 'other')).toEqual({ value: 'done', replayed: true })
  })

  test('whose process dies between the effect and the end is unknown to the next one, and listed', async () => {
    const { clock, process, store } = trialServer()
    void process({ store: dying(store) }).run('k1', call, heldWork().work)
    await clock.settle()
    const other = process()
    expect(await ended(other.run('k1', call, () => 'again'))).toBe('in-progress')
    await clock.advance(30_001)
    expect(await ended(other.run('k1', call, () => 'again'))).toBe('outcome-unknown')
    expect(await listed(other.unresolved('anna'))).toMatchObject([{ key: 'k1' }])
  })

  test('that is resumable is done again by the next one, which knows it', async () => {
    const { clock, process, store } = trialServer()
    void process({ store: dying(store) }).run('k1', { ...call, resumable: true }, heldWork().work)
    await clock.settle()
    await clock.advance(30_001)
    const end = await process().run('k1', { ...call, resumable: true }, execution => ({
      resumed: execution.resumed,
      fence: execution.fence,
      key: execution.key,
      scope: execution.scope,
    }))
    expect(end).toEqual({ value: { resumed: true, fence: 2, key: 'k1', scope: 'anna' }, replayed: false })
  })

  test('is awaited by idle, and given to waitUntil', async () => {
    const { process } = trialServer()
    const once = process()
    const kept: Promise<unknown>[] = []
    await once.run('k1', { ...call, waitUntil: work => kept.push(work) }, () => 1)
    expect(kept).toHaveLength(1)
    await once.idle()
  })

  test.each<[code: string, key: unknown, change: object]>([
    ['key-invalid', '', {}],
    ['key-invalid', 'a b', {}],
    ['key-invalid', '"k1"', {}],
    ['key-invalid', ' k1', {}],
    ['key-invalid', 'k'.repeat(256), {}],
    ['key-invalid', 7, {}],
    ['key-invalid', undefined, {}],
    ['scope-invalid', 'k1', { scope: 'Bearer abc' }],
    ['scope-invalid', 'k1', { scope: undefined }],
    ['scope-invalid', 'k1', { scope: 'user:undefined' }],
  ])('is refused with %s for the key %j and %j', async (code, key, change) => {
    const { process, store } = trialServer()
    expect(await ended(process().run(key as string, { ...call, ...change }, () => 1))).toBe(code)
    expect(store.calls).toEqual([])
  })

  test('takes what says by toJSON what it is, and data of no prototype', async () => {
    const { process } = trialServer()
    const once = process()
    class Told extends Hidden {
      toJSON() {
        return { amount: this.amount }
      }
    }
    const bare: unknown = Object.assign(Object.create(null), { at: new Date(5), left: undefined })
    for (const payload of [{ price: new Told(1) }, bare]) {
      const key = `k${String(payload === bare)}`
      expect(await ended(once.run(key, { ...call, payload }, () => 1))).toMatchObject({ replayed: false })
      expect(await ended(once.run(key, { ...call, payload }, () => 1))).toMatchObject({ replayed: true })
    }
    expect(await ended(once.run('kfalse', { ...call, payload: { price: new Told(2) } }, () => 1))).toBe(
      'payload-mismatch',
    )
  })

  test.each<[path: string, change: object]>([
    ['run.payload', { payload: undefined }],
    ['run.payload', { payload: { at: 1n } }],
    ['run.payload', { payload: new Map() }],
    ['run.payload', { payload: { a: Number.NaN } }],
    ['run.payload', { payload: new Hidden(1) }],
    ['run.payload.price', { payload: { price: new Hidden(1) } }],
    ['run.payload.lines[1]', { payload: { lines: [1, new Hidden(1)] } }],
    ['run.payload', { payload: new (class Lines extends Array {})() }],
    ['run.payload', { payload: new Error('x') }],
    ['run.payload', { payload: Promise.resolve(1) }],
    ['run.payload', { payload: new Set([1]) }],
    ['run.payload', { payload: /x/ }],
    ['run.payload', { payload: () => 1 }],
    ['run.firstSentAt', { firstSentAt: 'yesterday' }],
    ['run.wait', { wait: -1 }],
    ['run.resumable', { resumable: 1 }],
    ['run.waitUntil', { waitUntil: 1 }],
    ['run.retention', { retention: 1 }],
  ])('says that %s is a mistake', async (path, change) => {
    const { process, store } = trialServer()
    await expect(process().run('k1', { ...call, ...change }, () => 1)).rejects.toThrow(`${path}: `)
    await expect(process().run('k1', call, 'work' as never)).rejects.toMatchObject({ code: 'configuration' })
    expect(store.calls).toEqual([])
  })
})
