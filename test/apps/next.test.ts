import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openBank, type Bank } from './harness/bank.ts'
import { visit } from './harness/customer.ts'
import { paysOnce } from './harness/pays-once.ts'
import { saysWhy } from './harness/says-why.ts'
import { openShop } from './harness/shop.ts'

let bank: Bank

beforeAll(async () => {
  bank = await openBank()
})
afterAll(() => bank.close())

const shop = openShop('next', () => ({ BANK_URL: bank.url }))

paysOnce(shop, '/', id => `/orders/${id}`)
saysWhy(shop, id => `/orders/${id}`)

test('a page that is rendered for each request pays once too', async () => {
  const { pressTwice, reads, charged } = await visit(shop(), '/orders/order-2')
  await pressTwice()
  await reads('Paid: ch_')
  expect(await charged()).toBe(1)
})

describe('a server action that pays at a bank', () => {
  // The form is posted to the page itself, without the network that breaks: here that lies before the bank.
  const open = (path: string) => {
    const { browser, app } = shop()
    return visit({ browser, app: { ...app, url: app.direct } }, path)
  }
  const press = (page: Page) => page.getByRole('button').click()

  test('pays once, though answers of the bank are lost and the form is sent again', async () => {
    const { page, reads } = await open('/invoices/invoice-1')
    bank.proxy.next('reset-answer', { status: 502, performed: true })
    await page.getByRole('button').dblclick()
    await reads('Paid: p_1')
    await page.reload()
    await reads('Paid.')
    expect(await page.getByRole('button').count()).toBe(0)
    expect(bank.payments).toEqual(['invoice-1'])
  })

  test('is shown by a page that was reloaded while it was under way', async () => {
    const { page, reads } = await open('/invoices/invoice-3')
    const passed = bank.proxy.hops.length
    bank.proxy.next('lose-answer')
    await press(page)
    await expect.poll(() => bank.proxy.hops.length).toBe(passed + 1)
    await page.reload()
    await reads('We do not know yet whether it went through.')
    await press(page)
    await reads('Paid: p_')
    expect(bank.payments.filter(id => id === 'invoice-3')).toHaveLength(1)
  })

  test('is not paid where the bank declines, in its words', async () => {
    const { page, reads } = await open('/invoices/invoice-2')
    await press(page)
    await reads('Not paid: The account is empty.')
    expect(bank.payments).not.toContain('invoice-2')
  })

  test('is not known while the bank cannot be heard, and known by another press', async () => {
    const { page, reads } = await open('/invoices/invoice-4')
    bank.always('reset-answer')
    onTestFinished(() => bank.always(undefined))
    await press(page)
    await reads('We do not know yet whether it went through. Press to check: you will not pay twice.')
    bank.always(undefined)
    await press(page)
    await reads('Paid: p_')
    expect(bank.payments.filter(id => id === 'invoice-4')).toHaveLength(1)
  })
})
