import { describe, expect, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { stillonce } from '../../src/entries/index.ts'
import { fakeBrowser, fakeServer, storeContract } from '../../src/entries/testing.ts'
import type { FakeBrowser, FakeServer } from '../../src/entries/testing.ts'

describe.each(['indexedDBStore', 'webStorageStore'] as const)('%s of a fake browser', kind => {
  const browser = fakeBrowser()
  let names = 0

  test.each(storeContract)('keeps the contract: $name', async ({ run }) => {
    const name = String((names += 1))
    await expect(run({ open: async () => browser[kind]({ name }), shared: true })).resolves.toBe(undefined)
  })
})

/** A page that pays, as it is made at each load. */
function openPage(browser: FakeBrowser, fake: FakeServer) {
  const client = createClient({
    transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: fake.fetch }),
    store: browser.indexedDBStore(),
    scope: 'anna',
    profile: stillonce,
    timeout: 60_000,
    deadline: 600_000,
  })
  return client.operation({
    name: 'pay',
    id: (cart: { readonly id: string }) => cart.id,
    request: cart => ({ method: 'post', url: 'charges', json: cart }),
  })
}

const cart = { id: 'cart-1' }

test('what was paid is known after a reload', async () => {
  const [browser, fake] = [fakeBrowser(), fakeServer()]
  expect(await openPage(browser, fake).run(cart)).toEqual({ id: 1 })
  browser.reload()
  expect(await openPage(browser, fake).inspect(cart)).toMatchObject({ state: 'succeeded' })
  expect(fake.effects).toHaveLength(1)
})

test('what was under way goes on in the next page at once, under the same key, and the page before says nothing more', async () => {
  const browser = fakeBrowser()
  const fake = fakeServer()
  fake.next({ delay: 50 })
  const before = openPage(browser, fake).start(cart)
  await expect.poll(() => fake.effects.length).toBe(1)
  browser.reload()

  const after = await openPage(browser, fake).resume(cart, { send: true })
  expect(await after?.settled).toMatchObject({ outcome: 'executed', data: { id: 1 } })
  expect(before.snapshot.phase).not.toBe('settled')
  expect(fake.effects).toHaveLength(1)
})

test('what was not sent yet when the page was left is never sent by it', async () => {
  const [browser, fake] = [fakeBrowser(), fakeServer()]
  openPage(browser, fake).start(cart)
  browser.reload()
  const [after] = [openPage(browser, fake)]
  expect(await after.run(cart)).toEqual({ id: 1 })
  expect(fake.effects).toHaveLength(1)
})

test('two tabs of one page share what is stored, and a press in both is one payment', async () => {
  const [browser, fake] = [fakeBrowser(), fakeServer()]
  const [one, other] = [openPage(browser, fake), openPage(browser, fake)]
  expect(await Promise.all([one.run(cart), other.run(cart)])).toEqual([{ id: 1 }, { id: 1 }])
  expect(fake.effects).toHaveLength(1)
})

test('reset clears the data of the site', async () => {
  const [browser, fake] = [fakeBrowser(), fakeServer()]
  await openPage(browser, fake).run(cart)
  browser.reset()
  expect(await openPage(browser, fake).inspect(cart)).toBe(undefined)
  browser.reload()
  expect(await openPage(browser, fake).inspect(cart)).toBe(undefined)
})

test('stores of another name, and of the other kind, are others', async () => {
  const browser = fakeBrowser()
  const options = { expected: null, open: true }
  await browser.indexedDBStore().set('a', '1', options)
  await browser.indexedDBStore({ name: 'other' }).set('a', '2', options)
  expect(await browser.indexedDBStore({ name: 'stillonce' }).get('a')).toMatchObject({ value: '1' })
  expect(await browser.webStorageStore().get('a')).toBe(undefined)
})
