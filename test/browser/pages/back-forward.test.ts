import { afterAll, beforeAll, expect, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Shop } from './harness/shop-server.ts'
import { openProfile, openTab, paid, pay } from './harness/tabs.ts'

let shop: Shop

/** How many locks the pages of this origin hold: one each while it is shown and runs something. */
async function locks(): Promise<number> {
  const { held = [] } = await navigator.locks.query()
  return held.length
}

beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

test('a page that comes back from the back-forward cache reads its records again', async () => {
  const running = await openProfile().start()
  const tab = await openTab(running.context, shop.origin)
  const other = await openTab(running.context, shop.origin)
  // Refused until a retry, so that the page is left while it waits.
  shop.onCharge = charge => charge.reply(503, '', { 'retry-after': '20' })
  await tab.evaluate(() => window.shop.press('back'))
  await tab.waitForFunction(() => window.shop.snapshot('back').phase === 'waiting')
  await tab.goto(`${shop.origin}/elsewhere`)
  shop.onCharge = executeAndAnswer
  const [begunAt, told] = [Date.now(), await pay(other, 'back')]
  expect(told).toEqual(paid('back'))
  // It let go when it was left: neither its wait nor its lease is waited for.
  expect(Date.now() - begunAt).toBeLessThan(9_000)
  // No load comes: the page was there all the time.
  await tab.goBack({ waitUntil: 'commit' })
  expect(await tab.evaluate(() => window.shop.comebacks())).toBe(1)
  const backAt = Date.now()
  expect(await tab.evaluate(() => window.shop.result('back'))).toBe('executed')
  // Its own wait was for 20 s, and it would have looked at the store after 3.
  expect(Date.now() - backAt).toBeLessThan(2_500)
  expect(tally(shop, ['back'])).toEqual({ carts: 1, doubled: [], lost: [], rekeyed: [] })
  expect(shop.ledger.get('back')?.deliveries).toBe(2)
  await running.kill()
})

test('a page that waits for another tab stays in the back-forward cache while that one writes', async () => {
  // A busy Chromium throws pages out for reasons of its own: what the page does to itself would show in each try.
  const stayed: boolean[] = []
  while (stayed.length < 5 && !stayed.includes(true))
    stayed.push(await staysInTheCache(`waits-${stayed.length}`))
  expect(stayed).toContain(true)
})

/** Whether the page that waits came back from the cache; however that went, it tells what became of the operation. */
async function staysInTheCache(id: string): Promise<boolean> {
  const running = await openProfile().start()
  const holder = await openTab(running.context, shop.origin)
  const tab = await openTab(running.context, shop.origin)
  let answer = () => {}
  shop.onCharge = charge => void (answer = () => executeAndAnswer(charge))
  await holder.evaluate(cart => window.shop.press(cart), id)
  await shop.arrived(id)
  await tab.evaluate(cart => window.shop.press(cart), id)
  await tab.waitForFunction(cart => window.shop.snapshot(cart).attempts === 1, id)
  expect(await holder.evaluate(locks)).toBe(2)
  await tab.goto(`${shop.origin}/elsewhere`)
  // Chromium tells a page that it is left when the next one is there already: then it lets go of its lock.
  await holder.waitForFunction(async () => {
    const { held = [] } = await navigator.locks.query()
    return held.length === 1
  })
  // When its channel is closed too, and it is frozen, nobody is told.
  await holder.waitForTimeout(500)
  answer()
  expect(await holder.evaluate(cart => window.shop.result(cart), id)).toBe('executed')
  await tab.goBack({ waitUntil: 'commit' })
  const comebacks = await tab.evaluate(() => window.shop.comebacks())
  // A page that was loaded anew has not pressed.
  if (comebacks === 0) await tab.evaluate(cart => window.shop.press(cart), id)
  expect(await tab.evaluate(cart => window.shop.result(cart), id)).toBe('executed')
  expect(shop.ledger.get(id)?.deliveries).toBe(1)
  await running.kill()
  return comebacks === 1
}
