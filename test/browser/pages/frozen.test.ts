import type { Browser, BrowserContext, CDPSession } from 'playwright'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Shop } from './harness/shop-server.ts'
import { launch, newContext, openTab, paid, pay, session } from './harness/tabs.ts'

/** Leases end soon, so that a tab that keeps its lock loses the operation soon. */
const TIMEOUT_MS = 500

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

type Way = {
  readonly stop: (cdp: CDPSession) => Promise<unknown>
  readonly wake: (cdp: CDPSession) => Promise<unknown>
}

const WAYS: Readonly<Record<string, Way>> = {
  // As Chromium does to tabs in the background: the page is told, and lets go of its lock.
  'is frozen by the browser': {
    stop: cdp => cdp.send('Page.setWebLifecycleState', { state: 'frozen' }),
    wake: cdp => cdp.send('Page.setWebLifecycleState', { state: 'active' }),
  },
  // As a machine that sleeps, or a long task: the page is not told, and keeps its lock.
  'stands still and keeps its lock': {
    stop: async cdp => {
      await cdp.send('Debugger.enable')
      const paused = new Promise(resolve => cdp.once('Debugger.paused', resolve))
      await cdp.send('Debugger.pause')
      cdp.send('Runtime.evaluate', { expression: '0' }).catch(() => {})
      await paused
    },
    wake: cdp => cdp.send('Debugger.disable'),
  },
}

test.each(Object.entries(WAYS))(
  'a tab %s while its request is out: another takes over, and what wakes up adopts the result',
  async (way, { stop, wake }) => {
    const frozen = Math.ceil(inject('counts').frozen / 2)
    const url = `${shop.origin}/?timeout=${TIMEOUT_MS}`
    const other = await openTab(context, url)
    const carts: string[] = []
    shop.onCharge = charge => (charge.nth === 1 ? charge.execute() : executeAndAnswer(charge))
    for (let nth = 0; carts.length < frozen; nth++) {
      expect(nth).toBeLessThan(2 * frozen)
      const cart = `${way} ${nth}`
      const tab = await openTab(context, url)
      const cdp = await session(tab)
      await tab.evaluate(id => window.shop.press(id), cart)
      await shop.arrived(cart)
      await stop(cdp)
      const told = await pay(other, cart)
      await wake(cdp)
      // It stood still in the middle of a transaction: nobody reads the database until that is over.
      const isHeldUp = 'code' in told && told.code === 'store-failed'
      if (isHeldUp) {
        await tab.close()
        continue
      }
      expect(told).toEqual(paid(cart))
      carts.push(cart)
      expect(await tab.evaluate(id => window.shop.result(id), cart)).toBe('executed')
      await tab.close()
    }
    expect(tally(shop, carts)).toEqual({ carts: frozen, doubled: [], lost: [], rekeyed: [] })
    await other.close()
  },
)
