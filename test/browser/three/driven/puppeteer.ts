import type { ChildProcess } from 'node:child_process'
import { connect, type Page } from 'puppeteer-core'
import type { RunningBrowser, Tab } from './browser.ts'
import { killerOfNext } from './killer.ts'
import { killGroup } from './processes.ts'

/** A browser that was started by hand, so that it can be killed: each tab a window, because what is hidden is slow. */
export async function drivenByPuppeteer(
  child: ChildProcess,
  options: { readonly browserWSEndpoint: string; readonly protocol: 'cdp' | 'webDriverBiDi' },
): Promise<RunningBrowser> {
  const group = child.pid ?? 0
  const browser = await connect({ ...options, protocolTimeout: 600_000, defaultViewport: null })
  return {
    version: await browser.version(),
    openTab: async url => {
      const page = await browser.newPage({ type: 'window' })
      await page.goto(url)
      return tabOf(page)
    },
    openVictim: async url => {
      const killVictim = killerOfNext(group)
      const page = await browser.newPage({ type: 'window' })
      await page.goto(url)
      return killVictim
    },
    kill: async () => {
      await killGroup(group)
      await browser.disconnect().catch(() => {})
    },
  }
}

function tabOf(page: Page): Tab {
  return {
    evaluate: (work, ...args) => page.evaluate(work, ...args),
    goto: async url => void (await page.goto(url)),
    // A page that was kept has no load to wait for. Whether this is heard to end depends on how fast the page goes.
    back: () => page.evaluate(() => history.back()).catch(() => {}),
    reload: async () => void (await page.reload()),
    close: () => page.close(),
  }
}
