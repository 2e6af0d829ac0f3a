import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { bundled } from '../pages/harness/bundled.ts'
import { openShop, type Shop } from '../pages/harness/shop-server.ts'
import { openProfile } from './driven/browser.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop(inject('dist'))
  shop.pages.set('/contract', {
    type: 'text/html',
    text: '<!doctype html><title>Contract</title><script src="/contract.js"></script>',
  })
  shop.pages.set('/contract.js', {
    type: 'text/javascript',
    text: await bundled('contract-page.ts', inject('dist')),
  })
})
afterAll(() => shop.close())

test('IndexedDB and web storage keep the contract of stores', async () => {
  const browser = await openProfile().start()
  const tab = await browser.openTab(`${shop.origin}/contract`)
  expect(await tab.evaluate(() => window.checked.stores)).toBe(4)
  expect(await tab.evaluate(() => window.checked.rules)).toBeGreaterThanOrEqual(30)
  expect(await tab.evaluate(() => window.checked.contract())).toEqual([])
})
