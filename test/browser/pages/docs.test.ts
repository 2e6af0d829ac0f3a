import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { blocksOf } from '../../docs/markdown.ts'
import { PAGES as DOCS } from '../../docs/pages.ts'
import { launch, newContext } from './harness/tabs.ts'

/* The code of the documentation that is for pages: each page as a user makes it, its server with the headers it shows. */
const root = fileURLToPath(new URL('../../../', import.meta.url))

const MOUNT = (file: string, wrapped: string) => `
  import { StrictMode, version } from 'react'
  import { createRoot } from 'react-dom/client'
  import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
  import { Checkout } from './${file}'
  const cart = { id: 'cart-42', total: Number(new URLSearchParams(location.search).get('total') ?? 7340) }
  const page = <StrictMode><Checkout cart={cart} /></StrictMode>
  document.title = 'React ' + version
  createRoot(document.body).render(${wrapped})
`

/** The pages, by their paths: what is bundled, and what stands in the document. */
const PAGES = {
  '/plain': { source: "import './page.ts'", body: '<button>Pay</button><output></output>' },
  '/react': { source: MOUNT('checkout.tsx', 'page'), body: '' },
  '/react-18': { source: MOUNT('checkout.tsx', 'page'), body: '' },
  '/tanstack': {
    source: MOUNT(
      'checkout-tanstack.tsx',
      '<QueryClientProvider client={new QueryClient()}>{page}</QueryClientProvider>',
    ),
    body: '',
  },
}

type Charge = { readonly request: IncomingMessage; readonly answer: Answer; readonly replayed: boolean }
type Answer = (status: number, body: unknown, headers?: Readonly<Record<string, string>>) => void

let browser: Browser
let origin: string
let cors: Readonly<Record<string, string>>
const folder = mkdtempSync(join(tmpdir(), 'stillonce-docs-'))
const scripts = new Map<string, string>()

/** What the server has seen: requests by method, and orders by key. */
let requests: string[]
let orders: Map<string, string>
let onOrder: (charge: Charge) => void
let exposes: boolean

const pages = createServer((request, response) => {
  const [path = ''] = (request.url ?? '').split('?')
  const script = scripts.get(path)
  if (script !== undefined) return response.setHeader('content-type', 'text/javascript').end(script)
  const body = path in PAGES ? PAGES[path as keyof typeof PAGES].body : ''
  return response
    .setHeader('content-type', 'text/html')
    .end(`<!doctype html><title>Shop</title><body>${body}<script type="module" src="${path}.js"></script>`)
})
const api = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy())
})

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = { ...cors }
  if (!exposes) delete (headers as Record<string, unknown>)['Access-Control-Expose-Headers']
  const answer: Answer = (status, body, more = {}) =>
    void response
      .writeHead(status, { ...headers, 'content-type': 'application/json', ...more })
      .end(JSON.stringify(body))
  const method = request.method ?? ''
  requests.push(method)
  if (method === 'OPTIONS') return void response.writeHead(204, headers).end()
  if (method === 'GET') return answer(200, { status: 'succeeded', result: { order: 'o-1' } })
  const { id } = (await json(request)) as { readonly id: string }
  const key = String(request.headers['idempotency-key'])
  const replayed = orders.has(key)
  orders.set(key, id)
  onOrder({ request, answer, replayed })
}

const paid = ({ answer, replayed }: Charge) =>
  answer(201, { order: 'o-1' }, replayed ? { 'Idempotent-Replayed': 'true' } : {})

beforeAll(async () => {
  for (const server of [pages, api]) await once(server.listen(0, 'localhost'), 'listening')
  const [pagePort, apiPort] = [pages, api].map(server => (server.address() as AddressInfo).port)
  origin = `http://localhost:${pagePort}`
  for (const { use, code } of DOCS.flatMap(blocksOf)) {
    const own = code
      .replaceAll('https://api.shop.example/', `http://localhost:${apiPort}/`)
      .replaceAll('https://shop.example', origin)
      // What is never answered is unknown at the deadline.
      .replace('deadline: 30_000', 'deadline: 4_000')
    if (use.kind === 'file') writeFileSync(join(folder, use.name), own)
  }
  ;({ cors } = (await import(pathToFileURL(join(folder, 'cors.mjs')).href)) as { cors: typeof cors })
  for (const [path, { source }] of Object.entries(PAGES))
    scripts.set(`${path}.js`, await bundled(source, path === '/react-18' ? '-18' : ''))
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  for (const server of [pages, api]) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  requests = []
  orders = new Map()
  onOrder = paid
  exposes = true
})

