import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Checkout } from '../../../examples/checkout/open-checkout.ts'
import { openCheckout } from '../../../examples/checkout/open-checkout.ts'
import { launch, newContext } from './harness/tabs.ts'

/* The page of `npm run checkout`, from the sources, on ledgers in memory. */
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
beforeEach(() => shop.turn({ fault: 'none', stopped: false }))

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
  // Only what hangs takes so long, also on a machine that is busy with other things.
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  await page.locator('input[type=radio]:checked').waitFor({ state: 'attached' })
  return page
}

type Lane = 'plain' | 'stillonce'

const lane = (page: Page, name: Lane) => page.locator(`[data-lane=${name}]`)
const button = (page: Page | Locator, name: string) => page.getByRole('button', { name })
const payButton = (page: Page) => page.getByRole('button', { name: /^Pay / })

/** Waits for what a customer reads. */
async function expectReads(page: Page, name: Lane, words: string | RegExp): Promise<void> {
  await lane(page, name).getByRole('status').filter({ hasText: words }).waitFor()
}

/** Waits for the headline over a ledger. */
async function expectCharged(page: Page, name: Lane, words: string): Promise<void> {
  await lane(page, name).locator('.headline').getByText(words, { exact: true }).waitFor()
}

/** What stands in a ledger once its counts are these: the rows, and the sentence that explains them. */
async function books(page: Page, name: Lane, counts: string | RegExp): Promise<readonly string[]> {
  const part = lane(page, name).locator('.books')
  await part.getByText(counts, { exact: true }).waitFor()
  return part.locator('li, .why').allInnerTexts()
}

async function expectPaidOnce(page: Page): Promise<void> {
  await expectReads(page, 'stillonce', 'Paid.')
  await expectCharged(page, 'stillonce', 'Charged once')
}

/** Turns a control, and waits until the server has turned it. */
async function turn(page: Page, act: () => Promise<void>): Promise<void> {
  const turned = page.waitForResponse(response => response.request().method() === 'PUT')
  await act()
  await turned
}

async function choose(page: Page, fault: string): Promise<void> {
  const radio = page.getByRole('radio', { name: new RegExp(`^${fault}`) })
  const more = page.getByText('More', { exact: true })
  if ((await radio.count()) === 0) await more.click()
  await turn(page, () => radio.check())
}

const press = (page: Page, name: string) => turn(page, () => button(page, name).click())

