import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { addHookPage } from '../pages/harness/bundled.ts'
import { executeAndAnswer, openShop, tally, type Shop } from '../pages/harness/shop-server.ts'
import { goBack, newProfile, until, type RunningBrowser, type Tab } from './driven/browser.ts'
import { halfExecuted, paid, pay } from './pay.ts'

const profile = newProfile()
let browser: RunningBrowser
let shop: Shop

beforeAll(async () => {
  shop = await openShop(inject('dist'))
  await addHookPage(shop, inject('dist'))
  browser = await profile.start()
})
afterAll(async () => {
  await profile.remove()
  await shop.close()
})

const cartsOf = (what: string, count: number) => Array.from({ length: count }, (_, nth) => `${what} ${nth}`)

test.each(['indexedDB', 'web'])(
  'on the %s store, reloaded while the request is out: Pay again goes on under the same key',
  async store => {
    const count = inject('counts').reloaded
    const carts = cartsOf(`reload on ${store}`, count)
    const tab = await browser.openTab(`${shop.origin}/?store=${store}`)
    shop.onCharge = halfExecuted
    for (const cart of carts) {
      await tab.evaluate(id => window.shop.press(id), cart)
      await shop.arrived(cart)
      await tab.reload()
      expect(await pay(tab, cart)).toEqual(paid(cart))
    }
    expect(tally(shop, carts)).toEqual({ carts: count, doubled: [], lost: [], rekeyed: [] })
    await tab.close()
  },
)

test('reloaded while the request is out: resume finishes it', async () => {
  const count = inject('counts').reloaded
  const carts = cartsOf('resumed', count)
  const tab = await browser.openTab(`${shop.origin}/?db=resumed`)
  shop.onCharge = halfExecuted
  for (const cart of carts) {
    await tab.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await tab.reload()
    // While the page that was left still counts as alive, its operation is skipped.
    const resumed = () => tab.evaluate(() => window.shop.resume())
    await expect.poll(resumed, { timeout: 30_000 }).toEqual([{ id: cart, outcome: 'executed' }])
  }
  expect(tally(shop, carts)).toEqual({ carts: count, doubled: [], lost: [], rekeyed: [] })
  await tab.close()
})

test('left while the request is out, and come back to: one charge, whether the page was kept or is loaded anew', async () => {
  const count = inject('counts').reloaded
  const carts = cartsOf('left', count)
  const tab = await browser.openTab(shop.origin)
  shop.onCharge = halfExecuted
  for (const cart of carts) {
    await tab.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await tab.goto(`${shop.origin}/elsewhere`)
    await goBack(tab)
    expect(await pay(tab, cart)).toEqual(paid(cart))
  }
  expect(tally(shop, carts)).toEqual({ carts: count, doubled: [], lost: [], rekeyed: [] })
  await tab.close()
})

/** What the hook shows, once it begins like that. */
function shows(tab: Tab, words: string): Promise<boolean> {
  return until(
    tab,
    wanted => document.querySelector('output')?.textContent?.startsWith(wanted) ?? false,
    words,
  )
}

const press = (tab: Tab) => tab.evaluate(() => document.querySelector('button')?.click())

test('the hook, reloaded while the request is out, finishes it under the same key', async () => {
  const count = inject('counts').reloaded
  const carts = cartsOf('hook', count)
  const tab = await browser.openTab(`${shop.origin}/elsewhere`)
  shop.onCharge = halfExecuted
  for (const cart of carts) {
    await tab.goto(`${shop.origin}/hook?restore&send&cart=${encodeURIComponent(cart)}`)
    await until(tab, () => document.querySelector('button') !== null)
    await press(tab)
    await shop.arrived(cart)
    await tab.reload()
    // In Firefox the page that goes sends once more: its fetch has failed before it is gone.
    await shows(tab, 'success ')
    expect(await tab.evaluate(() => window.told)).toEqual([])
  }
  expect(tally(shop, carts)).toEqual({ carts: count, doubled: [], lost: [], rekeyed: [] })
  await tab.close()
})

test('the hook in a second tab shows the run of the first, and its end', async () => {
  let answer = (): void => {}
  shop.onCharge = charge => {
    charge.execute()
    answer = () => executeAndAnswer(charge)
  }
  const url = `${shop.origin}/hook?restore&send&cart=tabs`
  const [first, second] = [await browser.openTab(url), await browser.openTab(`${shop.origin}/elsewhere`)]
  await until(first, () => document.querySelector('button') !== null)
  await press(first)
  await shop.arrived('tabs')
  await second.goto(url)
  await shows(second, 'pending 1')
  answer()
  await shows(first, 'success 1 fresh')
  await shows(second, 'success 1')
  expect(shop.ledger.get('tabs')).toMatchObject({ executions: 1, deliveries: 1 })
  for (const tab of [first, second]) await tab.close()
})
