import { afterAll, beforeAll, expect, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Shop } from './harness/shop-server.ts'
import { openProfile, openTab, paid, pay } from './harness/tabs.ts'

let shop: Shop

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
  expect(Date.now() - backAt).toBeLessThan(1_000)
  expect(tally(shop, ['back'])).toEqual({ carts: 1, doubled: [], lost: [], rekeyed: [] })
  expect(shop.ledger.get('back')?.deliveries).toBe(2)
  await running.kill()
})

test('a page that waits for another tab stays in the back-forward cache while that one writes', async () => {
  const running = await openProfile().start()
  const holder = await openTab(running.context, shop.origin)
  const tab = await openTab(running.context, shop.origin)
  let answer = () => {}
  shop.onCharge = charge => void (answer = () => executeAndAnswer(charge))
  await holder.evaluate(() => window.shop.press('waits'))
  await shop.arrived('waits')
  await tab.evaluate(() => window.shop.press('waits'))
  await tab.waitForFunction(() => window.shop.snapshot('waits').attempts === 1)
  await tab.goto(`${shop.origin}/elsewhere`)
  answer()
  expect(await holder.evaluate(() => window.shop.result('waits'))).toBe('executed')
  await tab.goBack({ waitUntil: 'commit' })
  expect(await tab.evaluate(() => window.shop.comebacks())).toBe(1)
  expect(await tab.evaluate(() => window.shop.result('waits'))).toBe('executed')
  expect(shop.ledger.get('waits')?.deliveries).toBe(1)
  await running.kill()
})
