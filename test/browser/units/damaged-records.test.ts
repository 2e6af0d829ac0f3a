import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { ietf } from '../../../src/entries/index.ts'
import type { RecordStore } from '../../../src/public/store.ts'
import { indexedDBStore } from '../../../src/stores/indexed-db/indexed-db-store.ts'
import { webStorageStore } from '../../../src/stores/web-storage/web-storage-store.ts'

let name: string

beforeEach(() => {
  name = crypto.randomUUID()
})
afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
})

/** Puts something else in the place of the first record whose value tells of `id`. */
type Damage = (id: string) => Promise<void>

function inWebStorage(text: string): Damage {
  return async id => {
    const [place] = Object.entries(localStorage).find(
      ([key, value]) => key.includes('/record/') && String(value).includes(id),
    )!
    localStorage.setItem(place, text)
  }
}

function inIndexedDB(change: object): Damage {
  return async id => {
    const db = await result(indexedDB.open(name))
    const records = db.transaction('records', 'readwrite').objectStore('records')
    const rows = (await result(records.getAll())) as { value: string }[]
    await result(records.put({ ...rows.find(({ value }) => value.includes(id)), ...change }))
    db.close()
  }
}

const inOrder = (a: string, b: string) => a.localeCompare(b)

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

const webStorage = () => webStorageStore({ storage: localStorage, name })
const inDatabase = () => indexedDBStore({ name })

describe.each<[string, () => RecordStore, Damage]>([
  ['web storage: no JSON', webStorage, inWebStorage('garbage')],
  ['web storage: nothing', webStorage, inWebStorage('')],
  ['web storage: no record', webStorage, inWebStorage('{"v":1}')],
  [
    'web storage: a place that is none',
    webStorage,
    inWebStorage('{"value":"","version":"1","place":"1","open":true}'),
  ],
  ['IndexedDB: a value that is no text', inDatabase, inIndexedDB({ value: { not: 'text' } })],
  ['IndexedDB: a version that is no text', inDatabase, inIndexedDB({ version: 5 })],
  ['IndexedDB: neither, and no place', inDatabase, inIndexedDB({ value: 1, version: undefined, place: 'x' })],
])('one damaged record (%s)', (_name, open, damage) => {
  async function threeOfThem() {
    const store = open()
    const client = createClient({
      transport: fetchTransport({
        baseUrl: 'https://shop.example/',
        fetch: async () => new Response(null, { status: 503 }),
      }),
      store,
      scope: 'anna',
      profile: ietf,
      retry: { attempts: 1 },
    })
    const place = client.operation({
      name: 'place',
      id: String,
      request: id => ({ method: 'post', url: 'orders', json: { id } }),
    })
    for (const id of ['cart-1', 'cart-2', 'cart-3']) await place.start(id).settled
    await damage('cart-2')
    return { store, client, place }
  }

  test('is listed as store-corrupt, and hides none of the others', async () => {
    const { store, client } = await threeOfThem()
    const found = await client.pending()
    expect(found.map(each => String(each.error?.code ?? each.id)).toSorted(inOrder)).toEqual([
      'cart-1',
      'cart-3',
      'store-corrupt',
    ])
    expect((await client.resume()).map(({ outcome }) => outcome).toSorted(inOrder)).toEqual([
      'skipped',
      'unknown',
      'unknown',
    ])
    await store.close?.()
  })

  test('is overwritten by nobody, and forgotten by force', async () => {
    const { store, client, place } = await threeOfThem()
    expect(await place.start('cart-2').settled).toMatchObject({
      outcome: 'unknown',
      error: { code: 'store-corrupt' },
    })
    const corrupt = (await client.pending()).find(({ error }) => error?.code === 'store-corrupt')
    await expect(corrupt?.forget()).rejects.toMatchObject({ code: 'store-corrupt' })
    await corrupt?.forget({ force: true })
    expect((await client.pending()).map(({ id }) => String(id)).toSorted(inOrder)).toEqual([
      'cart-1',
      'cart-3',
    ])
    expect(await place.inspect('cart-2')).toBeUndefined()
    await store.close?.()
  })

  test('is forgotten by its id, and by clear', async () => {
    const { store, client, place } = await threeOfThem()
    await place.forget('cart-2', { force: true })
    expect(await place.inspect('cart-2')).toBeUndefined()
    await damage('cart-3')
    await client.clear({ force: true })
    expect(await client.pending()).toEqual([])
    await store.close?.()
  })
})

test('an index of web storage that cannot be understood hides no record', async () => {
  const store = webStorage()
  for (const key of ['b', 'a']) await store.set(key, key, { expected: null, open: true })
  await store.set('c', 'c', { expected: null, open: false })
  localStorage.setItem(`${name}/open`, 'garbage')
  const keys: string[] = []
  for await (const { key } of store.listOpen('')) keys.push(key)
  expect(keys).toEqual(['b', 'a'])
  await store.close?.()
})

test('a page whose localStorage is null says that storage is blocked', async () => {
  vi.stubGlobal('localStorage', null)
  const store = webStorageStore({ name })
  const told = {
    kind: 'failed',
    reason: 'blocked',
    message: `The web storage store "${name}" cannot be used: there is no web storage here. Nothing was written.`,
  }
  await expect(store.get('a')).rejects.toMatchObject(told)
  await expect(store.set('a', '1', { expected: null, open: true })).rejects.toMatchObject(told)
})
