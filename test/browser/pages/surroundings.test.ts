import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext } from 'playwright'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from 'vitest'
import { ledgerShop } from '../../sockets/ledger-shops.ts'
import { executeAndAnswer, openShop, tally, type Shop } from './harness/shop-server.ts'
import { launch, newContext, openProfile, openTab, paid, pay, session } from './harness/tabs.ts'

let browser: Browser
let context: BrowserContext
let shop: Shop

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())
beforeEach(async () => {
  shop = await openShop()
  context = await newContext(browser)
})
afterEach(async () => {
  await context.close()
  await shop.close()
})

const ONCE = { carts: 1, doubled: [], lost: [], rekeyed: [] }

/** Nothing is sent. Without a read nobody knows what an earlier visit did. */
const UNREADABLE = {
  outcome: 'unknown',
  code: 'store-failed',
  message: expect.stringContaining('nothing was sent by this call'),
}
const UNWRITABLE = { outcome: 'not-executed', code: 'store-failed' }

test('pages of these tests have only what all browsers of Baseline have', async () => {
  const page = await openTab(context, shop.origin)
  const there = () => ['parse' in URL, 'try' in Promise, 'union' in Set.prototype, 'json' in Response]
  expect(await page.evaluate(there)).toEqual([false, false, false, true])
  await page.reload()
  expect(await page.evaluate(there)).toEqual([false, false, false, true])
})

describe('two tabs', () => {
  test('the second shows how the first gets on, and its result', async () => {
    const first = await openTab(context, shop.origin)
    const second = await openTab(context, shop.origin)
    let answer = () => {}
    shop.onCharge = charge => {
      if (charge.nth === 1) charge.reply(503, '')
      else answer = () => executeAndAnswer(charge)
    }
    await first.evaluate(() => window.shop.press('progress'))
    await shop.arrived('progress')
    await second.evaluate(() => window.shop.press('progress'))
    await shop.arrived('progress', 2)
    await second.waitForFunction(() => window.shop.snapshot('progress').attempts === 2)
    const { key } = await first.evaluate(() => window.shop.snapshot('progress'))
    expect(await second.evaluate(() => window.shop.snapshot('progress'))).toEqual({
      state: 'pending',
      phase: 'claiming',
      attempts: 2,
      key,
      outcome: 'unknown',
      isPaused: false,
    })
    answer()
    expect(await second.evaluate(() => window.shop.result('progress'))).toBe('executed')
    expect(tally(shop, ['progress'])).toEqual(ONCE)
    expect(shop.ledger.get('progress')?.deliveries).toBe(2)
  })

  test('the second is told by the first, not by its own next look', async () => {
    const first = await openTab(context, shop.origin)
    const second = await openTab(context, shop.origin)
    let answer = () => {}
    shop.onCharge = charge => {
      if (charge.cart === 'hint') answer = () => executeAndAnswer(charge)
    }
    // With another run the first keeps its lock, which would tell too.
    await first.evaluate(() => window.shop.press('another'))
    await first.evaluate(() => window.shop.press('hint'))
    await shop.arrived('hint')
    await second.evaluate(() => window.shop.press('hint'))
    // Its looks are a second apart by then.
    await second.evaluate(() => new Promise(resolve => setTimeout(resolve, 2_000)))
    const told = second.evaluate(async () => {
      await window.shop.result('hint')
      return Date.now()
    })
    const firstTold = first.evaluate(async () => {
      await window.shop.result('hint')
      return Date.now()
    })
    answer()
    expect((await told) - (await firstTold)).toBeLessThan(100)
  })
})

