import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { installApp, startApp, type RunningApp } from './harness/app.ts'
import { launch, visit } from './harness/customer.ts'
import { paysOnce } from './harness/pays-once.ts'

let browser: Browser
let app: RunningApp

beforeAll(async () => {
  const installed = await installApp('vite')
  await installed.script('build')
  app = await startApp(installed)
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
})

paysOnce(
  () => ({ browser, app }),
  '/',
  id => `/?order=${id}`,
)

test('while no answer comes through nothing is called paid or unpaid, and later it is paid once', async () => {
  const { press, reads, charged } = await visit(browser, app, '/')
  app.always('reset-answer')
  onTestFinished(() => app.always(undefined))
  await press()
  await reads('We are checking whether it went through. Please do not pay again.')
  app.always(undefined)
  await press()
  await reads('Paid: ch_')
  expect(await charged()).toBe(1)
})

test('a mutation of TanStack Query, pressed twice while an answer is lost, is one charge, and the list is read again', async () => {
  const { page, press, reads, charged } = await visit(browser, app, '/?order=order-2')
  const listed = Number.parseInt(await page.getByText('charges in the ledger').innerText(), 10)
  app.meets('reset-answer')
  await press('Tip')
  await press('Tip')
  await reads('Thank you.')
  await page.getByText(`${listed + 1} charges in the ledger`).waitFor()
  expect(await charged()).toBe(1)
})
