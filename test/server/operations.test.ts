import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/server.ts'
import { sqliteStore } from '../../src/sqlite.ts'
import { heldHandler, listed, post, shop, told, trialServer } from './trial-server.ts'

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
