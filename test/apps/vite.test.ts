import { expect, onTestFinished, test } from 'vitest'
import { visit } from './harness/customer.ts'
import { paysOnce } from './harness/pays-once.ts'
import { saysWhy } from './harness/says-why.ts'
import { openShop } from './harness/shop.ts'

const shop = openShop('vite')

paysOnce(shop, '/', id => `/?order=${id}`)
saysWhy(shop, id => `/?order=${id}`)

test('while no answer comes through nothing is called paid or unpaid, and later it is paid once', async () => {
  const { press, reads, charged } = await visit(shop(), '/')
  const { app } = shop()
  app.always('reset-answer')
  onTestFinished(() => app.always(undefined))
  await press()
  await reads('We are checking whether it went through.')
  app.always(undefined)
  // The page looks by itself too: where that came first there is no button any more.
  await Promise.race([press(), reads('Paid: ch_')])
  await reads('Paid: ch_')
  expect(await charged()).toBe(1)
})

test('a mutation of TanStack Query, pressed twice while an answer is lost, is one charge, and the list is read again', async () => {
  const { page, press, reads, charged } = await visit(shop(), '/?order=order-2')
  const ledger: unknown[] = await (await fetch(`${shop().app.direct}/api/charges`)).json()
  const listed = ledger.length
  // A page that has not read it yet says 0.
  await page.getByText(`Charges in the ledger: ${listed}`, { exact: true }).waitFor()
  shop().app.meets('reset-answer')
  await press('Tip')
  await press('Tip')
  await reads('Thank you.')
  await page.getByText(`Charges in the ledger: ${listed + 1}`, { exact: true }).waitFor()
  expect(await charged()).toBe(1)
})
