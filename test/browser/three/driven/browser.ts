import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject, onTestFinished } from 'vitest'
import type { BrowserName } from '../browsers.ts'
import { startChromium } from './chromium.ts'
import { startFirefox } from './firefox.ts'
import { startWebKit } from './webkit.ts'

export type Tab = {
  /** Runs a function in the page, which takes and gives plain data, and waits for its end. */
  readonly evaluate: <Args extends readonly unknown[], Result>(
    work: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ) => Promise<Result>
  readonly goto: (url: string) => Promise<void>
  readonly reload: () => Promise<void>
  /** To the page before, as it was kept or loaded anew; may resolve before that is there. */
  readonly back: () => Promise<void>
  readonly close: () => Promise<void>
}

export type RunningBrowser = {
  readonly version: string
  readonly openTab: (url: string) => Promise<Tab>
  /** Opens a page that starts a worker and does by itself what its URL says; gives what kills its process. */
  readonly openVictim: (url: string) => Promise<() => Promise<void>>
  /** SIGKILL to all of its processes at once. */
  readonly kill: () => Promise<void>
}

export type Profile = {
  /** Starts the browser on the profile. */
  readonly start: () => Promise<RunningBrowser>
  readonly remove: () => Promise<void>
}

/** Starts a browser on a folder. */
export type Start = (program: string, folder: string) => Promise<RunningBrowser>

const STARTS: Readonly<Record<BrowserName, Start>> = {
  chromium: startChromium,
  firefox: startFirefox,
  webkitgtk: startWebKit,
}

/** A profile folder that outlives its browser. */
export function newProfile(): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-profile-'))
  const running = new Set<RunningBrowser>()
  return {
    start: async () => {
      const browser = await STARTS[inject('browser')](inject('program'), folder)
      running.add(browser)
      const kill = async () => {
        running.delete(browser)
        await browser.kill()
      }
      return { ...browser, kill }
    },
    remove: async () => {
      await Promise.all(Array.from(running, browser => browser.kill()))
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

/** For one test. */
export function openProfile(): Profile {
  const profile = newProfile()
  onTestFinished(profile.remove)
  return profile
}

/** Waits until what a page tells is so, also over a navigation, and gives it. */
export async function until<Args extends readonly unknown[], Result>(
  tab: Tab,
  work: (...args: Args) => Result | Promise<Result>,
  ...args: Args
): Promise<Result> {
  const endAt = Date.now() + UNTIL_MS
  let last: unknown
  while (Date.now() < endAt) {
    try {
      const result = await tab.evaluate(work, ...args)
      if (result) return result
    } catch (error) {
      last = error
    }
    await sleep(20)
  }
  throw new Error(`not so within ${UNTIL_MS} ms: ${String(work)}`, { cause: last })
}

/** Goes back, and waits until the page there can be used: the one that was kept, or another that is loaded. */
export async function goBack(tab: Tab): Promise<void> {
  await tab.back()
  await until(tab, () => 'shop' in window)
}

/** Only what hangs takes so long, also on a machine that is busy with other things. */
const UNTIL_MS = 60_000