describe('plain fetch with retries beside stillonce: the same press, the same fault', () => {
  test('a lost answer: charged twice, and charged once', async () => {
    const page = await openPage()
    await choose(page, 'Lose the answer')
    await payButton(page).click()
    await expectReads(page, 'plain', 'Paid.')
    await expectCharged(page, 'plain', 'Charged twice')
    await lane(page, 'plain').getByText('€146.80 taken').waitFor()
    expect(await books(page, 'plain', '2 requests, 2 charges')).toEqual([
      'charged; answer lost',
      'charged again',
      'No key: each retry is a new payment.',
    ])

    await expectPaidOnce(page)
    await lane(page, 'stillonce').getByText('€73.40 taken').waitFor()
    expect(await books(page, 'stillonce', '2 requests, 1 charge')).toEqual([
      'charged; answer lost',
      'charged before: same receipt',
      'One key: charged once, however often it comes.',
    ])
  })

  test('an answer that comes too late: charged twice, and charged once', async () => {
    const page = await openPage()
    await choose(page, 'Slow answer')
    await payButton(page).click()
    await expectReads(page, 'plain', 'Paying…')
    await expectCharged(page, 'plain', 'Charged twice')
    await expectPaidOnce(page)
    expect(await books(page, 'plain', '2 requests, 2 charges')).toContain('charged; answer late')
    expect(await books(page, 'stillonce', '2 requests, 1 charge')).toContain('charged; answer late')
  })

  test('a double click: charged twice, and charged once by one request', async () => {
    const page = await openPage()
    await button(page, 'Double click').click()
    await expectCharged(page, 'plain', 'Charged twice')
    expect(await books(page, 'plain', '2 requests, 2 charges')).toEqual([
      'charged',
      'charged again',
      'No key: each press and retry is a new payment.',
    ])
    await expectPaidOnce(page)
    expect(await books(page, 'stillonce', '1 request, 1 charge')).toEqual([
      'charged',
      '2 presses, one key: charged once.',
    ])
  })

  test('a reload while it pays: plain fetch forgets and charges again, stillonce goes on and charges once', async () => {
    const page = await openPage()
    await choose(page, 'Slow answer')
    await payButton(page).click()
    await expectCharged(page, 'plain', 'Charged once')
    await expectCharged(page, 'stillonce', 'Charged once')
    await button(page, 'Reload').click()
    await expectReads(page, 'plain', 'Not paid yet.')
    expect(await books(page, 'plain', '1 request, 1 charge')).toEqual([
      'charged; answer late',
      'Charged, but the page has forgotten it.',
    ])
    await expectPaidOnce(page)

    await payButton(page).click()
    await expectCharged(page, 'plain', 'Charged twice')
    await expectPaidOnce(page)
  })

  test('the server is stopped and started later: plain fetch has given up, stillonce pays by itself', async () => {
    const page = await openPage()
    await press(page, 'Stop the server')
    await payButton(page).click()
    await expectReads(page, 'stillonce', 'Still paying. We go on by ourselves.')
    await expectReads(page, 'plain', 'Payment failed. Please try again.')
    await expectCharged(page, 'stillonce', 'No charge')
    await lane(page, 'stillonce').getByText('No request has arrived.').waitFor()

    await press(page, 'Start the server')
    await expectPaidOnce(page)
    await expectCharged(page, 'plain', 'No charge')
    await button(lane(page, 'plain'), 'Try again').click()
    await expectCharged(page, 'plain', 'Charged once')
  })

  test('the server is stopped after it has charged: plain fetch says that it failed', async () => {
    const page = await openPage()
    await choose(page, 'Slow answer')
    await payButton(page).click()
    await expectCharged(page, 'plain', 'Charged once')
    await expectCharged(page, 'stillonce', 'Charged once')
    await press(page, 'Stop the server')
    await expectReads(page, 'plain', 'Payment failed. Please try again.')
    await lane(page, 'plain').getByText('Charged, but the customer reads that it failed.').waitFor()
    await expectReads(page, 'stillonce', 'Still paying. We go on by ourselves.')

    await press(page, 'Start the server')
    await expectPaidOnce(page)
    // Of a run's tries while nobody listened every fourth is a question: which one finds the server is a matter of time.
    // The browser may deliver one more by itself, over a connection that the stopped server left dead.
    const rows = await books(
      page,
      'stillonce',
      /^([2-9] requests|1 request, [1-9] questions?|[2-9] requests, [1-9] questions?), 1 charge$/,
    )
    const brought = rows.filter(row => row === 'charged before: same receipt' || row === 'asked: charged')
    expect(brought).not.toEqual([])
    await button(lane(page, 'plain'), 'Try again').click()
    await expectCharged(page, 'plain', 'Charged twice')
  })

  test('the switch: without plain fetch nothing is sent for it, and a reload keeps it', async () => {
    const page = await openPage()
    await page.getByRole('switch', { name: 'Plain fetch beside it' }).uncheck()
    expect(await lane(page, 'plain').count()).toBe(0)
    await payButton(page).click()
    await expectPaidOnce(page)
    await page.reload()
    await expectPaidOnce(page)
    expect(await lane(page, 'plain').count()).toBe(0)

    await page.getByRole('switch').check()
    await expectCharged(page, 'plain', 'No charge')
    await lane(page, 'plain').getByText('Nothing yet. Press Pay.').waitFor()
  })
})

