import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Checkout } from '../../../examples/checkout/open-checkout.ts'
import { openCheckout } from '../../../examples/checkout/open-checkout.ts'
import { launch } from './harness/tabs.ts'

/* The page of `npm run checkout`, from the sources, on a ledger in memory. */
const source = (path: string) => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url))
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

let browser: Browser
let context: BrowserContext
let shop: Checkout
let outDir: string

beforeAll(async () => {
  outDir = mkdtempSync(join(tmpdir(), 'stillonce-checkout-'))
  shop = await openCheckout({
    ledger: ':memory:',
    outDir,
    alias: [
      { find: /^stillonce$/, replacement: source('index.ts') },
      { find: /^stillonce\/(.+)$/, replacement: source('$1.ts') },
    ],
  })
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await shop.close()
  rmSync(outDir, { recursive: true, force: true })
})
beforeEach(async () => {
  context = await browser.newContext()
  await shop.turn({ fault: 'none', once: false })
})

afterEach(() => context.close())

async function openPage(): Promise<Page> {
  const page = await context.newPage()
  await page.goto(shop.url)
  await page.locator('input[type=radio]:checked').waitFor()
  return page
}

const payButton = (page: Page) => page.locator('button.pay')
const outcome = (page: Page, words: string | RegExp) => page.getByRole('status').filter({ hasText: words })

/** Turns a switch, and waits until the server has turned it. */
async function turn(page: Page, name: string): Promise<void> {
  const turned = page.waitForResponse(response => response.request().method() === 'PUT')
  await page.getByRole('radio', { name: new RegExp(`^${name}`) }).check()
  await turned
}

async function only(page: Page, name: string): Promise<void> {
  const turned = page.waitForResponse(response => response.request().method() === 'PUT')
  await page.getByRole('checkbox', { name: 'Only the next payment request' }).check()
  await turned
  await turn(page, name)
}

/** The three figures of the ledger for this cart: pressed, requests, charged. */
async function tally(page: Page): Promise<{ pressed: number; requests: number; charged: number }> {
  const [pressed = 0, requests = 0, charged = 0] = (await page.locator('.tally dd').allTextContents()).map(
    Number,
  )
  return { pressed, requests, charged }
}

async function chargedOnce(page: Page): Promise<void> {
  await outcome(page, /^\S*Paid/).waitFor()
  await expect.poll(async () => (await tally(page)).charged).toBe(1)
}

describe('every switch ends in one charge', () => {
  test('all is well: five presses, one request, one charge', async () => {
    const page = await openPage()
    await turn(page, 'Slow')
    for (let press = 0; press < 5; press++) await payButton(page).click()
    await outcome(page, 'Paying').waitFor()
    await chargedOnce(page)
    expect(await tally(page)).toMatchObject({ pressed: 5, requests: 1, charged: 1 })
  })

  test.each(['Lose the request', 'Lose the answer', 'Slow', 'Busy', 'Later'])(
    '%s, for the next request only: paid by itself',
    async name => {
      const page = await openPage()
      await only(page, name)
      await payButton(page).click()
      await payButton(page).click()
      await chargedOnce(page)
    },
  )

  test('decline the card: not charged, and that is said; trying again pays once', async () => {
    const page = await openPage()
    await turn(page, 'Decline the card')
    await payButton(page).click()
    await outcome(page, 'Not charged').waitFor()
    await outcome(page, 'Your card was declined').waitFor()
    expect((await tally(page)).charged).toBe(0)

    await turn(page, 'All is well')
    await payButton(page).click()
    await chargedOnce(page)
  })

  test('the server is stopped and started again', async () => {
    const page = await openPage()
    await turn(page, 'Stop the server')
    await payButton(page).click()
    await outcome(page, /Still paying|Paying/).waitFor()
    await turn(page, 'All is well')
    await chargedOnce(page)
  })

  test('offline: it waits, and pays when the tab is back', async () => {
    const page = await openPage()
    await page.getByRole('checkbox', { name: 'This tab is offline' }).check()
    await payButton(page).click()
    await outcome(page, 'You are offline').waitFor()
    expect(await tally(page)).toMatchObject({ requests: 0, charged: 0 })
    await page.getByRole('checkbox', { name: 'This tab is offline' }).uncheck()
    await chargedOnce(page)
  })

  test('the browser itself is offline', async () => {
    const page = await openPage()
    await context.setOffline(true)
    await payButton(page).click()
    await outcome(page, 'You are offline').waitFor()
    await context.setOffline(false)
    await chargedOnce(page)
  })
})

