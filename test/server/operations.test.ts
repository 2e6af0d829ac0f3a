import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { atKey, heldHandler, listed, post, shop, told, trialServer } from './trial-server.ts'

/* What an owner looks at: what waits for a person, and how much of it there is. */

const broken = () => Promise.reject(new Error('half done'))

test('unresolved without a scope lists all of them, oldest first, with whose they are', async () => {
  const { process, clock } = trialServer()
  const scopes = ['anna', 'Zoë/"ü"', 'b%2Fc']
  const once = process({ scope: request => request.headers.get('x-user') ?? '' })
  for (const [index, scope] of scopes.entries()) {
    await once.handle(post(`key/${index}`, { headers: { 'x-user': encodeURIComponent(scope) } }), broken)
    await clock.advance(1_000)
  }
  expect((await listed(once.unresolved())).map(({ scope, key, state }) => [scope, key, state])).toEqual(
    scopes.map((scope, index) => [encodeURIComponent(scope), `key/${index}`, 'unknown']),
  )
  expect(await listed(once.unresolved('anna'))).toMatchObject([{ scope: 'anna', key: 'key/0' }])
  expect(await listed(once.unresolved('an'))).toEqual([])
  expect(() => once.unresolved(' ')).toThrow('scope')
})

test('one damaged record hides no other, and is listed as such', async () => {
  const { process, store } = trialServer()
  const once = process()
  for (const [place, value] of [
    ['ss1/shop/k0', 'from a newer version'],
    ['ss1/shop/k9', '{"v":2}'],
    ['ss1/%zz/k', '{}'],
  ] as const)
    await store.set(place, value, { expected: null, open: true })
  await once.handle(post('k1'), broken)
  expect((await listed(once.unresolved())).map(({ key, state }) => [key, state])).toEqual([
    ['k0', 'damaged'],
    ['k9', 'damaged'],
    ['k', 'damaged'],
    ['k1', 'unknown'],
  ])
  expect(await once.counts()).toMatchObject({ unknown: 1, damaged: 3 })
  expect(await once.counts('shop')).toMatchObject({ unknown: 1, damaged: 2 })
})

test('counts tells what is at work and what waits, and since when', async () => {
  const { process, clock, now } = trialServer()
  const once = process({ lease: 1_000 })
  expect(await once.counts()).toEqual({
    processing: 0,
    unknown: 0,
    lapsed: 0,
    damaged: 0,
    oldestAt: undefined,
  })
  const since = now()
  await once.handle(post('k1'), broken)
  await clock.advance(500)
  await once.handle(post('k2'), broken)
  await once.handle(post('k3'), shop().handler)
  void once.handle(post('k4'), heldHandler().handler)
  await clock.settle()
  expect(await once.counts()).toEqual({ processing: 1, unknown: 2, lapsed: 0, damaged: 0, oldestAt: since })
})

test('what waits is read in pages: who stops early has not read all', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stillonce-'))
  const store = sqliteStore(path.join(folder, 'keys.db'))
  onTestFinished(async () => {
    await store.close?.()
    rmSync(folder, { recursive: true })
  })
  const once = createIdempotency({ store, scope: 'shop' })
  const keys = Array.from({ length: 700 }, (_, index) => `k${index}`)
  await Promise.all(keys.map(key => once.handle(post(key), broken)))
  const found = new Set((await listed(once.unresolved())).map(({ key }) => key))
  expect(found.size).toBe(700)
  const first = await once.unresolved()[Symbol.asyncIterator]().next()
  expect(found.has((first.value as { readonly key: string }).key)).toBe(true)
  expect(await told(once.handle(post('k1'), broken))).toMatchObject({ code: 'outcome-unknown' })
}, 30_000)