describe('every fault ends in one charge', () => {
  test('nothing goes wrong: five presses, one request, one charge', async () => {
    const page = await openPage()
    for (let times = 0; times < 5; times++) await payButton(page).click()
    await expectPaidOnce(page)
    expect(await books(page, 'stillonce', '1 request, 1 charge')).toEqual([
      'charged',
      '5 presses, one key: charged once.',
    ])
  })

  test.each([
    ['Lose the request', 'lost on the way here'],
    ['Busy server', 'turned away: busy'],
    ['Slow bank', 'accepted; the bank is at work'],
  ])('%s: paid by itself', async (fault, fate) => {
    const page = await openPage()
    await choose(page, fault)
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await lane(page, 'stillonce').locator('.books li').first().innerText()).toBe(fate)
  })

  test('a declined card: the server’s own sentence, no charge; with another card it is paid once', async () => {
    const page = await openPage()
    await choose(page, 'Declined card')
    await payButton(page).click()
    await expectReads(page, 'stillonce', 'Not paid: Your card was declined.')
    await expectCharged(page, 'stillonce', 'No charge')
    expect(await books(page, 'stillonce', '1 request, 0 charges')).toEqual(['declined'])

    await choose(page, 'Nothing')
    await button(lane(page, 'stillonce'), 'Try again').click()
    await expectPaidOnce(page)
    expect(await books(page, 'stillonce', '2 requests, 1 charge')).toEqual(['declined', 'charged'])
  })

  test('the browser itself is offline: paid when it is back', async () => {
    const page = await openPage()
    await page.context().setOffline(true)
    await payButton(page).click()
    await expectReads(page, 'stillonce', 'You are offline. We go on as soon as you are back.')
    await page.context().setOffline(false)
    await expectPaidOnce(page)
  })
})

test('where the back office is gone, the page says that the ledger is an old one', async () => {
  const own = await openShop()
  const page = await openPage(undefined, own)
  await payButton(page).click()
  await expectPaidOnce(page)
  await own.close()
  await lane(page, 'stillonce').getByText('The server’s ledger, as last seen').waitFor()
  await expectCharged(page, 'stillonce', 'Charged once')
})

describe('the steps of the client', () => {
  const steps = async (page: Page) => {
    await page.getByText('What stillonce did, step by step').click()
    const all = await page
      .locator('.timeline ol li')
      .evaluateAll(items =>
        items.map(({ children: [, text] }) => (text instanceof HTMLElement ? text.innerText : '')),
      )
    return all.map(line => line.replaceAll(/\s+/g, ' ').replace(/\d+\.\d s$/, '… s'))
  }

  test('tells attempts, answers and pauses', async () => {
    const page = await openPage()
    await choose(page, 'Busy server')
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await steps(page)).toEqual([
      'Pay',
      'Request 1: key kept, sent',
      'Answer 503: nothing is certain waits … s',
      'Request 2: key kept, sent',
      'Answer 201: paid',
      'Paid',
    ])
  })

  test('tells of a lost answer what the server saw: two requests', async () => {
    const page = await openPage()
    await choose(page, 'Lose the answer')
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await steps(page)).toEqual([
      'Pay',
      'Request 1: key kept, sent',
      'No answer: may be charged waits … s',
      'Request 2: key kept, sent',
      'Answer 201: paid',
      'Paid, by an earlier request',
    ])
  })

  test('tells polls, and presses that join', async () => {
    const page = await openPage()
    await choose(page, 'Slow bank')
    await payButton(page).click()
    await lane(page, 'stillonce').getByText('accepted; the bank is at work').waitFor()
    await payButton(page).click()
    await expectPaidOnce(page)
    const told = await steps(page)
    expect(told.slice(0, 2)).toEqual(['Pay', 'Request 1: key kept, sent'])
    expect(told).toContain('Pay again: joins it')
    expect(told.slice(-2)).toEqual(['Asks the server: charged', 'Paid, by an earlier request'])
  })
})

