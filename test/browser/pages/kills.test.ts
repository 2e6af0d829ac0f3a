import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Shop } from './harness/shop-server.ts'
import { openProfile, openTab, paid, pay } from './harness/tabs.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

test('the browser is killed while the request is out, and started on the same profile: the same key goes on', async () => {
  const { kills } = inject('counts')
  const profile = openProfile()
  const carts = Array.from({ length: kills }, (_, nth) => `kill ${nth}`)
  // Killed the moment the request arrives: what was not on the disk by then is lost.
  shop.onCharge = charge => {
    if (charge.nth > 1) executeAndAnswer(charge)
    else if (Number(charge.cart.split(' ').at(-1)) % 2 === 0) charge.execute()
  }
  for (const cart of carts) {
    const first = await profile.start()
    const victim = await openTab(first.context, shop.origin)
    await victim.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await first.kill()
    const second = await profile.start()
    const tab = await openTab(second.context, shop.origin)
    expect(await tab.evaluate(id => window.shop.inspect(id), cart)).toBe('pending')
    expect(await pay(tab, cart)).toEqual(paid(cart))
    await second.kill()
  }
  expect(tally(shop, carts)).toEqual({ carts: kills, doubled: [], lost: [], rekeyed: [] })
})
