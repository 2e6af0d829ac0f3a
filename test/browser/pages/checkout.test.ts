import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Checkout } from '../../../examples/checkout/open-checkout.ts'
import { openCheckout } from '../../../examples/checkout/open-checkout.ts'
import { launch, newContext } from './harness/tabs.ts'

/* The page of `npm run checkout`, from the sources, on a ledger in memory. */
const source = (path: string) => fileURLToPath(new URL(`../../../src/entries/${path}`, import.meta.url))

let browser: Browser
/** For all tests that run one after another. */
let shop: Checkout

beforeAll(async () => {
  shop = await openShop()
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await shop.close()
})
beforeEach(() => shop.turn({ fault: 'none', once: false }))

async function openShop(): Promise<Checkout> {
  const outDir = mkdtempSync(join(tmpdir(), 'stillonce-checkout-'))
  const opened = await openCheckout({
    ledger: ':memory:',
    outDir,
    alias: [
      { find: /^stillonce$/, replacement: source('index.ts') },
      { find: /^stillonce\/(.+)$/, replacement: source('$1.ts') },
    ],
  })
  const close = async () => {
    await opened.close()
    rmSync(outDir, { recursive: true, force: true })
  }
  return { ...opened, close }
}

/** A browser of its own, as far as storage goes. */
async function openContext(options?: BrowserContextOptions): Promise<BrowserContext> {
  const context = await newContext(browser, options)
  onTestFinished(() => context.close())
  return context
}

async function openPage(given?: BrowserContext, { url } = shop): Promise<Page> {
  const context = given ?? (await openContext())
  const page = await context.newPage()
  await page.goto(url)
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

/** The three figures of the ledger for this cart. */
async function tally(page: Page): Promise<{ pressed: number; sent: number; charged: number }> {
  const [pressed = 0, sent = 0, charged = 0] = (await page.locator('.tally dd').allTextContents()).map(Number)
  return { pressed, sent, charged }
}

/** A figure of the ledger, once it is 1. */
const figure = (page: Page, name: string) =>
  page.locator('.tally div', { hasText: name }).filter({ hasText: '1' })

async function expectPaidOnce(page: Page): Promise<void> {
  await outcome(page, /^\S*Paid/).waitFor()
  // The ledger's own news may come after the answer.
  await figure(page, 'charged').waitFor()
  expect((await tally(page)).charged).toBe(1)
}

describe('every switch ends in one charge', () => {
  test('all is well: five presses, one request, one charge', async () => {
    const page = await openPage()
    await turn(page, 'Slow')
    for (let press = 0; press < 5; press++) await payButton(page).click()
    await outcome(page, 'Paying').waitFor()
    await expectPaidOnce(page)
    expect(await tally(page)).toMatchObject({ pressed: 5, sent: 1, charged: 1 })
  })

  test.each(['Lose the request', 'Lose the answer', 'Slow', 'Busy', 'Later'])(
    '%s, for the next request only: paid by itself',
    async name => {
      const page = await openPage()
      await only(page, name)
      await payButton(page).click()
      await payButton(page).click()
      await expectPaidOnce(page)
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
    await expectPaidOnce(page)
  })

  test('the server is stopped and started again', async () => {
    const page = await openPage()
    await turn(page, 'Stop the server')
    await payButton(page).click()
    await outcome(page, /Still paying|Paying/).waitFor()
    await turn(page, 'All is well')
    await expectPaidOnce(page)
  })

  test('offline: it waits, and pays when the tab is back', async () => {
    const page = await openPage()
    await page.getByRole('checkbox', { name: 'This tab is offline' }).check()
    await payButton(page).click()
    await outcome(page, 'You are offline').waitFor()
    expect(await tally(page)).toMatchObject({ sent: 0, charged: 0 })
    await page.getByRole('checkbox', { name: 'This tab is offline' }).uncheck()
    await expectPaidOnce(page)
  })

  test('the browser itself is offline', async () => {
    const page = await openPage()
    await page.context().setOffline(true)
    await payButton(page).click()
    await outcome(page, 'You are offline').waitFor()
    await page.context().setOffline(false)
    await expectPaidOnce(page)
  })
})

describe('the timeline', () => {
  /** Its lines without the times, which are luck. */
  const lines = async (page: Page) => {
    const all = await page
      .locator('.timeline ol li')
      .evaluateAll(items =>
        items.map(({ children: [, text] }) => (text instanceof HTMLElement ? text.innerText : '')),
      )
    return all.map(line => line.replaceAll(/\s+/g, ' ').replace(/\d+\.\d s$/, '… s'))
  }

  test('tells attempts, answers and pauses', async () => {
    const page = await openPage()
    await only(page, 'Busy')
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await lines(page)).toEqual([
      'Pay',
      'Request 1: key kept, sent',
      'Answer 503: nothing is certain waits … s',
      'Request 2: key kept, sent',
      'Answer 201: paid',
      'Paid',
    ])
  })

  test('tells polls, and presses that join', async () => {
    const page = await openPage()
    await turn(page, 'Later')
    await payButton(page).click()
    await outcome(page, 'Almost there').waitFor()
    await payButton(page).click()
    await expectPaidOnce(page)
    const told = await lines(page)
    expect(told.slice(0, 4)).toEqual([
      'Pay',
      'Request 1: key kept, sent',
      'Answer 202: the bank is at work waits … s',
      'Pay again: joins it',
    ])
    expect(told.slice(-2)).toEqual(['Asks the server: charged', 'Paid, by an earlier request'])
  })
})

