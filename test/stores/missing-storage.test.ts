import { afterEach, expect, test, vi } from 'vitest'
import { indexedDBStore, webStorageStore } from '../../src/entries/browser.ts'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { ietf, memoryStore } from '../../src/entries/index.ts'
import type { RecordStore } from '../../src/entries/index.ts'

/*
 * A runtime without what a store is made of, as a server has it that renders a page: the client can be made there, and a call
 * is a mistake that names what is missing. What is there and refuses is another thing: test/browser/units.
 */

const NO_INDEXED_DB =
  'indexedDBStore: needs indexedDB, which this runtime does not have: nothing was read or written'
const NO_WEB_STORAGE =
  'webStorageStore: needs localStorage, which this runtime does not have: nothing was read or written'

afterEach(() => {
  vi.unstubAllGlobals()
})

function shop(store: RecordStore) {
  const sent: string[] = []
  const client = createClient({
    transport: fetchTransport({
      baseUrl: 'https://shop.test/',
      fetch: async (input: RequestInfo | URL) => {
        sent.push(String(input instanceof Request ? input.url : input))
        return Response.json({ paid: true }, { status: 201 })
      },
    }),
    store,
    scope: 'ada',
    profile: ietf,
  })
  const pay = client.operation<string>({
    name: 'pay',
    id: id => id,
    request: id => ({ method: 'post', url: 'payments', json: { id } }),
    cancel: { request: () => ({ url: 'payments' }), read: () => ({ sealed: true }) },
  })
  return { client, pay, sent }
}

/** `localStorage` is not there, or is what it is stubbed with; Web Locks are. */
function page(localStorage: Storage | null | undefined) {
  vi.stubGlobal('navigator', Object.create({ locks: { request: () => {}, query: () => {} } }))
  vi.stubGlobal('localStorage', localStorage)
}

test('indexedDBStore without indexedDB: a run is a configuration error that names it, and nothing is sent', async () => {
  const { pay, sent } = shop(indexedDBStore())

  const error = {
    code: 'configuration',
    outcome: 'unknown',
    reason: 'mistake',
    message: `${NO_INDEXED_DB}, and nothing was sent by this call`,
    nothingSent: true,
    attempts: 0,
    cause: { name: 'StoreError', kind: 'failed', reason: 'missing' },
  }
  expect(await pay.start('invoice-7').settled).toMatchObject({ outcome: 'unknown', error })
  await expect(pay.run('invoice-7')).rejects.toMatchObject(error)
  expect(sent).toEqual([])
})

test('indexedDBStore without indexedDB: the fetch for an SDK says the same', async () => {
  const { client, sent } = shop(indexedDBStore())
  const fetch = client.fetch({ name: 'sdk', id: request => request.headers.get('idempotency-key') })

  const call = fetch('https://shop.test/charges', { method: 'POST', headers: { 'idempotency-key': 'k-1' } })

  await expect(call).rejects.toMatchObject({
    code: 'configuration',
    outcome: 'unknown',
    message: `${NO_INDEXED_DB}, and nothing was sent by this call`,
  })
  expect(sent).toEqual([])
})

test('indexedDBStore without indexedDB: what is asked of the store alone is a configuration error too', async () => {
  const { client, pay, sent } = shop(indexedDBStore())
  const error = { code: 'configuration', outcome: 'unknown', message: NO_INDEXED_DB }

  await expect(pay.inspect('invoice-7')).rejects.toMatchObject(error)
  await expect(pay.byId('invoice-7').inspect()).rejects.toMatchObject(error)
  await expect(pay.forget('invoice-7')).rejects.toMatchObject(error)
  await expect(pay.conclude('invoice-7', { outcome: 'executed' })).rejects.toMatchObject(error)
  await expect(client.pending()).rejects.toMatchObject(error)
  await expect(client.resume()).rejects.toMatchObject(error)
  await expect(client.clear()).rejects.toMatchObject(error)
  // Nothing could be sealed.
  expect(await pay.cancel('invoice-7')).toMatchObject({ outcome: 'unknown', error })
  expect(sent).toEqual([])
})

test('indexedDBStore without indexedDB, with a fallback: the fallback keeps the records', async () => {
  const { pay, sent } = shop(indexedDBStore({ fallback: memoryStore() }))

  expect(await pay.run('invoice-7')).toEqual({ paid: true })
  expect(await pay.start('invoice-7').settled).toMatchObject({ outcome: 'executed', replayed: true })
  expect(sent).toEqual(['https://shop.test/payments'])
})

test('an indexedDB that is there and null is blocked storage: nothing is known of what it holds', async () => {
  vi.stubGlobal('indexedDB', null)
  const { pay, sent } = shop(indexedDBStore())

  expect(await pay.start('invoice-7').settled).toMatchObject({
    outcome: 'unknown',
    error: { code: 'store-failed', reason: 'no-storage', nothingSent: true, cause: { reason: 'blocked' } },
  })
  expect(sent).toEqual([])
})

test('webStorageStore without localStorage: a run is a configuration error that names it', async () => {
  page(undefined)
  const { pay, sent } = shop(webStorageStore())

  expect(await pay.start('invoice-7').settled).toMatchObject({
    outcome: 'unknown',
    error: {
      code: 'configuration',
      reason: 'mistake',
      message: `${NO_WEB_STORAGE}, and nothing was sent by this call`,
      nothingSent: true,
    },
  })
  expect(sent).toEqual([])
})

test('a localStorage that is null (a web view of Android) is blocked storage', async () => {
  page(null)
  const { pay, sent } = shop(webStorageStore())

  expect(await pay.start('invoice-7').settled).toMatchObject({
    outcome: 'unknown',
    error: { code: 'store-failed', reason: 'no-storage', nothingSent: true, cause: { reason: 'blocked' } },
  })
  expect(sent).toEqual([])
})

test('a store whose database has an error called missing of its own has failed, and is not missing itself', async () => {
  const store = memoryStore()
  // As PouchDB reports a document that is not there.
  const notFound = Object.assign(new Error('missing'), { status: 404, name: 'not_found', reason: 'missing' })
  const { pay, sent } = shop({ ...store, get: () => Promise.reject(notFound) })

  expect(await pay.start('invoice-7').settled).toMatchObject({
    outcome: 'unknown',
    error: { code: 'store-failed', reason: 'no-storage', nothingSent: true },
  })
  expect(sent).toEqual([])
})

test('a store that says after the send that it is missing: what was sent is not taken back', async () => {
  const store = memoryStore()
  const gone = Object.assign(new Error('tapeStore: needs a tape'), { kind: 'failed', reason: 'missing' })
  let isGone = false
  const { pay, sent } = shop({
    ...store,
    get: key => (isGone ? Promise.reject(gone) : store.get(key)),
    set: (key, value, options) => {
      if (isGone) return Promise.reject(gone)
      isGone = true
      return store.set(key, value, options)
    },
  })

  expect(await pay.run('invoice-7')).toEqual({ paid: true })
  expect(sent).toEqual(['https://shop.test/payments'])
  expect(await pay.start('invoice-7').settled).toMatchObject({
    outcome: 'unknown',
    error: { code: 'configuration', message: 'tapeStore: needs a tape, and nothing was sent by this call' },
  })
})
