import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openShop, tally, type Shop } from '../pages/harness/shop-server.ts'
import { openProfile } from './driven/browser.ts'
import { halfExecuted } from './pay.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop(inject('dist'))
})
afterAll(() => shop.close())

test('the browser is killed while the request is out, and started on the same profile: resume finishes it, one charge', async () => {
  const kills = inject('counts').browserKills
  const profile = openProfile()
  const carts = Array.from({ length: kills }, (_, nth) => `kill ${nth}`)
  // Killed the moment the request arrives: what was not on the disk by then is lost.
  shop.onCharge = halfExecuted
  for (const cart of carts) {
    const first = await profile.start()
    const victim = await first.openTab(shop.origin)
    await victim.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await first.kill()
    const second = await profile.start()
    const tab = await second.openTab(shop.origin)
    expect(await tab.evaluate(id => window.shop.inspect(id), cart)).toBe('pending')
    expect(await tab.evaluate(() => window.shop.resume())).toEqual([{ id: cart, outcome: 'executed' }])
    await second.kill()
  }
  expect(tally(shop, carts)).toEqual({ carts: kills, doubled: [], lost: [], rekeyed: [] })
})