describe.concurrent('stopped for longer than a run goes on: the page says what is known, and ends well', () => {
  test.for([
    ['before it was reached', 'No charge', 'the page'],
    ['before it was reached', 'No charge', 'a press'],
    ['after it has charged', 'Charged once', 'the page'],
    ['after it has charged', 'Charged once', 'a reload'],
  ] as const)(
    'the server is stopped %s (%s): we are checking; started again, %s finds out',
    async ([when, charged, mend], { onTestFinished: finished }) => {
      const [own, context] = await Promise.all([openShop(), newContext(browser)])
      finished(() => own.close())
      finished(() => context.close())
      const page = await openPage(context, own)
      if (when === 'after it has charged') {
        await choose(page, 'Slow answer')
        await payButton(page).click()
        await expectCharged(page, 'stillonce', 'Charged once')
        await press(page, 'Stop the server')
      } else {
        await press(page, 'Stop the server')
        await payButton(page).click()
      }
      const help = button(lane(page, 'stillonce'), 'Check and finish')
      await help.waitFor()
      await expectReads(page, 'stillonce', /^.?\s*We are checking whether it went through\.\s*$/)
      await expectCharged(page, 'stillonce', charged)
      expect(
        await lane(page, 'stillonce')
          .getByText(/failed|not paid/i)
          .count(),
      ).toBe(0)
      expect(await violations(page)).toEqual([])

      await press(page, 'Start the server')
      if (mend === 'a reload') await page.reload()
      if (mend === 'a press') await help.click()
      await expectPaidOnce(page)
    },
  )
})

describe('reloads and tabs', () => {
  test('reloaded in flight, it goes on by itself, and says so', async () => {
    const page = await openPage()
    await choose(page, 'Slow answer')
    await payButton(page).click()
    await expectCharged(page, 'stillonce', 'Charged once')
    await page.reload()
    await expectReads(page, 'stillonce', /Paying|We are checking|Still paying/)
    await expectPaidOnce(page)
    await page.getByText('What stillonce did, step by step').click()
    await page.getByText('The page was reloaded').waitFor()

    await page.reload()
    await expectPaidOnce(page)
  })

  test('a second tab shows the run of the first; both press, both are paid, once', async () => {
    const first = await openPage()
    const second = await openPage(first.context())
    await choose(first, 'Slow answer')
    await payButton(first).click()
    await expectCharged(first, 'stillonce', 'Charged once')
    await payButton(second).click()
    await expectReads(second, 'stillonce', /Paying/)
    await expectPaidOnce(first)
    await expectPaidOnce(second)
    expect(await books(first, 'stillonce', '2 requests, 1 charge')).toContain(
      '2 presses, one key: charged once.',
    )
    await second.getByText('What stillonce did, step by step').click()
    await second.locator('.timeline .tab').first().waitFor()
  })

  test('another cart is another payment', async () => {
    const page = await openPage()
    await payButton(page).click()
    await expectPaidOnce(page)
    await button(page, 'New cart').click()
    await expectReads(page, 'stillonce', 'Not paid yet.')
    await expectReads(page, 'plain', 'Not paid yet.')
    await expectCharged(page, 'stillonce', 'No charge')
    await payButton(page).click()
    await expectPaidOnce(page)
  })
})