describe('storage', () => {
  test('that the browser blocks: nothing is sent, and the caller is told so', async () => {
    const profile = openProfile()
    mkdirSync(join(profile.folder, 'Default'))
    writeFileSync(
      join(profile.folder, 'Default', 'Preferences'),
      JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }),
    )
    const blocking = await profile.start()
    for (const store of ['indexedDB', 'web']) {
      const tab = await openTab(blocking.context, `${shop.origin}/?store=${store}`)
      expect(await pay(tab, `blocked ${store}`)).toMatchObject(UNREADABLE)
    }
    expect(shop.ledger.size).toBe(0)
    await blocking.kill()
  })

  test('that the browser blocks since today: what was paid yesterday is unknown, never not executed', async () => {
    const profile = openProfile()
    const allowing = await profile.start()
    const before = await openTab(allowing.context, shop.origin)
    shop.onCharge = charge => charge.execute()
    await before.evaluate(() => window.shop.press('yesterday'))
    await shop.arrived('yesterday')
    await allowing.kill()

    const file = join(profile.folder, 'Default', 'Preferences')
    const preferences = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
    preferences.profile = { ...preferences.profile, default_content_setting_values: { cookies: 2 } }
    mkdirSync(join(profile.folder, 'Default'), { recursive: true })
    writeFileSync(file, JSON.stringify(preferences))
    const blocking = await profile.start()
    const tab = await openTab(blocking.context, shop.origin)
    expect(await pay(tab, 'yesterday')).toMatchObject(UNREADABLE)
    expect(shop.ledger.get('yesterday')).toMatchObject({ executions: 1, deliveries: 1 })
    await blocking.kill()
  })

  test('that is full: nothing is sent, and it goes on when there is room', async () => {
    const tab = await openTab(context, shop.origin)
    const cdp = await session(tab)
    // Before the first write: Chromium asks for its room once, and for more than it needs.
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: shop.origin, quotaSize: 1 })
    expect(await pay(tab, 'full')).toMatchObject(UNWRITABLE)
    expect(shop.ledger.has('full')).toBe(false)
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: shop.origin })
    expect(await pay(tab, 'full')).toEqual(paid('full'))
    expect(tally(shop, ['full'])).toEqual(ONCE)
  })

  test('of localStorage that is full: nothing is sent', async () => {
    const tab = await openTab(context, `${shop.origin}/?store=web`)
    await tab.evaluate(() => {
      for (let size = 4_194_304; size >= 1; size /= 2) {
        try {
          for (let n = 0; ; n += 1) localStorage.setItem(`filler ${size} ${n}`, 'x'.repeat(size))
        } catch {
          // No room for this size any more.
        }
      }
    })
    expect(await pay(tab, 'full')).toMatchObject(UNWRITABLE)
    expect(shop.ledger.size).toBe(0)
    await tab.evaluate(() => localStorage.clear())
    expect(await pay(tab, 'full')).toEqual(paid('full'))
  })

  test('of a sandboxed frame, which has none: nothing is sent', async () => {
    shop.pages.set('/framed', {
      type: 'text/html',
      text: '<!doctype html><iframe sandbox="allow-scripts" src="/"></iframe>',
    })
    const page = await context.newPage()
    await page.goto(`${shop.origin}/framed`)
    const frame = page.frames().find(each => each !== page.mainFrame())!
    await frame.waitForFunction(() => 'shop' in window)
    expect(await frame.evaluate(() => window.shop.pay('framed'))).toMatchObject(UNREADABLE)
    expect(shop.ledger.size).toBe(0)
  })

  test('of a page that is not secure: there is no client, and that is told', async () => {
    const page = await context.newPage()
    // Given by the browser itself: no request leaves this machine.
    await page.route('http://insecure.example/**', async route => {
      const { type, text } = shop.pages.get(new URL(route.request().url()).pathname)!
      await route.fulfill({ contentType: type, body: text })
    })
    const told = page.waitForEvent('pageerror')
    await page.goto('http://insecure.example/')
    expect((await told).message).toBe(
      'createClient: needs crypto.subtle: a secure page (https, localhost), or a polyfill',
    )
  })

  test('of a private context: tabs share it, and it is gone with the context', async () => {
    const hidden = await newContext(browser)
    onTestFinished(() => hidden.close())
    const first = await openTab(hidden, shop.origin)
    const second = await openTab(hidden, shop.origin)
    expect(await pay(first, 'private')).toEqual(paid('private'))
    expect(await second.evaluate(() => window.shop.inspect('private'))).toBe('succeeded')
    const outside = await openTab(context, shop.origin)
    expect(await outside.evaluate(() => window.shop.inspect('private'))).toBeUndefined()
  })

  test('that is cleared while a request is out: the run ends, and tells the result', async () => {
    const tab = await openTab(context, shop.origin)
    const cdp = await session(tab)
    let answer = () => {}
    shop.onCharge = charge => void (answer = () => executeAndAnswer(charge))
    await tab.evaluate(() => window.shop.press('cleared'))
    await shop.arrived('cleared')
    await cdp.send('Storage.clearDataForOrigin', { origin: shop.origin, storageTypes: 'indexeddb' })
    answer()
    expect(await tab.evaluate(() => window.shop.result('cleared'))).toBe('executed')
  })
})

