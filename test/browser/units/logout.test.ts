import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { ietf } from '../../../src/entries/index.ts'
import { indexedDBStore } from '../../../src/stores/indexed-db/indexed-db-store.ts'
import { answer, reset, scriptedServer } from '../../api/bench/scripted-server.ts'

/* Logout on a device that others use, as docs/checkout-page.md has it: `resume`, then `clear`, in a database that all users share. */

let name: string
beforeEach(() => (name = crypto.randomUUID()))
afterEach(() => void indexedDB.deleteDatabase(name))

/** A tab in which somebody is logged in. */
function tab(scope: string) {
  const server = scriptedServer(() => performance.now())
  const store = indexedDBStore({ name })
  onTestFinished(async () => store.close?.())
  const client = createClient({
    transport: fetchTransport({ baseUrl: 'https://shop.test/', fetch: server.fetch }),
    store,
    scope,
    profile: ietf,
    retry: { attempts: 1 },
    deadline: 5_000,
  })
  const order = client.operation<string>({
    name: 'order',
    id: cart => cart,
    request: cart => ({ method: 'post', url: 'orders', json: { cart, note: `note of ${scope}` } }),
    persist: 'request',
  })
  return { client, order, server }
}

/** All that the database holds, as one text. */
async function stored(): Promise<string> {
  const opened = await done(indexedDB.open(name))
  const stores = [...opened.objectStoreNames]
  const all = await Promise.all(stores.map(each => done(opened.transaction(each).objectStore(each).getAll())))
  opened.close()
  return JSON.stringify(all)
}

function done<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('failed')))
  })
}

test('clear leaves nothing that anna typed or got, and her open key; the key of bert is untouched', async () => {
  const anna = tab('anna')
  const bert = tab('bert')
  anna.server.script(answer(201, { receipt: 'receipt of anna' }), reset)
  bert.server.script(reset)
  await anna.order.run('paid')
  const open = await anna.order.start('open').settled
  const other = await bert.order.start('other').settled
  expect([open.outcome, other.outcome]).toEqual(['unknown', 'unknown'])
  const before = await stored()
  for (const kept of ['receipt of anna', 'note of anna', 'orders']) expect(before).toContain(kept)

  const leaving = new AbortController()
  setTimeout(() => leaving.abort(), 5_000)
  await anna.client.resume({ signal: leaving.signal })
  await anna.client.clear()

  const after = await stored()
  expect(after).not.toContain('receipt of anna')
  expect(after).not.toContain('note of anna')
  expect(after).toContain('note of bert')
  expect(after).toContain(open.error!.key)

  // Another tab held the database open all the time, and goes on under the same key.
  bert.server.always(answer(201, { receipt: 'receipt of bert' }))
  expect(await bert.order.run('other')).toEqual({ receipt: 'receipt of bert' })
  expect(bert.server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
    other.error!.key,
    other.error!.key,
  ])

  // So does anna, when she comes back.
  const later = tab('anna')
  later.server.always(answer(201, { receipt: 'again' }))
  expect(await later.order.run('open')).toEqual({ receipt: 'again' })
  expect(later.server.requests[0]!.headers['idempotency-key']).toBe(open.error!.key)
})

test('by force all of anna goes, and nothing of bert', async () => {
  const anna = tab('anna')
  const bert = tab('bert')
  anna.server.script(reset)
  bert.server.script(reset)
  const open = await anna.order.start('open').settled
  const other = await bert.order.start('other').settled

  await anna.client.clear({ force: true })

  const after = await stored()
  expect(after).not.toContain(open.error!.key)
  expect(after).not.toContain('anna')
  expect(after).toContain(other.error!.key)
  expect(await bert.client.pending()).toMatchObject([{ id: 'other' }])
})
