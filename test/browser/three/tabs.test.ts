import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Charge, type Shop } from '../pages/harness/shop-server.ts'
import { newProfile, type RunningBrowser, type Tab } from './driven/browser.ts'
import { pay, paid } from './pay.ts'

/** Tabs are told this much ahead when to press. */
const AHEAD_MS = 150

/** Two sends, each of which the browser may deliver seven times. */
const MOST_DELIVERIES = 14

const profile = newProfile()
let browser: RunningBrowser
let shop: Shop

beforeAll(async () => {
  shop = await openShop(inject('dist'))
  browser = await profile.start()
})
afterAll(async () => {
  await profile.remove()
  await shop.close()
})
beforeEach(() => {
  shop.onCharge = executeAndAnswer
})

function pressTogether(tabs: readonly Tab[], cart: string) {
  const at = Date.now() + AHEAD_MS
  return Promise.all(tabs.map(tab => pay(tab, cart, at)))
}

describe.each(['indexedDB', 'web'])('on the %s store, two tabs that press Pay at the same moment', store => {
  test('one charge, both are told', async () => {
    const races = inject('counts').raced
    const url = `${shop.origin}/?store=${store}&db=two-${store}`
    const tabs = [await browser.openTab(url), await browser.openTab(url)]
    const carts = Array.from({ length: races }, (_, race) => `two-${store}-${race}`)
    for (const cart of carts) expect(await pressTogether(tabs, cart)).toEqual([paid(cart), paid(cart)])
    expect(tally(shop, carts)).toEqual({ carts: races, doubled: [], lost: [], rekeyed: [] })
    // WebKitGTK may give a lock later than the other tab asks for it: that one takes over early, under the same key.
    const most = inject('browser') === 'webkitgtk' ? 2 : 1
    expect(carts.filter(cart => (shop.ledger.get(cart)?.deliveries ?? 0) > most)).toEqual([])
    for (const tab of tabs) await tab.close()
  })

  test('an answer is lost: one key, one charge, both are told', async () => {
    const races = inject('counts').raced
    const url = `${shop.origin}/?store=${store}&db=lost-${store}`
    const tabs = [await browser.openTab(url), await browser.openTab(url)]
    const carts = Array.from({ length: races }, (_, race) => `lost-${store}-${race}`)
    shop.onCharge = charge => {
      charge.execute()
      if (charge.nth === 1) charge.drop()
      else charge.answer()
    }
    for (const cart of carts) expect(await pressTogether(tabs, cart)).toEqual([paid(cart), paid(cart)])
    expect(tally(shop, carts)).toEqual({ carts: races, doubled: [], lost: [], rekeyed: [] })
    const deliveries = carts.map(cart => shop.ledger.get(cart)?.deliveries ?? 0)
    expect(deliveries.filter(count => count < 2 || count > MOST_DELIVERIES)).toEqual([])
    for (const tab of tabs) await tab.close()
  })
})

/** What the server makes of the request of the tab that dies. */
const PHASES = {
  'before the server executes': (_charge: Charge) => {},
  'after the server has executed, before it answers': (charge: Charge) => charge.execute(),
  'after the answer has left': executeAndAnswer,
} as const

test.each(Object.entries(PHASES))(
  'the process of a tab is killed %s: another tab takes over under the same key',
  async (phase, first) => {
    const kills = inject('counts').tabKills
    const survivor = await browser.openTab(shop.origin)
    const carts = Array.from({ length: kills }, (_, nth) => `${phase} ${nth}`)
    shop.onCharge = charge => (charge.nth === 1 ? first(charge) : executeAndAnswer(charge))
    for (const [nth, cart] of carts.entries()) {
      const kill = await browser.openVictim(`${shop.origin}/?press=${encodeURIComponent(cart)}`)
      await shop.arrived(cart)
      // Every other time the survivor waits for the victim already; else it comes when that is dead.
      const waiting = nth % 2 === 0 ? pay(survivor, cart) : undefined
      await kill()
      expect(await (waiting ?? pay(survivor, cart))).toEqual(paid(cart))
    }
    expect(tally(shop, carts)).toEqual({ carts: kills, doubled: [], lost: [], rekeyed: [] })
    await survivor.close()
  },
)
