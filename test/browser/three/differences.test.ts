import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { executeAndAnswer, openShop, tally, type Charge, type Shop } from '../pages/harness/shop-server.ts'
import type { BrowserName } from './browsers.ts'
import { goBack, newProfile, openProfile, until, type RunningBrowser, type Tab } from './driven/browser.ts'
import { paid, pay } from './pay.ts'

/*
 * Where browsers differ, as docs/browsers.md tells it: first what a plain fetch or a lock does there, then that the promise
 * holds all the same.
 */
const here: BrowserName = inject('browser')
const profile = newProfile()
let browser: RunningBrowser
let shop: Shop
let tab: Tab

beforeAll(async () => {
  browser = await profile.start()
})
afterAll(() => profile.remove())
beforeEach(async () => {
  shop = await openShop(inject('dist'))
  return () => shop.close()
})

type PlainEnd = { readonly status?: number; readonly text?: string; readonly error?: string }

/** One fetch, without this package. */
function plainFetch(cart: string): Promise<PlainEnd> {
  return tab.evaluate(async id => {
    try {
      const answer = await fetch('/charges', { method: 'POST', body: JSON.stringify({ cart: id }) })
      return { status: answer.status, text: await answer.text() }
    } catch (error) {
      return { error: error instanceof Error ? error.name : String(error) }
    }
  }, cart)
}

/** Six connections that have been used and are open: as many as a browser opens to one server. */
async function warmUp(round: string): Promise<void> {
  const waiting: Charge[] = []
  const before = shop.onCharge
  shop.onCharge = charge => {
    waiting.push(charge)
    if (waiting.length < 6) return
    for (const each of waiting) executeAndAnswer(each)
  }
  await tab.evaluate(async id => {
    const six = Array.from({ length: 6 }, (_, nth) =>
      fetch('/charges', { method: 'POST', body: JSON.stringify({ cart: `warm ${id} ${nth}` }) }),
    )
    await Promise.all(six.map(async answer => (await answer).text()))
  }, round)
  shop.onCharge = before
}

describe('a request whose connection breaks', () => {
  /** How often it arrives, at most. Chromium and Firefox go through all connections that are open, and then open one. */
  const MOST: Readonly<Record<BrowserName, number>> = { chromium: 7, firefox: 7, webkitgtk: 1 }

  beforeEach(async () => {
    tab = await browser.openTab(`${shop.origin}/?keys=none`)
    return () => tab.close()
  })

  test('one plain fetch is up to seven deliveries in Chromium and Firefox, and one in WebKitGTK', async () => {
    const seen: number[] = []
    for (let round = 0; round < 5 && !seen.includes(MOST[here]); round++) {
      await warmUp(`${round}`)
      shop.onCharge = charge => charge.drop()
      expect(await plainFetch(`plain ${round}`)).toEqual({ error: 'TypeError' })
      seen.push(shop.ledger.get(`plain ${round}`)?.deliveries ?? 0)
    }
    expect(Math.max(...seen)).toBe(MOST[here])
  })

  test.each([400, 412])(
    'without keys, a %i to a delivery that the browser made by itself is no proof: unknown',
    async status => {
      await warmUp(`${status}`)
      // The first is executed and its answer lost; those that the browser makes are refused.
      shop.onCharge = charge => {
        if (charge.nth > 1) return charge.reply(status, '{}')
        charge.execute()
        charge.drop()
      }
      expect(await pay(tab, `no keys ${status}`)).toMatchObject({ outcome: 'unknown' })
      const deliveries = shop.ledger.get(`no keys ${status}`)?.deliveries ?? 0
      expect(deliveries).toBeLessThanOrEqual(here === 'webkitgtk' ? 1 : 2)
    },
  )

  test('with a key that the server honours: one charge, however often it is delivered', async () => {
    await tab.goto(shop.origin)
    await warmUp('keyed')
    // All that one send can become is lost.
    shop.onCharge = charge => {
      charge.execute()
      if (charge.nth <= MOST[here]) charge.drop()
      else charge.answer()
    }
    expect(await pay(tab, 'keyed')).toEqual(paid('keyed'))
    expect(tally(shop, ['keyed'])).toEqual({ carts: 1, doubled: [], lost: [], rekeyed: [] })
  })
})

describe('an answer that is cut', () => {
  const JSON_HEAD = 'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n'
  const CUTS = {
    'shorter than announced': `${JSON_HEAD}Content-Length: 100\r\n\r\n{"cart":"c`,
    'in chunks, without the last': `${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\na\r\n{"cart":"c\r\n`,
    'in its head': 'HTTP/1.1 201 Created\r\nContent-Ty',
    'whose end is that of the connection': `${JSON_HEAD}Connection: close\r\n\r\n{"cart":"c`,
  } as const

  const REJECTS = { error: 'TypeError' }
  const WHOLE = { status: 201, text: '{"cart":"c' }
  const EMPTY = { status: 201, text: '' }

  /** What a plain fetch makes of it. */
  const ENDS: Readonly<Record<keyof typeof CUTS, Readonly<Record<BrowserName, PlainEnd>>>> = {
    'shorter than announced': { chromium: REJECTS, firefox: REJECTS, webkitgtk: REJECTS },
    'in chunks, without the last': { chromium: REJECTS, firefox: REJECTS, webkitgtk: WHOLE },
    'in its head': { chromium: EMPTY, firefox: EMPTY, webkitgtk: REJECTS },
    'whose end is that of the connection': { chromium: WHOLE, firefox: WHOLE, webkitgtk: WHOLE },
  }

  test.each([
    'shorter than announced',
    'in chunks, without the last',
    'in its head',
    'whose end is that of the connection',
  ] as const)(
    '%s: where fetch takes it for whole, it is read again under the same key all the same',
    async cut => {
      tab = await browser.openTab(`${shop.origin}/?receipt=wanted`)
      shop.onCharge = charge => charge.end(CUTS[cut])
      expect(await plainFetch('c')).toEqual(ENDS[cut][here])

      shop.onCharge = charge => {
        charge.execute()
        if (charge.nth === 1) charge.end(CUTS[cut])
        else charge.answer()
      }
      expect(await pay(tab, 'cut')).toEqual(paid('cut'))
      expect(tally(shop, ['cut'])).toEqual({ carts: 1, doubled: [], lost: [], rekeyed: [] })
      await tab.close()
    },
  )
})

describe('a page that is left', () => {
  /** Whether the page that held a lock is there again after Back, where another page has asked for the lock. */
  const COMES_BACK: Readonly<Record<BrowserName, boolean>> = {
    chromium: false,
    firefox: false,
    webkitgtk: true,
  }

  test('its Web Lock comes free for others; WebKitGTK keeps the page all the same, the others do not', async () => {
    const other = await browser.openTab(shop.origin)
    tab = await browser.openTab(shop.origin)
    await tab.evaluate(holdLock)
    await tab.goto(`${shop.origin}/elsewhere`)
    expect(await other.evaluate(getsLock)).toBe(true)
    await goBack(tab)
    expect(await tab.evaluate(() => 'endHolding' in window)).toBe(COMES_BACK[here])
    for (const each of [tab, other]) await each.close()
  })

  test('while nobody asks for its lock, Chromium and WebKitGTK keep the page, and Firefox does not', async () => {
    const kept: boolean[] = []
    // A busy browser throws pages out for reasons of its own.
    while (kept.length < 5 && !kept.includes(here !== 'firefox')) {
      tab = await browser.openTab(shop.origin)
      await tab.evaluate(holdLock)
      await tab.goto(`${shop.origin}/elsewhere`)
      await goBack(tab)
      kept.push(await tab.evaluate(() => 'endHolding' in window))
      await tab.close()
    }
    expect(kept).toContain(here !== 'firefox')
  })

  test.each(['indexedDB', 'web'])(
    'its run on the %s store: another tab goes on at once, one charge',
    async store => {
      const url = `${shop.origin}/?store=${store}&timeout=30000`
      const other = await browser.openTab(url)
      tab = await browser.openTab(url)
      // Its lease would be half a minute.
      shop.onCharge = charge => (charge.nth === 1 ? charge.execute() : executeAndAnswer(charge))
      await tab.evaluate(() => window.shop.press('left'))
      await shop.arrived('left')
      await tab.goto(`${shop.origin}/elsewhere`)
      const begunAt = Date.now()
      expect(await pay(other, 'left')).toEqual(paid('left'))
      expect(Date.now() - begunAt).toBeLessThan(20_000)
      expect(tally(shop, ['left'])).toEqual({ carts: 1, doubled: [], lost: [], rekeyed: [] })
      for (const each of [tab, other]) await each.close()
    },
  )

  test('in the middle of a transaction of IndexedDB: another tab goes on at once, and the page itself when it is back', async () => {
    const url = `${shop.origin}/?timeout=30000`
    const other = await browser.openTab(url)
    for (let round = 0; round < 5; round++) {
      tab = await browser.openTab(url)
      await tab.evaluate(writeOn, `busy ${round}`)
      await tab.goto(`${shop.origin}/elsewhere`)
      const begunAt = Date.now()
      expect(await pay(other, `beside ${round}`)).toEqual(paid(`beside ${round}`))
      expect(Date.now() - begunAt).toBeLessThan(5_000)
      await goBack(tab)
      // A page that was not kept is loaded again, and writes nothing.
      expect(await tab.evaluate(goesOn)).toBe('goes on')
      await tab.close()
    }
    await other.close()
  })

  test('in the middle of its turn to write web storage: it lets the turn go, and another tab writes', async () => {
    const url = `${shop.origin}/?store=web&db=turns`
    const other = await browser.openTab(url)
    tab = await browser.openTab(url)
    await pay(other, 'before')
    // It is told of a write that never comes through, so that it is in the middle of its turn when it is left.
    await other.evaluate(tellOfWrite)
    await tab.evaluate(() => window.shop.press('left'))
    await until(other, async () => {
      const { held = [] } = await navigator.locks.query()
      return held.some(({ name }) => name === 'stillonce/web-storage/turns/write')
    })
    await tab.goto(`${shop.origin}/elsewhere`)
    await other.evaluate(() => window.endTelling())
    expect(await pay(other, 'after')).toEqual(paid('after'))
    expect(shop.ledger.has('left')).toBe(false)
    for (const each of [tab, other]) await each.close()
  })
})

