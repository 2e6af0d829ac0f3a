import type { Browser, BrowserContext } from 'playwright'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Charge, type Shop } from './harness/shop-server.ts'
import { launch, newContext, openTab, paid, pay } from './harness/tabs.ts'

let browser: Browser
let context: BrowserContext
let shop: Shop

beforeAll(async () => {
  shop = await openShop()
  browser = await launch()
  context = await newContext(browser)
})
afterAll(async () => {
  await browser.close()
  await shop.close()
})

/** Every other request of a page that goes away is executed, and none is answered. */
function halfExecuted(charge: Charge): void {
  if (charge.nth > 1) return executeAndAnswer(charge)
  if (Number(charge.cart.split(' ').at(-1)) % 2 === 0) charge.execute()
}

test('the page is reloaded while the request is out: Pay again goes on under the same key', async () => {
  const { reloads } = inject('counts')
  const tab = await openTab(context, shop.origin)
  shop.onCharge = halfExecuted
  const carts = Array.from({ length: reloads }, (_, nth) => `reload ${nth}`)
  for (const cart of carts) {
    await tab.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await tab.reload()
    expect(await pay(tab, cart)).toEqual(paid(cart))
  }
  expect(tally(shop, carts)).toEqual({ carts: reloads, doubled: [], lost: [], rekeyed: [] })
})

test('the page is reloaded while the request is out: resume finishes it, without the lease being waited for', async () => {
  const tab = await openTab(context, shop.origin)
  shop.onCharge = halfExecuted
  const carts = Array.from({ length: 10 }, (_, nth) => `resumed ${nth}`)
  for (const cart of carts) {
    await tab.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await tab.reload()
    expect(await tab.evaluate(() => window.shop.resume())).toEqual([{ id: cart, outcome: 'executed' }])
  }
  expect(tally(shop, carts)).toEqual({ carts: 10, doubled: [], lost: [], rekeyed: [] })
})

test('the page is left while the request is out: the next page goes on under the same key', async () => {
  const tab = await openTab(context, shop.origin)
  shop.onCharge = halfExecuted
  const carts = Array.from({ length: 10 }, (_, nth) => `left ${nth}`)
  for (const cart of carts) {
    await tab.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await tab.goto(`${shop.origin}/elsewhere`)
    await tab.goto(shop.origin)
    await tab.waitForFunction(() => 'shop' in window)
    expect(await pay(tab, cart)).toEqual(paid(cart))
  }
  expect(tally(shop, carts)).toEqual({ carts: 10, doubled: [], lost: [], rekeyed: [] })
})
