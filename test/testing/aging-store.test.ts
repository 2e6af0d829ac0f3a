import { expect, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { memoryStore, stillonce } from '../../src/entries/index.ts'
import { createIdempotency } from '../../src/entries/server.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { agingStore } from '../../src/testing/aging-store.ts'
import { crashAt } from '../../src/testing/crash-at.ts'
import { fakeServer } from '../../src/testing/fake-server.ts'

const DAY = 86_400_000

function shop() {
  const { store, age } = agingStore(memoryStore({ maxSettled: Infinity }))
  const fake = fakeServer()
  const start = () =>
    createClient({
      transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: fake.fetch }),
      store,
      scope: 'anna',
      profile: stillonce,
      retry: { attempts: 1 },
    }).operation({
      name: 'place',
      id: String,
      request: id => ({ method: 'post', url: 'orders', json: { id } }),
    })
  return { fake, age, start }
}

test('a key that is a day older is never sent again', async () => {
  const { fake, age, start } = shop()
  fake.next('lose-answer')
  expect(await start().start('cart-1').settled).toMatchObject({ outcome: 'unknown' })
  await age(DAY)
  expect(await start().start('cart-1').settled).toMatchObject({
    outcome: 'unknown',
    error: { code: 'key-expired' },
  })
  expect(fake.effects).toHaveLength(1)
})

test('a key that is an hour older is', async () => {
  const { fake, age, start } = shop()
  fake.next('lose-answer')
  await start().start('cart-1').settled
  await age(3_600_000)
  expect(await start().start('cart-1').settled).toMatchObject({ outcome: 'executed', replayed: true })
  expect(fake.effects).toHaveLength(1)
})

test('a result is forgotten after its time, the fact is not, and after a year that is too', async () => {
  const { fake, age, start } = shop()
  await start().run('cart-1')
  await age(DAY)
  expect(await start().start('cart-1').settled).toMatchObject({
    outcome: 'executed',
    error: { code: 'already-executed' },
  })
  await age(365 * DAY)
  expect(await start().inspect('cart-1')).toBeUndefined()
  expect(fake.effects).toHaveLength(1)
})

test('a dead client’s lease is over at once', async () => {
  const { store, age } = agingStore(memoryStore({ maxSettled: Infinity }))
  const fake = fakeServer()
  const crash = crashAt('before-send')
  const shopWith = (own: RecordStore, send: typeof fetch) =>
    createClient({
      transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: send }),
      store: own,
      scope: 'anna',
      profile: stillonce,
      deadline: 2_000,
    }).operation({
      name: 'place',
      id: String,
      request: id => ({ method: 'post', url: 'orders', json: { id } }),
    })
  shopWith(crash.store(store), crash.fetch(fake.fetch)).start('cart-1')
  await crash.happened
  await age(60_000)
  expect(await shopWith(store, fake.fetch).run('cart-1')).toEqual({ id: 1 })
})

test('the holder of a server’s key is dead after its lease', async () => {
  const { store, age } = agingStore(memoryStore({ maxSettled: Infinity }))
  const idempotency = createIdempotency({ store, scope: 'shop' })
  const request = () =>
    new Request('http://shop/orders', { method: 'POST', headers: { 'idempotency-key': 'k1' } })
  void idempotency.handle(request(), () => new Promise(() => {}))
  const status = async () => (await idempotency.status(new Request('http://shop/orders/by-key/k1'))).status
  await expect.poll(status).toBe(202)
  await age(29_000)
  expect(await status()).toBe(202)
  await age(2_000)
  expect(await status()).toBe(409)
})

test('ids keep what looks like a time', async () => {
  const { store, age } = agingStore(memoryStore({ maxSettled: Infinity }))
  const value = JSON.stringify({ id: { createdAt: 5 }, result: { text: '{"at":5}' }, createdAt: 5 })
  await store.set('so1/a/b/c', value, { expected: null, open: true })
  await age(2)
  expect(JSON.parse((await store.get('so1/a/b/c'))?.value ?? '')).toEqual({
    id: { createdAt: 5 },
    result: { text: '{"at":5}' },
    createdAt: 3,
  })
})
