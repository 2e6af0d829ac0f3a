import { expect, test } from 'vitest'
import { visit } from './customer.ts'
import type { Shop } from './shop.ts'

/** What each page that pays must do, whatever it was made with: `order` names the page of an order. */
export function paysOnce(shop: () => Shop, page: string, order: (id: string) => string): void {
  const open = (path: string) => visit(shop(), path)

  test(`${page}: pressed twice, it pays once`, async () => {
    const { pressTwice, reads, charged } = await open(page)
    await pressTwice()
    await reads('Paid: ch_')
    expect(await charged()).toBe(1)
  })

  test(`${page}: what was paid is shown after a reload, and nothing offers to pay it again`, async () => {
    const customer = await open(page)
    await customer.press()
    await customer.reads('Paid: ch_')
    await customer.page.reload()
    await customer.reads('Paid: ch_')
    await expect.poll(() => customer.page.getByRole('button', { name: 'Pay' }).count()).toBe(0)
    expect(await customer.charged()).toBe(1)
  })

  test(`${page}: paid on two devices, each with a key of its own, it is charged once`, async () => {
    const first = await open(page)
    const second = await open(page)
    await first.press()
    await first.reads('Paid: ch_')
    await second.press()
    await second.reads('Paid: ch_')
    expect(await second.charged()).toBe(1)
  })

  test(`${page}: an answer is lost`, async () => {
    const { press, reads, charged } = await open(page)
    shop().app.meets('reset-answer')
    await press()
    await reads('Paid: ch_')
    expect(await charged()).toBe(1)
  })

  test(`${page}: reloaded in mid-flight, it goes on by itself`, async () => {
    const customer = await open(page)
    const { app } = shop()
    const hops = app.proxy.hops.length
    app.meets('lose-answer')
    await customer.press()
    await expect.poll(() => app.proxy.hops.slice(hops).filter(hop => hop.end === 'nothing').length).toBe(1)
    await customer.page.reload()
    await customer.reads('Paid: ch_')
    expect(await customer.charged()).toBe(1)
  })

  test(`${page}: the server answers with an error though it has charged`, async () => {
    const { press, reads, charged } = await open(page)
    shop().app.meets({ status: 500, performed: true }, { status: 503 })
    await press()
    await reads('Paid: ch_')
    expect(await charged()).toBe(1)
  })

  test(`${order('order-3')}: a declined card is not paid, in the server's words, also after a reload`, async () => {
    const customer = await open(order('order-3'))
    await customer.press()
    await customer.reads('Not paid: Your card was declined.')
    await customer.page.reload()
    await customer.press()
    await customer.reads('Not paid: Your card was declined.')
    expect(await customer.charged()).toBe(0)
  })
}