describe('what anybody can leave behind is bounded', () => {
  const cut = () => trialServer()

  test('beyond maxOpen nothing new is begun in that scope, with an event; what is known is told as ever', async () => {
    const { process, events, clock } = cut()
    const once = process({ maxOpen: 3, scope: request => request.headers.get('x-user') ?? 'anna' })
    for (const key of ['k1', 'k2', 'k3']) await once.handle(post(key), broken)
    await once.idle()
    const refused = await told(once.handle(post('k4'), shop().handler))
    expect(refused).toMatchObject({ status: 429, code: 'too-many-open', replayed: false })
    expect(refused.headers.get('retry-after')).toBe('60')
    expect(events.at(-1)).toBe('too-many-open')
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'outcome-unknown' })
    const other = post('k4', { headers: { 'x-user': 'bert' } })
    expect(await told(once.handle(other, shop().handler))).toMatchObject({ status: 201 })

    await once.conclude('k1', { scope: 'anna', outcome: 'not-executed' })
    await clock.advance(60_000)
    expect(await told(once.handle(post('k4'), shop().handler))).toMatchObject({ status: 201 })
  })

  test('those that are older than the memory make room, oldest first, with an event', async () => {
    const { process, events, clock } = cut()
    const once = process({ maxOpen: 2, retention: 60_000 })
    await once.handle(post('k1'), broken)
    await clock.advance(130_000)
    await once.handle(post('k2'), broken)
    await once.idle()
    expect(events.filter(type => type === 'dropped')).toHaveLength(1)
    expect((await listed(once.unresolved())).map(({ key }) => key)).toEqual(['k2'])
    expect(await told(once.handle(post('k3'), shop().handler))).toMatchObject({ status: 201 })
  })

  test('seals too, anew in each retention; what is sealed or known is told as ever', async () => {
    const { process, clock } = cut()
    const once = process({ maxOpen: 2, retention: 60_000 })
    await once.handle(post('k1'), shop().handler)
    for (const key of ['k2', 'k3'])
      expect(await told(once.seal(atKey(key, 'DELETE')))).toMatchObject({ body: { status: 'canceled' } })
    expect(await told(once.seal(atKey('k4', 'DELETE')))).toMatchObject({ status: 429, code: 'too-many-open' })
    expect(await told(once.seal(atKey('k2', 'DELETE')))).toMatchObject({ body: { status: 'canceled' } })
    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({ body: { status: 'succeeded' } })
    await clock.advance(60_000)
    expect(await told(once.seal(atKey('k4', 'DELETE')))).toMatchObject({ body: { status: 'canceled' } })
  })

  test('by the store: processes that leave one key each are bounded together, and after each restart', async () => {
    const { process, clock } = cut()
    const statuses: number[] = []
    for (let turn = 1; turn <= 6; turn++) {
      const once = process({ maxOpen: 4 })
      statuses.push((await once.handle(post(`k${turn}`), broken)).status)
      await once.idle()
    }
    expect(statuses).toEqual([500, 500, 500, 500, 429, 429])
    const last = process({ maxOpen: 4 })
    expect(await told(last.handle(post('k1'), broken))).toMatchObject({ code: 'outcome-unknown' })
    await last.conclude('k1', { scope: 'shop', outcome: 'not-executed' })
    await clock.advance(60_000)
    expect((await last.handle(post('k7'), broken)).status).toBe(500)
  })

  test('by what others have added since, a minute later', async () => {
    const { process, clock } = cut()
    const [one, other] = [process({ maxOpen: 2 }), process({ maxOpen: 2 })]
    expect((await one.handle(post('k0'), shop().handler)).status).toBe(201)
    for (const key of ['k1', 'k2']) await other.handle(post(key), broken)
    await clock.advance(60_000)
    expect(await told(one.handle(post('k3'), shop().handler))).toMatchObject({ code: 'too-many-open' })
  })

  test('with the lapsed claims of processes that died', async () => {
    const { process, store, now } = cut()
    const claim = { v: 1, owner: 'dead', write: 1, createdAt: now(), changedAt: now(), fingerprint: 'f' }
    const lapsed = { ...claim, state: 'processing', fence: 1, leaseUntil: now() - 1, resumable: false }
    for (const key of ['k1', 'k2'])
      await store.set(`ss1/shop/${key}`, JSON.stringify(lapsed), { expected: null, open: true })
    const once = process({ maxOpen: 2 })
    expect(await told(once.handle(post('k3'), shop().handler))).toMatchObject({ code: 'too-many-open' })
    expect((await process({ maxOpen: 3 }).handle(post('k3'), shop().handler)).status).toBe(201)
  })

  test('seals of all processes together, and those whose number cannot be understood from now on', async () => {
    const { process, store } = cut()
    const seal = async (key: string) => (await process({ maxOpen: 3 }).seal(atKey(key, 'DELETE'))).status
    expect([await seal('k1'), await seal('k2'), await seal('k3'), await seal('k4')]).toEqual([
      200, 200, 200, 429,
    ])
    const place = 'ss1-seals/shop'
    const { version: expected = null } = (await store.get(place)) ?? {}
    await store.set(place, '{"v":1,"count":"many"}', { expected, open: false })
    expect([await seal('k5'), await seal('k6'), await seal('k7'), await seal('k8')]).toEqual([
      200, 200, 200, 429,
    ])
  })

  test.each([0, -1, Number.NaN, '5'])('maxOpen: %s is a mistake', maxOpen => {
    expect(() => cut().process({ maxOpen: maxOpen as number })).toThrow('maxOpen: must be a number')
  })
})