describe('the network', () => {
  test('a server that kills reused sockets: the browser re-sends by itself, under one key', async () => {
    const tab = await openTab(context, shop.origin)
    shop.onCharge = charge => {
      charge.execute()
      if (charge.nthOnSocket > 1) charge.drop()
      else charge.answer()
    }
    expect(await pay(tab, 'warm')).toEqual(paid('warm'))
    const carts = Array.from({ length: 20 }, (_, nth) => `reused ${nth}`)
    for (const cart of carts) expect(await pay(tab, cart)).toEqual(paid(cart))
    expect(tally(shop, carts)).toEqual({ carts: 20, doubled: [], lost: [], rekeyed: [] })
    const attempts = await tab.evaluate(
      () => window.shop.events().filter(({ type }) => type === 'attempt').length,
    )
    const deliveries = carts.reduce((sum, cart) => sum + (shop.ledger.get(cart)?.deliveries ?? 0), 0)
    // One fetch, several deliveries: what this test is about did happen.
    expect(deliveries + 1).toBeGreaterThan(attempts)
  })

  test('CORS refuses the answer after execution: unknown, and executed once the server exposes it', async () => {
    const api = await openShop()
    onTestFinished(() => api.close())
    const tab = await openTab(context, `${shop.origin}/?api=${api.origin}`)
    expect(await pay(tab, 'refused')).toMatchObject({ outcome: 'unknown', code: 'unresolved' })
    expect(api.ledger.get('refused')?.executions).toBe(1)
    api.headers = request => ({ 'access-control-allow-origin': request.headers.origin ?? '' })
    expect(await pay(tab, 'refused')).toEqual(paid('refused'))
    expect(tally(api, ['refused'])).toEqual(ONCE)
  })

  test('across origins a page does not see that an answer is compressed: it is counted all the same', async () => {
    const api = await openShop()
    onTestFinished(() => api.close())
    api.headers = request => ({ 'access-control-allow-origin': request.headers.origin ?? '' })
    const small = gzipSync(JSON.stringify({ receipt: 'x'.repeat(5_000_000) }))
    api.onCharge = charge => {
      charge.execute()
      charge.reply(201, small, {
        'content-encoding': 'gzip',
        'content-length': String(small.byteLength),
      })
    }
    const tab = await openTab(context, `${shop.origin}/?api=${api.origin}`)
    expect(await pay(tab, 'bomb')).toMatchObject({ outcome: 'executed', code: 'response-invalid' })
    expect(tally(api, ['bomb'])).toEqual(ONCE)
  })

  test('a redirect, which a browser hides: unknown, never a success', async () => {
    const tab = await openTab(context, shop.origin)
    shop.onCharge = charge => charge.reply(303, '', { location: '/' })
    expect(await pay(tab, 'redirected')).toMatchObject({ outcome: 'unknown' })
    shop.onCharge = executeAndAnswer
    expect(await pay(tab, 'redirected')).toEqual(paid('redirected'))
    expect(tally(shop, ['redirected'])).toEqual(ONCE)
  })

  test('a service worker that passes requests on: executed; one that answers with its offline page: unknown', async () => {
    shop.pages.set('/worker.js', {
      type: 'text/javascript',
      text: `
        let offline = false
        addEventListener('install', () => skipWaiting())
        addEventListener('activate', event => event.waitUntil(clients.claim()))
        addEventListener('message', ({ data, ports }) => { offline = data; ports[0].postMessage('done') })
        addEventListener('fetch', event => {
          if (event.request.method !== 'POST') return
          const page = new Response('<h1>You are offline</h1>', { headers: { 'content-type': 'text/html' } })
          event.respondWith(offline ? page : fetch(event.request))
        })`,
    })
    const tab = await openTab(context, shop.origin)
    const setOffline = (offline: boolean) =>
      tab.evaluate(
        value =>
          new Promise(resolve => {
            const { port1, port2 } = new MessageChannel()
            port1.addEventListener('message', resolve)
            port1.start()
            navigator.serviceWorker.controller?.postMessage(value, [port2])
          }).then(() => undefined),
        offline,
      )
    await tab.evaluate(async () => {
      await navigator.serviceWorker.register('/worker.js')
      if (navigator.serviceWorker.controller) return
      await new Promise(resolve => {
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true })
      })
    })
    expect(await pay(tab, 'passed on')).toEqual(paid('passed on'))
    await setOffline(true)
    expect(await pay(tab, 'answered by a worker')).toMatchObject({ outcome: 'unknown' })
    expect(shop.ledger.has('answered by a worker')).toBe(false)
    await setOffline(false)
    expect(await pay(tab, 'answered by a worker')).toEqual(paid('answered by a worker'))
    expect(tally(shop, ['answered by a worker'])).toEqual(ONCE)
  })

  test('offline: nothing is sent until the browser is online again, which wakes the run at once', async () => {
    const tab = await openTab(context, shop.origin)
    await context.setOffline(true)
    await tab.evaluate(() => window.shop.press('offline'))
    await tab.waitForFunction(() => window.shop.snapshot('offline').isPaused)
    expect(shop.ledger.size).toBe(0)
    await context.setOffline(false)
    expect(await tab.evaluate(() => window.shop.result('offline'))).toBe('executed')
    expect(tally(shop, ['offline'])).toEqual(ONCE)
  })

  test('a browser that is wrong about being offline pays all the same', async () => {
    const tab = await openTab(context, `${shop.origin}/?offline=always&deadline=4000`)
    expect(await tab.evaluate(() => navigator.onLine)).toBe(false)
    expect(await pay(tab, 'wrong')).toEqual(paid('wrong'))
    expect(tally(shop, ['wrong'])).toEqual(ONCE)
  })

  test('a server that is killed and comes back after a while loses nothing', async () => {
    const bank = await ledgerShop()
    await bank.start()
    const tab = await openTab(context, `${shop.origin}/?api=${bank.origin}&retry=usual&deadline=120000`)
    expect(await pay(tab, 'before')).toMatchObject({ outcome: 'executed' })
    await bank.kill()
    const carts = Array.from({ length: 20 }, (_, index) => `cart-${index}`)
    await tab.evaluate(ids => ids.forEach(id => window.shop.press(id)), carts)
    await sleep(inject('counts').awayMs)
    await bank.start()
    const ends = await tab.evaluate(ids => Promise.all(ids.map(id => window.shop.result(id))), carts)

    expect(ends).toEqual(carts.map(() => 'executed'))
    expect(bank.executions()).toHaveLength(21)
    expect(new Set(bank.executions()).size).toBe(21)
  })
})