describe.concurrent('an honest unknown resolves later', () => {
  test.for([
    ['Lose the request', 0, 'a press'],
    ['Lose the answer', 1, 'a press'],
    ['Lose the answer', 1, 'a reload'],
    ['Busy', 0, 'a press'],
    ['Stop the server', 0, 'a reload'],
  ] as const)(
    '%s, for good: we do not know yet (charged: %i); once it is mended, %s finishes it',
    async ([name, charged, mend], { onTestFinished: finished }) => {
      const [own, context] = await Promise.all([openShop(), newContext(browser)])
      finished(() => own.close())
      finished(() => context.close())
      const page = await openPage(context, own)
      await turn(page, name)
      await payButton(page).click()
      await outcome(page, 'We don’t know yet').waitFor({ timeout: 60_000 })
      expect((await tally(page)).charged).toBe(charged)
      expect(await page.getByText('Not charged').count()).toBe(0)
      expect(await violations(page)).toEqual([])

      await turn(page, 'All is well')
      if (mend === 'a reload') await page.reload()
      else await page.getByRole('button', { name: 'Check and finish' }).click()
      await expectPaidOnce(page)
    },
  )
})

describe('reloads and tabs', () => {
  test('reloaded in flight, it goes on by itself, and says so', async () => {
    const page = await openPage()
    await turn(page, 'Slow')
    await payButton(page).click()
    await figure(page, 'sent').waitFor()
    await page.reload()
    await outcome(page, /Paying|Almost there|Still paying/).waitFor()
    await expectPaidOnce(page)
    await page.getByText('The page was reloaded').waitFor()

    await page.reload()
    await expectPaidOnce(page)
  })

  test('a second tab shows the run of the first; both press, both are paid, once', async () => {
    const first = await openPage()
    const second = await openPage(first.context())
    await turn(first, 'Slow')
    await payButton(first).click()
    await figure(first, 'sent').waitFor()
    await payButton(second).click()
    await outcome(second, /Paying/).waitFor()
    await expectPaidOnce(first)
    await expectPaidOnce(second)
    expect(await tally(first)).toMatchObject({ pressed: 2, charged: 1 })
    await second.locator('.timeline .tab').first().waitFor()
  })

  test('another cart is another payment', async () => {
    const page = await openPage()
    await payButton(page).click()
    await expectPaidOnce(page)
    await page.getByRole('button', { name: 'Fill another cart' }).click()
    await outcome(page, 'Not paid yet').waitFor()
    expect(await tally(page)).toEqual({ pressed: 0, sent: 0, charged: 0 })
    await payButton(page).click()
    await expectPaidOnce(page)
  })
})

