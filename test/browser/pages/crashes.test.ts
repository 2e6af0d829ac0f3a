import type { Browser, BrowserContext } from 'playwright'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Charge, type Shop } from './harness/shop-server.ts'
import { crash, launch, newContext, openTab, paid, pay } from './harness/tabs.ts'

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

/** What the server makes of the request of the tab that dies. */
const PHASES = {
  'before the server executes': (_charge: Charge) => {},
  'after the server has executed, before it answers': (charge: Charge) => charge.execute(),
  'after the answer has left': executeAndAnswer,
} as const

test.each(Object.entries(PHASES))(
  'a tab crashes %s: the other takes over under the same key',
  async (phase, first) => {
    const crashes = Math.ceil((inject('counts').crashes * 2) / 10)
    const survivor = await openTab(context, shop.origin)
    const carts = Array.from({ length: crashes }, (_, nth) => `${phase} ${nth}`)
    shop.onCharge = charge => (charge.nth === 1 ? first(charge) : executeAndAnswer(charge))
    for (const [nth, cart] of carts.entries()) {
      const victim = await openTab(context, shop.origin)
      await victim.evaluate(id => window.shop.press(id), cart)
      await shop.arrived(cart)
      // Every other time the survivor waits for the victim already; else it comes when it is dead.
      const waiting = nth % 2 === 0 ? pay(survivor, cart) : undefined
      await crash(victim)
      expect(await (waiting ?? pay(survivor, cart))).toEqual(paid(cart))
      await victim.close()
    }
    expect(tally(shop, carts)).toEqual({ carts: crashes, doubled: [], lost: [], rekeyed: [] })
    await survivor.close()
  },
)

test('a tab crashes at any moment after the press: one charge', async () => {
  const crashes = Math.ceil((inject('counts').crashes * 4) / 10)
  const survivor = await openTab(context, shop.origin)
  shop.onCharge = executeAndAnswer
  const carts = Array.from({ length: crashes }, (_, nth) => `any moment ${nth}`)
  for (const [nth, cart] of carts.entries()) {
    const victim = await openTab(context, shop.origin)
    // From before the key is written to after the answer is stored.
    const dying = new Promise(resolve => setTimeout(resolve, nth % 20)).then(() => crash(victim))
    victim.evaluate(id => window.shop.press(id), cart).catch(() => {})
    const told = await pay(survivor, cart)
    await dying
    expect(told).toEqual(paid(cart))
    await victim.close()
  }
  expect(tally(shop, carts)).toEqual({ carts: crashes, doubled: [], lost: [], rekeyed: [] })
  await survivor.close()
})