async function bundled(source: string, version: '' | '-18'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, loader: 'tsx' },
    alias: {
      stillonce: join(root, 'src/entries/index.ts'),
      'stillonce/browser': join(root, 'src/entries/browser.ts'),
      'stillonce/react': join(root, 'src/entries/react.ts'),
      react: join(root, `node_modules/react${version}`),
      'react-dom': join(root, `node_modules/react-dom${version}`),
    },
    nodePaths: [join(root, 'node_modules')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

async function open(path: keyof typeof PAGES): Promise<Page> {
  const context = await newContext(browser)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(`${origin}${path}`)
  return page
}

const press = (page: Page) => page.getByRole('button').click()
const expectTold = (page: Page, words: string) =>
  page.getByRole('status').filter({ hasText: words }).waitFor()
const sent = () => requests.filter(method => method === 'POST').length

describe('the page without a framework', () => {
  test('a double press is one order, and a reload shows how it ended', async () => {
    const page = await open('/plain')
    await press(page)
    await press(page)
    await expectTold(page, 'Paid.')
    expect([sent(), orders.size]).toEqual([1, 1])
    await page.reload()
    await expectTold(page, 'Paid.')
    expect(sent()).toBe(1)
  })

  test('reloaded in flight, it goes on under the same key', async () => {
    const page = await open('/plain')
    const arrived = new Promise<void>(resolve => (onOrder = () => resolve()))
    await press(page)
    await arrived
    onOrder = paid
    await page.reload()
    await expectTold(page, 'Paid.')
    expect(orders.size).toBe(1)
  })
})

describe('with the headers that the documentation shows', () => {
  const later = ({ answer, replayed }: Charge) =>
    replayed ? answer(201, { order: 'o-1' }) : answer(202, {}, { location: '/orders/1', 'retry-after': '1' })

  test('a page asks where the server says, not before it says', async () => {
    const page = await open('/plain')
    onOrder = later
    const begunAt = Date.now()
    await press(page)
    await expectTold(page, 'Paid.')
    expect(requests.filter(method => method !== 'OPTIONS')).toEqual(['POST', 'GET'])
    expect(Date.now() - begunAt).toBeGreaterThanOrEqual(1_000)
  })

  test('without Access-Control-Expose-Headers it sends again under the same key instead', async () => {
    const page = await open('/plain')
    onOrder = later
    exposes = false
    await press(page)
    await expectTold(page, 'Paid.')
    expect(requests.filter(method => method !== 'OPTIONS')).toEqual(['POST', 'POST'])
    expect(orders.size).toBe(1)
  })

  test('a replay is seen as one: a refusal that is given again is a proof', async () => {
    const page = await open('/react')
    const refused = { title: 'Your card was declined' }
    onOrder = ({ request, answer, replayed }) =>
      replayed
        ? answer(402, refused, { 'Idempotent-Replayed': 'true' })
        : void request.socket.resetAndDestroy()
    await press(page)
    await expectTold(page, 'Not paid: Your card was declined')
  })
})

describe.each([
  ['/react', 'React 19', 'Paid: o-1', 'Not paid: Your card was declined'],
  ['/react-18', 'React 18', 'Paid: o-1', 'Not paid: Your card was declined'],
  ['/tanstack', 'React 19', 'Paid.', 'Not paid.'],
] as const)('the component of %s, in StrictMode of %s', (path, version, success, failure) => {
  test('a double press is one order, though an answer is lost', async () => {
    const page = await open(path)
    onOrder = charge => (charge.replayed ? paid(charge) : void charge.request.socket.resetAndDestroy())
    await press(page)
    await press(page)
    await expectTold(page, success)
    expect(await page.title()).toContain(version)
    expect(orders.size).toBe(1)
  })

  test('what is refused is not paid', async () => {
    const page = await open(path)
    onOrder = ({ answer }) => answer(402, { title: 'Your card was declined' })
    await press(page)
    await expectTold(page, failure)
  })

  test('what is not known is not called unpaid, and pressing again finishes it under the same key', async () => {
    const page = await open(path)
    onOrder = ({ request }) => void request.socket.resetAndDestroy()
    await press(page)
    await expectTold(page, 'We are checking')
    expect(await page.getByText('Not paid').count()).toBe(0)
    onOrder = paid
    await press(page)
    await expectTold(page, 'Paid')
    expect(orders.size).toBe(1)
  })
})

test.each(['/react', '/react-18'] as const)(
  '%s never says "paid" beside another total than was paid',
  async path => {
    const page = await open(path)
    await press(page)
    await expectTold(page, 'Paid: o-1')
    await page.goto(`${origin}${path}?total=5`)
    await expectTold(page, 'An order with other contents was paid already.')
    await press(page)
    await expectTold(page, 'An order with other contents was paid already.')
    expect(await page.getByText('Paid: o-1').count()).toBe(0)
    expect(sent()).toBe(1)
  },
)

test.each(['/react', '/react-18'] as const)(
  '%s restores: after a reload it shows what became of it',
  async path => {
    const page = await open(path)
    await press(page)
    await expectTold(page, 'Paid: o-1')
    await page.reload()
    await expectTold(page, 'Paid: o-1')
    expect(sent()).toBe(1)
  },
)
