import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { CHROMIUM_ARGS, findOrInstallChromium } from '../../test/browser/chromium.ts'
import { openCheckout } from './open-checkout.ts'

/*
 * npm run build && node examples/checkout/picture.ts: makes screenshot.png anew, of the page as it is after one press and
 * a lost answer. Nothing in it is set: it waits until both ledgers say what happened.
 */
const WIDTH = 1_280
const outDir = mkdtempSync(join(tmpdir(), 'stillonce-picture-'))
const shop = await openCheckout({ ledger: ':memory:', outDir })
const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: [...CHROMIUM_ARGS] })
const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 }, deviceScaleFactor: 1.25 })
await page.goto(shop.url)
await page.getByRole('button', { name: /^Pay / }).click()
for (const [lane, headline] of [
  ['plain', 'Charged twice'],
  ['stillonce', 'Charged once'],
]) {
  const card = page.locator(`[data-lane=${lane}]`)
  await card.getByText(headline!, { exact: true }).waitFor()
  await card.getByRole('status').filter({ hasText: 'Paid.' }).waitFor()
}
await page.mouse.move(0, 0)
const { height = 0, y = 0 } = (await page.locator('main').boundingBox()) ?? {}
await page.screenshot({
  path: fileURLToPath(new URL('screenshot.png', import.meta.url)),
  clip: { x: 0, y: 0, width: WIDTH, height: Math.ceil(y + height + 24) },
})
await browser.close()
await shop.close()
rmSync(outDir, { recursive: true, force: true })
