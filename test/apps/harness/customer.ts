import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { chromium, type Browser, type Page } from 'playwright'
import { expect, inject, onTestFinished } from 'vitest'
import { CHROMIUM_ARGS } from '../../browser/chromium.ts'
import type { RunningApp } from './app.ts'
import type { Shop } from './shop.ts'

/** The buttons that go on with a payment. */
const PAYS = /^(?:Pay|Check|Try again)$/

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject('executablePath'),
    args: [...CHROMIUM_ARGS],
    // Vitest ends its workers by SIGTERM, which Playwright would take for its own.
    handleSIGTERM: false,
  })
}

/** Somebody at a page of the app, in a browser that has never seen it. */
export type Customer = {
  readonly page: Page
  readonly press: (button?: string | RegExp) => Promise<void>
  /** Presses the button that pays, twice. */
  readonly pressTwice: () => Promise<void>
  /** Waits until the page says so, longer than the deadline of a payment. */
  readonly reads: (words: string) => Promise<void>
  /** How many charges the ledger has more than when the customer came. */
  readonly charged: () => Promise<number>
}

/** Opens a page. The test fails at its end if the page threw, or told its console of an error (a hydration that does not match). */
export async function visit(
  { browser, app }: Pick<Shop, 'browser' | 'app'>,
  path: string,
): Promise<Customer> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => {
    // Requests that fail are what these tests are about.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text())
  })
  onTestFinished(async () => {
    await context.close()
    expect(faults).toEqual([])
  })
  await emptyLedger(app)
  const before = await ledger(app)
  await page.goto(`${app.url}${path}`)
  return {
    page,
    press: (button = PAYS) => page.getByRole('button', { name: button }).click(),
    pressTwice: () => page.getByRole('button', { name: PAYS }).dblclick(),
    reads: words => page.getByRole('status').filter({ hasText: words }).waitFor({ timeout: 60_000 }),
    charged: async () => (await ledger(app)) - before,
  }
}

/** An order is charged once, whoever pays it: each customer comes to a shop that has sold nothing yet. */
export async function emptyLedger({ folder, direct }: RunningApp): Promise<void> {
  await ledger({ direct }) // by which the shop makes its file
  const shop = new DatabaseSync(join(folder, 'shop.db'), { timeout: 5_000 })
  shop.exec('delete from charges')
  shop.close()
}

async function ledger({ direct }: Pick<RunningApp, 'direct'>): Promise<number> {
  const charges = (await (await fetch(`${direct}/api/charges`)).json()) as readonly unknown[]
  return charges.length
}
