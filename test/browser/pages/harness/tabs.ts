import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type CDPSession,
  type Page,
} from 'playwright'
import { inject, onTestFinished } from 'vitest'
import { takeAway } from '../../../package/take-away.ts'
import { namesTooNew } from '../../../package/too-new.ts'
import { CHROMIUM_ARGS } from '../../chromium.ts'
import type { Paid } from './shop-page.ts'

/** Each tab a process of its own, so that a crash takes no other with it. */
const ARGS = [...CHROMIUM_ARGS, '--enable-features=site-per-process', '--site-per-process']

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: inject('executablePath'), args: [...ARGS] })
}

/** A context whose pages have only what all browsers of Baseline "widely available" have. */
export async function newContext(browser: Browser, options?: BrowserContextOptions): Promise<BrowserContext> {
  return ofYesterday(await browser.newContext(options))
}

async function ofYesterday(context: BrowserContext): Promise<BrowserContext> {
  await context.addInitScript(takeAway as (paths: readonly string[]) => unknown, namesTooNew())
  return context
}

/** Opens the shop and waits until it can be used. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction(() => 'shop' in window)
  return page
}

export function session(page: Page): Promise<CDPSession> {
  return page.context().newCDPSession(page)
}

/** Presses Pay in a tab and tells how it ended. */
export function pay(page: Page, cart: string, at = 0): Promise<Paid> {
  return page.evaluate(([id, moment]) => window.shop.pay(id, moment), [cart, at] as const)
}

/** What a tab is told of a cart that was paid. */
export function paid(cart: string): Paid {
  return { outcome: 'executed', data: { cart, receipt: `receipt of ${cart}` } }
}

/** The tab's process dies, as by a segmentation fault. */
export async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const cdp = await session(page)
  cdp.send('Page.crash').catch(() => {})
  await crashed
}

export type Profile = {
  /** Starts a browser on the profile. */
  readonly start: () => Promise<RunningBrowser>
  readonly folder: string
}

export type RunningBrowser = {
  readonly context: BrowserContext
  /** SIGKILL to all of its processes at once. */
  readonly kill: () => Promise<void>
}

/** A profile folder that outlives its browser. */
export function openProfile(): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-profile-'))
  const running = new Set<ChildProcess>()
  onTestFinished(async () => {
    await Promise.all([...running].map(killGroup))
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  return {
    folder,
    start: async () => {
      const child = spawn(
        inject('executablePath'),
        [
          ...ARGS,
          '--headless=new',
          '--no-first-run',
          '--disable-gpu',
          '--remote-debugging-port=0',
          `--user-data-dir=${folder}`,
          'about:blank',
        ],
        { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
      )
      running.add(child)
      const browser = await chromium.connectOverCDP(await debuggerUrl(child))
      return {
        context: await ofYesterday(browser.contexts()[0]!),
        kill: async () => {
          await killGroup(child)
          running.delete(child)
          await browser.close()
        },
      }
    },
  }
}

async function debuggerUrl(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stderr!)) {
    const url = /DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stderr!.resume()
    return url
  }
  throw new Error('Chromium ended before it listened')
}

async function killGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid!, 'SIGKILL')
  await ended
}