describe('an honest unknown resolves later', () => {
  test.each([
    ['Lose the request', 0],
    ['Lose the answer', 1],
    ['Busy', 0],
    ['Stop the server', 0],
  ])('%s, for good: we do not know yet; once it is mended, one press finishes it', async (name, charged) => {
    const page = await openPage()
    await turn(page, name)
    await payButton(page).click()
    await outcome(page, 'We don’t know yet').waitFor({ timeout: 60_000 })
    expect((await tally(page)).charged).toBe(charged)
    expect(await page.getByText('Not charged').count()).toBe(0)

    await turn(page, 'All is well')
    await page.getByRole('button', { name: 'Check and finish' }).click()
    await chargedOnce(page)
  })
})

describe('reloads and tabs', () => {
  test('reloaded in flight, it goes on by itself, and says so', async () => {
    const page = await openPage()
    await turn(page, 'Slow')
    await payButton(page).click()
    await expect.poll(async () => (await tally(page)).requests).toBe(1)
    await page.reload()
    await outcome(page, /Paying|Almost there|Still paying/).waitFor()
    await chargedOnce(page)
    await page.getByText('The page was reloaded').waitFor()

    await page.reload()
    await outcome(page, /^\S*Paid/).waitFor()
    expect((await tally(page)).charged).toBe(1)
  })

  test('a second tab shows the run of the first; both press, both are paid, once', async () => {
    const [first, second] = [await openPage(), await openPage()]
    await turn(first, 'Slow')
    await payButton(first).click()
    await expect.poll(async () => (await tally(first)).requests).toBe(1)
    await payButton(second).click()
    await outcome(second, /Paying/).waitFor()
    await chargedOnce(first)
    await chargedOnce(second)
    expect(await tally(first)).toMatchObject({ pressed: 2, charged: 1 })
    await second.locator('.timeline .tab').first().waitFor()
  })

  test('another cart is another payment', async () => {
    const page = await openPage()
    await payButton(page).click()
    await chargedOnce(page)
    await page.getByRole('button', { name: 'Fill another cart' }).click()
    await outcome(page, 'Not paid yet').waitFor()
    expect(await tally(page)).toEqual({ pressed: 0, requests: 0, charged: 0 })
    await payButton(page).click()
    await chargedOnce(page)
  })
})

describe('for everybody', () => {
  test('the keyboard reaches all of it, and Enter and Space press', async () => {
    const page = await openPage()
    await page.keyboard.press('Tab')
    expect(await payButton(page).evaluate(button => button === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Space')
    await chargedOnce(page)
    expect(await payButton(page).isEnabled()).toBe(true)
  })

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('axe finds nothing: %s, %i pixels wide', async (colorScheme, width) => {
    const own = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
    onTestFinished(() => own.close())
    const page = await own.newPage()
    await page.goto(shop.url)
    await page.locator('input[type=radio]:checked').waitFor()
    const states = async () => {
      await page.addScriptTag({ path: axe })
      return page.evaluate(async () => {
        const { violations } = await (
          window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }
        ).axe.run()
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
      })
    }
    expect(await states()).toEqual([])

    await turn(page, 'Decline the card')
    await payButton(page).click()
    await outcome(page, 'Not charged').waitFor()
    expect(await states()).toEqual([])

    await turn(page, 'Later')
    await payButton(page).click()
    await outcome(page, 'Almost there').waitFor()
    expect(await states()).toEqual([])
    await chargedOnce(page)
    expect(await states()).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })
})

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }
