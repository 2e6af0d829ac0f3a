import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openShop, tally, type Shop } from './harness/shop-server.ts'
import type { Paid } from './harness/shop-page.ts'
import { launch, newContext, openTab, paid, pay } from './harness/tabs.ts'

/** Tabs are told this much ahead when to press. */
const AHEAD_MS = 30

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

describe.each(['indexedDB', 'web'])('on the %s store', store => {
  test('two tabs that press Pay at the same moment: one charge, one request, both are told', async () => {
    const { races } = inject('counts')
    const url = `${shop.origin}/?store=${store}&db=two-${store}`
    const tabs = [await openTab(context, url), await openTab(context, url)]
    const carts = Array.from({ length: races }, (_, race) => `two-${store}-${race}`)
    const wrong: unknown[] = []
    for (const cart of carts) {
      const told = await pressTogether(tabs, cart)
      if (JSON.stringify(told) !== JSON.stringify([paid(cart), paid(cart)])) wrong.push({ cart, told })
    }
    expect(wrong).toEqual([])
    expect(tally(shop, carts)).toEqual({ carts: races, doubled: [], lost: [], rekeyed: [] })
    expect(carts.filter(cart => shop.ledger.get(cart)?.deliveries !== 1)).toEqual([])
    for (const tab of tabs) await tab.close()
  })

  test('five tabs at once: one charge, one request, all are told', async () => {
    const races = Math.ceil(inject('counts').races / 10)
    const url = `${shop.origin}/?store=${store}&db=five-${store}`
    const tabs = await Promise.all(Array.from({ length: 5 }, () => openTab(context, url)))
    const carts = Array.from({ length: races }, (_, race) => `five-${store}-${race}`)
    for (const cart of carts) {
      expect(await pressTogether(tabs, cart)).toEqual(Array.from({ length: 5 }, () => paid(cart)))
    }
    expect(tally(shop, carts)).toEqual({ carts: races, doubled: [], lost: [], rekeyed: [] })
    expect(carts.filter(cart => shop.ledger.get(cart)?.deliveries !== 1)).toEqual([])
    for (const tab of tabs) await tab.close()
  })
})

function pressTogether(tabs: readonly Page[], cart: string): Promise<readonly Paid[]> {
  const at = Date.now() + AHEAD_MS
  return Promise.all(tabs.map(tab => pay(tab, cart, at)))
}
