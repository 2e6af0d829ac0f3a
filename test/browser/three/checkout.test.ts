import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { openCheckout, type Checkout } from '../../../examples/checkout/open-checkout.ts'
import { newProfile, until, type RunningBrowser, type Tab } from './driven/browser.ts'

/* The page of `npm run checkout`, on the built package. */
const profile = newProfile()
const outDir = mkdtempSync(join(tmpdir(), 'stillonce-checkout-'))
let browser: RunningBrowser
let shop: Checkout
let tab: Tab

beforeAll(async () => {
  const entries = join(inject('dist'), 'entries')
  shop = await openCheckout({
    ledger: ':memory:',
    outDir,
    alias: [
      { find: /^stillonce$/, replacement: join(entries, 'index.js') },
      { find: /^stillonce\/(.+)$/, replacement: join(entries, '$1.js') },
    ],
  })
  browser = await profile.start()
})
afterAll(async () => {
  await profile.remove()
  await shop.close()
  rmSync(outDir, { recursive: true, force: true })
})
beforeEach(async () => {
  tab = await browser.openTab(shop.url)
  await until(tab, () => document.querySelector('input[type=radio]:checked') !== null)
  return () => tab.close()
})

type Lane = 'plain' | 'stillonce'

const click = (name: string) =>
  until(
    tab,
    words => {
      const all = Array.from(document.querySelectorAll('button'))
      const button = all.find(each => each.textContent.startsWith(words))
      button?.click()
      return button !== undefined
    },
    name,
  )

/** Waits until a part of a lane has these words. */
const reads = (lane: Lane, part: string, words: string, on = tab) =>
  until(
    on,
    (selector, wanted) => document.querySelector(selector)?.textContent?.includes(wanted) ?? false,
    `[data-lane=${lane}] ${part}`,
    words,
  )

async function readsPaidOnce(on = tab): Promise<boolean> {
  await reads('stillonce', '[role=status]', 'Paid.', on)
  return reads('stillonce', '.headline', 'Charged once', on)
}

test('a lost answer: plain fetch with retries charges twice, stillonce once', async () => {
  await shop.turn({ fault: 'lose-answer', stopped: false })
  await click('New cart')
  await click('Pay ')
  expect(await readsPaidOnce()).toBe(true)
  expect(await reads('plain', '.headline', 'Charged twice')).toBe(true)
})

test('reloaded while the server is at work, the page goes on by itself, and is paid once', async () => {
  await shop.turn({ fault: 'slow', stopped: false })
  await click('New cart')
  await click('Pay ')
  await reads('stillonce', '.headline', 'Charged once')
  await tab.reload()
  expect(await readsPaidOnce()).toBe(true)
})

test('a second tab shows the payment of the first; both press, both are paid, once', async () => {
  await shop.turn({ fault: 'slow', stopped: false })
  await click('New cart')
  await click('Pay ')
  await reads('stillonce', '.headline', 'Charged once')
  const second = await browser.openTab(shop.url)
  await reads('stillonce', '[role=status]', 'Paying', second)
  expect(await readsPaidOnce(second)).toBe(true)
  expect(await readsPaidOnce()).toBe(true)
  await second.close()
})
