import type { Paid } from '../pages/harness/shop-page.ts'
import type { Charge } from '../pages/harness/shop-server.ts'
import { executeAndAnswer } from '../pages/harness/shop-server.ts'
import type { Tab } from './driven/browser.ts'

/** Presses Pay in a tab and tells how it ended. */
export function pay(tab: Tab, cart: string, at = 0): Promise<Paid> {
  return tab.evaluate((id, moment) => window.shop.pay(id, moment), cart, at)
}

/** What a tab is told of a cart that was paid. */
export function paid(cart: string): Paid {
  return { outcome: 'executed', data: { cart, receipt: `receipt of ${cart}` } }
}

/** The first request of every other cart is executed, and none is answered: whoever sent it goes away. */
export function halfExecuted(charge: Charge): void {
  if (charge.nth > 1) executeAndAnswer(charge)
  else if (Number(charge.cart.split(' ').at(-1)) % 2 === 0) charge.execute()
}
