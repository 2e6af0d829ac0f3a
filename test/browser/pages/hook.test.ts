import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { Browser, BrowserContext, Page } from 'playwright'
import { createServer } from 'vite'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Charge, type Shop } from './harness/shop-server.ts'
import { addHookPage } from './harness/bundled.ts'
import { launch, newContext } from './harness/tabs.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

let browser: Browser
let context: BrowserContext
let shop: Shop

beforeAll(async () => {
  shop = await openShop()
  await addHookPage(shop)
  browser = await launch()
  context = await newContext(browser)
})
afterAll(async () => {
  await browser.close()
  await shop.close()
})

/** What the hook shows once that is what is told. */
function shows(page: Page, words: RegExp): Promise<unknown> {
  return page.getByRole('status').filter({ hasText: words }).waitFor()
}

/** The request of a page that goes away is executed for every other cart, and never answered. */
function halfExecuted(charge: Charge): void {
  if (charge.nth > 1) return executeAndAnswer(charge)
  if (Number(charge.cart.split('-').at(-1)) % 2 === 0) charge.execute()
}

async function pressAndReload(page: Page, url: string, cart: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('button', { name: 'Pay' }).click()
  await shop.arrived(cart)
  await page.reload()
}

test('reloaded in flight with `restore` and `send`, the hook finishes it under the same key and tells no callback', async () => {
  const reloads = Math.ceil(inject('counts').reloads / 5)
  shop.onCharge = halfExecuted
  const page = await context.newPage()
  const carts = Array.from({ length: reloads }, (_, nth) => `sent-${nth}`)
  for (const cart of carts) {
    await pressAndReload(page, `${shop.origin}/hook?restore&send&cart=${cart}`, cart)
    await shows(page, /^success 2/)
    expect(await page.evaluate(() => window.told)).toEqual([])
    await page.reload()
    await shows(page, /^success 2 replayed/)
    expect(shop.ledger.get(cart)?.deliveries).toBe(2)
  }
  expect(tally(shop, carts)).toEqual({ carts: reloads, doubled: [], lost: [], rekeyed: [] })
})

test('reloaded in flight with `restore` alone, it sends nothing and says that it does not know; Pay goes on', async () => {
  shop.onCharge = halfExecuted
  const page = await context.newPage()
  const carts = Array.from({ length: 4 }, (_, nth) => `asked-${nth}`)
  for (const cart of carts) {
    await pressAndReload(page, `${shop.origin}/hook?restore&cart=${cart}`, cart)
    await shows(page, /^unknown 1/)
    expect(shop.ledger.get(cart)?.deliveries).toBe(1)
    await page.getByRole('button', { name: 'Pay' }).click()
    await shows(page, /^success 2/)
    expect(await page.evaluate(() => window.told)).toEqual(['success'])
  }
  expect(tally(shop, carts)).toEqual({ carts: 4, doubled: [], lost: [], rekeyed: [] })
})

test('a page that never paid shows nothing, whatever it is told to restore', async () => {
  const page = await context.newPage()
  await page.goto(`${shop.origin}/hook?restore&send&cart=never`)
  await shows(page, /^idle 0/)
  expect(shop.ledger.has('never')).toBe(false)
})

test('a second tab that restores shows the run of the first, and its end', async () => {
  let answer = (): void => {}
  shop.onCharge = charge => {
    charge.execute()
    answer = () => charge.answer()
  }
  const url = `${shop.origin}/hook?restore&send&cart=tabs`
  const [first, second] = [await context.newPage(), await context.newPage()]
  await first.goto(url)
  await first.getByRole('button', { name: 'Pay' }).click()
  await shop.arrived('tabs')
  await second.goto(url)
  await shows(second, /^pending 1/)
  answer()
  await shows(first, /^success 1 fresh/)
  await shows(second, /^success 1/)
  expect(shop.ledger.get('tabs')).toMatchObject({ executions: 1, deliveries: 1 })
})

test('hot reload of the component and of the definition in flight keeps the run, and pressing again joins it', async () => {
  let answer = (): void => {}
  shop.onCharge = charge => {
    charge.execute()
    answer = () => charge.answer()
  }
  const { page, edit } = await hotPage()
  await page.getByRole('button', { name: 'Pay' }).click()
  await shop.arrived('cart-hot')
  await shows(page, /^pending$/)

  edit('page.tsx', "'Pay'", "'Pay once'")
  await page.getByRole('button', { name: 'Pay once' }).click()
  await shows(page, /^pending$/)
  edit('charge.ts', 'redefine: true,', "redefine: true, persist: 'key',")
  edit('page.tsx', "'Pay once'", "'Pay now'")
  await page.getByRole('button', { name: 'Pay now' }).click()
  answer()

  await shows(page, /^success$/)
  expect(shop.ledger.get('cart-hot')).toMatchObject({ executions: 1, deliveries: 1 })
  expect(await page.evaluate(() => 'loadedOnce' in window)).toBe(true)
})

/** A page under Vite's dev server, whose files can be edited. */
async function hotPage() {
  const folder = mkdtempSync(join(root, '.hot-'))
  cpSync(fileURLToPath(new URL('harness/hot', import.meta.url)), folder, { recursive: true })
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><body><script type="module" src="/main.tsx"></script>',
  )
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    cacheDir: join(folder, '.vite'),
    plugins: [react()],
    resolve: {
      alias: [
        { find: /^stillonce$/, replacement: join(root, 'src/entries/index.ts') },
        { find: /^stillonce\/(.+)$/, replacement: join(root, 'src/entries/$1.ts') },
      ],
    },
    optimizeDeps: { include: ['react', 'react-dom/client', 'react/jsx-dev-runtime', 'ky'] },
    server: { port: 0, fs: { allow: [root] }, proxy: { '/charges': shop.origin } },
  })
  onTestFinished(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await server.listen()
  const page = await context.newPage()
  await page.goto(server.resolvedUrls?.local[0] ?? '')
  await page.evaluate(() => Object.assign(window, { loadedOnce: true }))
  const edit = (file: string, from: string, to: string) => {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  }
  return { page, edit }
}