describe('for everybody', () => {
  test('the keyboard reaches all of it in the order of the page, and Enter and Space press', async () => {
    const page = await openPage()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Space')
    await expectPaidOnce(page)
    expect(await tally(page)).toEqual({ pressed: 2, sent: 1, charged: 1 })

    const reached = [await focused(page)]
    for (let stop = 0; stop < 7; stop++) {
      await page.keyboard.press('Tab')
      reached.push(await focused(page))
    }
    expect(reached).toEqual([
      'Paid',
      'Fill another cart',
      'All is well every request arrives',
      'Only the next payment request',
      'This tab is offline',
      'What happens',
      'Charges',
      'All that came for this cart, latest first',
    ])
  })

  test('arrow keys turn the switches, and what has the focus can be seen', async () => {
    const page = await openPage()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    const turned = page.waitForResponse(response => response.request().method() === 'PUT')
    await page.keyboard.press('ArrowDown')
    await turned
    const choice = page.getByRole('radio', { name: /^Lose the request/ })
    expect(await choice.isChecked()).toBe(true)
    expect(await choice.evaluate(input => getComputedStyle(input.closest('label')!).outlineStyle)).toBe(
      'solid',
    )
  })

  test('the outcome is told by one live region, which stays', async () => {
    const page = await openPage()
    const region = page.getByRole('status')
    await region.evaluate(element => element.setAttribute('data-same', ''))
    await turn(page, 'Decline the card')
    await payButton(page).click()
    await outcome(page, 'Not charged').waitFor()
    await turn(page, 'All is well')
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await region.getAttribute('data-same')).toBe('')
    expect(await region.getAttribute('aria-live')).toBe('polite')
  })

  test('by touch, 390 pixels wide: whatever can be tapped is 44 pixels high', async () => {
    const viewport = { width: 390, height: 844 }
    const page = await openPage(await openContext({ viewport, hasTouch: true, isMobile: true }))
    await payButton(page).tap()
    await payButton(page).tap()
    await expectPaidOnce(page)
    const targets = page.locator('button, label')
    expect(await targets.count()).toBe(12)
    const heights = await targets.evaluateAll(all => all.map(one => one.getBoundingClientRect().height))
    expect(heights.filter(height => height < 44)).toEqual([])
  })

  test.each([320, 390, 768, 1280])('%i pixels wide, nothing is cut off', async width => {
    const page = await openPage(await openContext({ viewport: { width, height: 900 } }))
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  })

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('axe finds nothing: %s, %i pixels wide', async (colorScheme, width) => {
    const page = await openPage(await openContext({ colorScheme, viewport: { width, height: 900 } }))
    expect(await violations(page)).toEqual([])

    await turn(page, 'Decline the card')
    await payButton(page).click()
    await outcome(page, 'Not charged').waitFor()
    expect(await violations(page)).toEqual([])

    await turn(page, 'Later')
    await payButton(page).click()
    await outcome(page, 'Almost there').waitFor()
    expect(await violations(page)).toEqual([])
    await expectPaidOnce(page)
    expect(await violations(page)).toEqual([])
  })
})

/** The name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const label = element?.getAttribute('aria-label')
    const by = document.getElementById(element?.getAttribute('aria-labelledby') ?? '')
    const named = by ?? element?.closest('label') ?? element
    return (label ?? named?.textContent ?? '').trim()
  })
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations: found } = await (window as unknown as { axe: Axe }).axe.run()
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}

type Axe = { readonly run: () => Promise<{ readonly violations: readonly Violation[] }> }
type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }
