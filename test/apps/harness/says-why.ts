import { expect, test } from 'vitest'
import { visit, type Customer } from './customer.ts'
import type { Shop } from './shop.ts'

/** What each page says, and offers, where a payment does not simply go through: the words of docs/what-to-tell-the-user.md. */
export function saysWhy(shop: () => Shop, order: (id: string) => string): void {
  const page = order('order-2')
  const open = () => visit(shop(), page)
  const offers = (customer: Customer, name: string) => customer.page.getByRole('button', { name }).waitFor()

  test(`${page}: an order that has changed since it was paid is not called paid`, async () => {
    const customer = await open()
    await customer.press()
    await customer.reads('Paid: ch_')
    await customer.page.route(
      url => url.pathname.endsWith('/orders/order-2'),
      async route => {
        const response = await route.fetch()
        await route.fulfill({ response, body: (await response.text()).replaceAll(/45(\.?)00/g, '25$100') })
      },
    )
    await customer.page.reload()
    await customer.reads('An order with other contents was paid already.')
    await offers(customer, 'Look again')
    expect(await customer.page.getByRole('button', { name: /^(?:Pay|Check|Try again)$/ }).count()).toBe(0)
    expect(await customer.charged()).toBe(1)
  })

  test(`${page}: where nothing can be written nothing is sent, and the page says so`, async () => {
    const customer = await open()
    await customer.page.addInitScript(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('The disk is full.', 'QuotaExceededError')
      }
    })
    await customer.page.reload()
    await customer.press()
    await customer.reads('Your browser does not let us store the order. Nothing was sent.')
    await offers(customer, 'Try again')
    expect(await customer.charged()).toBe(0)
  })

  test(`${page}: offline it says so, and goes on by itself when the network is back`, async () => {
    const customer = await open()
    await offers(customer, 'Pay')
    await customer.page.context().setOffline(true)
    await customer.press()
    await customer.reads('You are offline. We go on as soon as you are back.')
    await customer.page.context().setOffline(false)
    await customer.reads('Paid: ch_')
    expect(await customer.charged()).toBe(1)
  })
}
