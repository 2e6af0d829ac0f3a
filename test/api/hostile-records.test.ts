import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOperationError } from '../../src/public/errors.ts'
import { decodeRecord } from '../../src/engine/stored/record-schema.ts'
import type { Reply } from './bench/scripted-server.ts'
import type { Bench } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

const KINDS: Readonly<Record<string, Reply>> = {
  pending: reset,
  processing: answer(202, undefined, { location: '/api/orders/9/status' }),
  succeeded: answer(201, { order: 9 }),
  failed: answer(402, { title: 'No money' }),
}

/** A world with one record of this kind in its store. */
async function withRecord(kind: string): Promise<Bench> {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
  world.server.script(KINDS[kind]!)
  await world.clock.until(ending(world.placeOrder({ persist: 'request' }).run(cart)))
  return world
}

async function storedText(world: Bench): Promise<string> {
  const texts: string[] = []
  for await (const { value } of world.store.listOpen('')) texts.push(value)
  for await (const { value } of world.store.listSettled?.('') ?? []) texts.push(value)
  return texts.join('\n')
}

/** All calls that read the record, none of which may crash; what they threw or gave. */
async function everyCall(world: Bench): Promise<readonly unknown[]> {
  const later = world.another({
    retry: { attempts: 1 },
    poll: { deadline: 1 },
    deadline: 20_000,
    timeout: 1_000,
  })
  const order = later.placeOrder({
    persist: 'request',
    cancel: { request: ({ key }) => ({ method: 'delete', url: `orders/${encodeURIComponent(key)}` }) },
    status: { request: ({ key }) => ({ url: `orders/${encodeURIComponent(key)}` }) },
  })
  const calls = [
    () => order.inspect(cart),
    () => order.settle(cart),
    () => order.run(cart),
    () => order.cancel(cart),
    () => order.conclude(cart, { outcome: 'not-executed' }),
    () => order.forget(cart),
    () => later.client.pending(),
    () => later.client.resume({ send: true }),
  ]
  const ends: unknown[] = []
  for (const call of calls) {
    const { error } = await world.clock.until(ending<unknown>(call()))
    ends.push(error)
  }
  return ends
}