/** Writes and reads one record over and over, so that the page is left in the middle of a transaction. */
async function writeOn(key: string): Promise<void> {
  const { store } = window.shop
  let written = 0
  let version = await store.set(key, 'first', { expected: null, open: true })
  const work = async () => {
    for (;;) {
      // In Firefox a kept page is not told how its last commit ended.
      version = await store
        .set(key, `${++written}`, { expected: version!, open: true })
        .catch(async error => {
          if (error.reason !== 'lost') throw error
          return (await store.get(key))?.version
        })
      if (!(await store.get(key))?.value.match(`^(${written}|${written - 1}|first)$`))
        throw new Error('not what was written')
    }
  }
  const failed = work().catch((error: unknown) => String(error))
  Object.assign(window, { writing: { failed, count: () => written } })
}

/** How the writes of a page that was kept failed, or that they go on. */
async function goesOn(): Promise<string> {
  if (!('writing' in window)) return 'goes on'
  const { failed, count } = window.writing
  const before = count()
  const more = async () => {
    while (count() < before + 3) await new Promise(wait => setTimeout(wait, 10))
    return 'goes on'
  }
  return Promise.race([failed, more()])
}

function holdLock(): Promise<void> {
  return new Promise(taken => {
    void navigator.locks.request('left', () => {
      taken()
      return new Promise<void>(end => Object.assign(window, { endHolding: end }))
    })
  })
}

/** Whether the lock comes in time. */
async function getsLock(): Promise<boolean> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), 20_000)
  try {
    return await navigator.locks.request('left', { signal: late.signal }, () => true)
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** As a tab does whose write has not come through: it holds the lock of a number that nobody sees. */
function tellOfWrite(): Promise<void> {
  const { epoch } = JSON.parse(localStorage.getItem('turns/sequence') ?? '') as { readonly epoch: string }
  return new Promise(told => {
    const name = `stillonce/web-storage/turns/written/999-${epoch}`
    void navigator.locks.request(name, { mode: 'shared' }, () => {
      told()
      return new Promise<void>(end => Object.assign(window, { endTelling: end }))
    })
  })
}

declare global {
  interface Window {
    readonly endTelling: () => void
    readonly writing: { readonly failed: Promise<string>; readonly count: () => number }
  }
}

test('reloaded while a fetch is out: in Firefox and WebKitGTK the page hears that it failed before it is gone', async () => {
  tab = await browser.openTab(shop.origin)
  shop.onCharge = () => {}
  const heard: boolean[] = []
  for (let round = 0; round < 5 && !heard.includes(true); round++) {
    await tab.evaluate(cart => {
      localStorage.removeItem('heard')
      fetch('/charges', { method: 'POST', body: JSON.stringify({ cart }) }).catch(() => {
        localStorage.setItem('heard', 'yes')
      })
    }, `reloaded ${round}`)
    await shop.arrived(`reloaded ${round}`)
    await tab.reload()
    heard.push((await tab.evaluate(() => localStorage.getItem('heard'))) === 'yes')
  }
  expect(heard.includes(true)).toBe(here !== 'chromium')
  await tab.close()
})

test('killed: what was just written to web storage is lost, and the store says that it is weak', async () => {
  const own = openProfile()
  const lost: boolean[] = []
  // Once it was in time.
  for (let round = 0; round < 3 && !lost.includes(true); round++) {
    const cart = `weak ${round}`
    shop.onCharge = charge => {
      if (charge.nth > 1) executeAndAnswer(charge)
    }
    const first = await own.start()
    const victim = await first.openTab(`${shop.origin}/?store=web`)
    expect(await victim.evaluate(() => window.shop.store.isWeak)).toBe(true)
    await victim.evaluate(id => window.shop.press(id), cart)
    await shop.arrived(cart)
    await first.kill()
    const second = await own.start()
    const after = await second.openTab(`${shop.origin}/?store=web`)
    lost.push((await after.evaluate(id => window.shop.inspect(id), cart)) === undefined)
    await second.kill()
  }
  expect(lost).toContain(true)
})