describe('for everybody', () => {
  test('the keyboard reaches all of it in the order of the page, and Enter and Space press', async () => {
    const page = await openPage()
    const reached: string[] = []
    for (let stop = 0; stop < 6; stop++) {
      await page.keyboard.press('Tab')
      reached.push(await focused(page))
    }
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Space')
    await expectPaidOnce(page)
    await expectCharged(page, 'plain', 'Charged twice')
    for (let stop = 0; stop < 7; stop++) {
      await page.keyboard.press('Tab')
      reached.push(await focused(page))
    }
    expect(reached).toEqual([
      'Plain fetch beside it',
      'Nothing all is well',
      'Stop the server and start it later',
      'More',
      'Pay €73.40',
      'Double click',
      'Double click',
      'Reload',
      'New cart',
      'Plain fetch with retries The server’s ledger',
      'stillonce The server’s ledger',
      'What stillonce did, step by step',
      'Is this fair?',
    ])
  })

  test('arrow keys turn the controls, and what has the focus can be seen', async () => {
    const page = await openPage()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await turn(page, () => page.keyboard.press('ArrowDown'))
    const choice = page.getByRole('radio', { name: /^Lose the answer/ })
    expect(await choice.isChecked()).toBe(true)
    expect(await choice.evaluate(input => getComputedStyle(input.closest('label')!).outlineStyle)).toBe(
      'solid',
    )
  })

  test('what a customer reads is told by one live region, which stays', async () => {
    const page = await openPage()
    const region = lane(page, 'stillonce').getByRole('status')
    await region.evaluate(element => element.setAttribute('data-same', ''))
    await choose(page, 'Declined card')
    await payButton(page).click()
    await expectReads(page, 'stillonce', 'Not paid')
    await choose(page, 'Nothing')
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await region.getAttribute('data-same')).toBe('')
    expect(await region.getAttribute('aria-live')).toBe('polite')
  })

  test('by touch, 390 pixels wide: whatever can be tapped is 44 pixels high', async () => {
    const viewport = { width: 390, height: 844 }
    const page = await openPage(await openContext({ viewport, hasTouch: true, isMobile: true }))
    await page.getByText('More', { exact: true }).tap()
    await payButton(page).tap()
    await payButton(page).tap()
    await expectPaidOnce(page)
    const targets = page.locator('button, label, summary')
    expect(await targets.count()).toBe(16)
    const heights = await targets.evaluateAll(all => all.map(one => one.getBoundingClientRect().height))
    expect(heights.filter(height => height < 44)).toEqual([])
  })

  test.each([
    [1280, 900],
    [390, 844],
  ])('%i by %i: cause and effect are on one screen, without scrolling', async (width, height) => {
    const page = await openPage(await openContext({ viewport: { width, height } }))
    await choose(page, 'Lose the answer')
    await payButton(page).click()
    await expectPaidOnce(page)
    await expectCharged(page, 'plain', 'Charged twice')
    const seen = [
      page.getByRole('radio', { name: /^Lose the answer/ }),
      payButton(page),
      ...(['plain', 'stillonce'] as const).flatMap(name => [
        lane(page, name).locator('.headline'),
        lane(page, name).getByRole('status'),
        lane(page, name).locator('.counts'),
        lane(page, name).locator('.books li').last(),
      ]),
    ]
    const boxes = await Promise.all(seen.map(one => one.boundingBox()))
    const outside = boxes.filter(box => box === null || box.y < 0 || box.y + box.height > height)
    expect(boxes).toHaveLength(10)
    expect(outside).toEqual([])
    expect(await page.evaluate(() => window.scrollY)).toBe(0)
  })

  test.each([320, 390, 768, 1280])('%i pixels wide, nothing is cut off', async width => {
    const page = await openPage(await openContext({ viewport: { width, height: 900 } }))
    await page.getByText('Is this fair?').click()
    await payButton(page).click()
    await expectPaidOnce(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const cut = await page
      .locator('button, label, summary, p, h1, h2, h3, li')
      .evaluateAll(all =>
        all.filter(one => one.scrollWidth > one.clientWidth && one.clientWidth > 0).map(one => one.outerHTML),
      )
    expect(cut).toEqual([])
  })

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('axe finds nothing: %s, %i pixels wide', async (colorScheme, width) => {
    const page = await openPage(await openContext({ colorScheme, viewport: { width, height: 900 } }))
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await violations(page)).toEqual([])

    await choose(page, 'Declined card')
    await payButton(page).click()
    await expectReads(page, 'stillonce', 'Not paid')
    await expectReads(page, 'plain', 'Not paid')
    expect(await violations(page)).toEqual([])

    await choose(page, 'Slow bank')
    await payButton(page).click()
    await lane(page, 'stillonce').getByText('accepted; the bank is at work').waitFor()
    expect(await violations(page)).toEqual([])
    await expectPaidOnce(page)
    await expectCharged(page, 'plain', 'Charged twice')
    expect(await violations(page)).toEqual([])
    await press(page, 'Stop the server')
    expect(await violations(page)).toEqual([])
  })
})

/** The name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const by = (element?.getAttribute('aria-labelledby') ?? '')
      .split(' ')
      .map(id => document.getElementById(id))
    const named = by[0] ? by : [element?.closest('label') ?? element]
    return named.map(one => (one?.textContent ?? '').trim()).join(' ')
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