describe('a record that does not have the shape of one', () => {
  test.each<[string, string]>([
    ['no JSON', 'not a record'],
    ['nothing', ''],
    ['a number', '42'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['another program’s', '{"queue":"mail","attempts":3}'],
    ['a prototype', '{"__proto__":{"v":1,"state":"succeeded"}}'],
    ['a constructor', '{"constructor":{"prototype":{"polluted":true}}}'],
    ['very deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('is not sent with, and not overwritten: %s', async (_, text) => {
    const world = await withRecord('pending')
    await world.overwrite(text)

    const ends = await everyCall(world)

    expect(ends.filter(error => error !== undefined).every(isOperationError)).toBe(true)
    expect(world.server.requests).toHaveLength(1)
    expect(await storedText(world)).toBe(text)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test.each([
    ['scope', 'user-8'],
    ['name', 'refund'],
    ['id', 'cart-43'],
  ])('a record of another operation in its place is not taken for its own: %s', async (field, value) => {
    const world = await withRecord('succeeded')
    const text = JSON.stringify({ ...(await world.record()), [field]: value })
    await world.overwrite(text)

    const { error } = await world.clock.until(ending(world.another().placeOrder().run(cart)))

    expect(error).toMatchObject({
      code: 'store-corrupt',
      outcome: 'unknown',
      message: expect.stringContaining('The record belongs to another operation.'),
    })
    expect(world.server.requests).toHaveLength(1)
    expect(await storedText(world)).toBe(text)
  })

  test.each<[string, string, unknown]>([
    ['a state that there is not', 'state', 'done'],
    ['no key', 'key', undefined],
    ['a key that is a number', 'key', 42],
    ['no id', 'id', undefined],
    ['an empty id', 'id', ''],
    ['an id of null', 'id', null],
    ['a generation of zero', 'generation', 0],
    ['a generation that is a fraction', 'generation', 1.5],
    ['attempts that are text', 'attempts', '1'],
    ['attempts that are negative', 'attempts', -1],
    ['a time beyond any date', 'firstSentAt', 9e15],
    ['a time that is text', 'highestSeenAt', 'now'],
    ['no target', 'target', undefined],
    ['a target that is a list', 'target', ['POST']],
    [
      'a carriage of the key that is a list',
      'target',
      { method: '', origin: '', path: '', queryHash: '', profile: '', account: '', carriage: ['raw'] },
    ],
    ['a writer without a runner', 'writer', { write: 1 }],
    ['a lease without an end', 'lease', { runner: 'x' }],
    ['a request with headers that are none', 'request', { url: 'x', headers: { a: 1 } }],
  ])('it is checked field by field: %s', async (_, field, value) => {
    const world = await withRecord('pending')
    const text = JSON.stringify({ ...(await world.record()), [field]: value })
    await world.overwrite(text)

    const ends = await everyCall(world)

    expect(ends[2]).toMatchObject({ code: 'store-corrupt', outcome: 'unknown' })
    expect(world.server.requests).toHaveLength(1)
    expect(await storedText(world)).toBe(text)
  })

  test('a record that was copied to the place of another operation is not resumed in its name', async () => {
    const world = await withRecord('pending')
    const text = JSON.stringify(await world.record())
    await world.store.set('so1/user-7/place-order/elsewhere', text, { expected: null, open: true })
    await world.store.set('so1/user-7/refund/%5C%22cart-42%5C%22', text, { expected: null, open: true })
    const later = world.another()
    later.placeOrder({ persist: 'request' })
    world.server.script(answer(201, { order: 9 }))

    expect((await world.clock.until(later.client.pending())).map(({ error }) => error?.code)).toEqual([
      undefined,
      'store-corrupt',
      'store-corrupt',
    ])
    const resumed = await world.clock.until(later.client.resume({ send: true }))
    expect(resumed.map(({ outcome }) => outcome).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'executed',
      'skipped',
      'skipped',
    ])
    expect(world.server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('a settled record that the store lists as open is not taken for one', async () => {
    const world = await withRecord('succeeded')
    const [text, later] = [JSON.stringify(await world.record()), world.another()]
    later.placeOrder({ persist: 'request' })
    for await (const { key, version } of world.store.listSettled?.('') ?? []) {
      await world.store.set(key, text, { expected: version, open: true })
    }

    expect(await world.clock.until(later.client.pending())).toMatchObject([
      { error: { code: 'store-corrupt' } },
    ])
    expect(await world.clock.until(later.client.resume({ send: true }))).toMatchObject([
      { outcome: 'skipped' },
    ])
    expect(world.server.requests).toHaveLength(1)
  })

  test.each<[string, Reply, object]>([
    ['a success', answer(201, { order: 9 }), { outcome: 'executed', data: { order: 9 } }],
    ['a refusal', answer(402, { title: 'No money' }), { outcome: 'unknown' }],
    ['a 202', answer(202, undefined, { location: '/api/orders/9/status' }), { outcome: 'unknown' }],
  ])('is not overwritten by a run that was under way when it came: %s', async (_, reply, expected) => {
    const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
    const text = '{"v":2,"written":"by a version that comes later"}'
    world.server.script(async request => {
      await world.overwrite(text)
      return reply(request)
    })

    const end = await world.clock.until(world.placeOrder().start(cart).settled)

    expect(end).toMatchObject(expected)
    expect(await storedText(world)).toBe(text)
    expect(world.server.requests).toHaveLength(1)
  })

  test('the fault names the field, never what is in it', async () => {
    const world = await withRecord('pending')
    await world.overwrite(JSON.stringify({ ...(await world.record()), generation: 'canary' }))

    const { error } = await world.clock.until(ending(world.another().placeOrder().run(cart)))

    expect(error?.message).toContain('The record does not have the shape of one at generation.')
    expect(JSON.stringify([error, error?.message, String(error?.cause)])).not.toContain('canary')
  })
})

describe('a record with the shape of one, and hostile values', () => {
  test.each<[string, string]>([
    ['a line break', 'key\r\nX-Evil: 1'],
    ['a quote', 'key"'],
    ['nothing', ''],
    ['very long', 'k'.repeat(10_000)],
    ['beyond ASCII', 'clé'],
  ])('a key that must not meet a header does not: %s', async (_, key) => {
    const world = await withRecord('pending')
    await world.overwrite(JSON.stringify({ ...(await world.record()), key }))
    const order = world.another().placeOrder()

    expect((await world.clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(world.server.requests).toHaveLength(1)
  })

  test('a status URL on another origin gets no question', async () => {
    const world = await withRecord('processing')
    await world.overwrite(
      JSON.stringify({ ...(await world.record()), statusUrl: 'https://evil.test/status' }),
    )
    const later = world.another({ headers: { authorization: 'Bearer secret' } })
    later.placeOrder()
    await world.clock.until(later.client.resume())

    expect(world.server.requests.every(({ url }) => url.startsWith('https://shop.test/'))).toBe(true)
  })

  test('a target and status URL on another origin get no credentials', async () => {
    const world = await withRecord('processing')
    const record = (await world.record()) as unknown as { readonly target: object }
    await world.overwrite(
      JSON.stringify({
        ...record,
        target: { ...record.target, origin: 'https://evil.test' },
        statusUrl: 'https://evil.test/status',
      }),
    )
    world.server.always(answer(200, { status: 'running' }))
    const later = world.another({
      headers: { authorization: 'Bearer secret' },
      deadline: 10_000,
      poll: { deadline: 10_000 },
    })
    later.placeOrder()
    await world.clock.until(later.client.resume())

    const elsewhere = world.server.requests.filter(({ url }) => !url.startsWith('https://shop.test/'))
    expect(elsewhere.every(({ headers }) => headers['authorization'] === undefined)).toBe(true)
  })

  test('properties of prototypes in its data are data', async () => {
    const world = await withRecord('succeeded')
    const record = (await world.record()) as unknown as { readonly result: object }
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"order":9}'
    await world.overwrite(JSON.stringify({ ...record, result: { ...record.result, text } }))

    expect(await world.clock.until(world.another().placeOrder().run(cart))).toEqual({ order: 9 })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('a record that was changed anywhere', () => {
  const hostile = fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      '',
      'x',
      0,
      -1,
      1.5,
      1e308,
      [],
      {},
      '__proto__',
      'https://evil.test/',
      'user-8',
      '\r\n',
      '\u{d800}',
      { __proto__: null, toString: 1 },
    ),
    fc.jsonValue(),
    fc.string({ maxLength: 20 }),
    fc.integer(),
  )

  /** Sets, drops or adds something at a place that is chosen by numbers. */
  const mutate = (
    value: unknown,
    path: readonly number[],
    put: unknown,
    how: 'set' | 'add' | 'proto',
  ): unknown => {
    if (typeof value !== 'object' || value === null) return put
    const entries = Object.entries(value)
    const [step, ...rest] = path
    if (how === 'add' && rest.length === 0)
      return Object.fromEntries([...entries, [`extra${step ?? 0}`, put]])
    if (how === 'proto' && rest.length === 0) {
      return JSON.parse(`{"__proto__":${JSON.stringify(put ?? null)},${JSON.stringify(value).slice(1)}`)
    }
    if (entries.length === 0 || step === undefined) return put
    const at = step % entries.length
    return Object.fromEntries(
      entries.map(([name, inner], index) =>
        index === at ? [name, rest.length === 0 ? put : mutate(inner, rest, put, how)] : [name, inner],
      ),
    )
  }

  test('never crashes, never pollutes; what is not understood is never sent with and never overwritten', async () => {
    const originals = new Map<string, unknown>()
    for (const kind of Object.keys(KINDS)) originals.set(kind, await (await withRecord(kind)).record())
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(KINDS)),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
        hostile,
        fc.constantFrom('set' as const, 'add' as const, 'proto' as const),
        async (kind, path, put, how) => {
          const text = JSON.stringify(mutate(originals.get(kind), path, put, how))
          const world = await withRecord(kind)
          await world.overwrite(text)
          world.server.always(answer(503))
          const sentBefore = world.server.requests.length

          const ends = await everyCall(world)

          expect(ends.filter(error => error !== undefined).every(isOperationError)).toBe(true)
          expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
          expect(Object.keys(Object.prototype)).toEqual([])
          const sent = world.server.requests.slice(sentBefore)
          expect(sent.filter(({ url }) => !url.startsWith('https://shop.test/'))).toEqual([])
          expect(sent.filter(({ key = 'none' }) => !/^[\x21-\x7e]{1,255}$/.test(key))).toEqual([])
          const understood = decodeRecord(text).ok
          expect(understood || sent.length === 0).toBe(true)
          expect(understood || (await storedText(world)) === text).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a text that was cut or flipped anywhere is not sent with, unless it is still a record', async () => {
    const original = JSON.stringify(await (await withRecord('pending')).record())
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.string({ maxLength: 2 }), async (at, put) => {
        const text = `${original.slice(0, at)}${put}${original.slice(at + put.length + 1)}`
        const world = await withRecord('pending')
        await world.overwrite(text)
        world.server.always(answer(503))

        const ends = await everyCall(world)

        expect(ends.filter(error => error !== undefined).every(isOperationError)).toBe(true)
        const understood = decodeRecord(text).ok
        expect(understood || world.server.requests.length === 1).toBe(true)
        expect(understood || (await storedText(world)) === text).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})
