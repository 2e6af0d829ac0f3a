import type { Browser } from 'playwright'
import { afterAll, beforeAll } from 'vitest'
import { installApp, startApp, type InstalledApp, type RunningApp } from './app.ts'
import { launch } from './customer.ts'

/** An app that runs, and a browser to use it with. */
export type Shop = { readonly browser: Browser; readonly app: RunningApp; readonly installed: InstalledApp }

/** Installs, builds and starts an app before the tests of a file, and ends it after them. */
export function openShop(
  name: string,
  environment: () => Readonly<Record<string, string>> = () => ({}),
): () => Shop {
  const ends: (() => Promise<void>)[] = []
  let shop: Shop | undefined

  beforeAll(async () => {
    const installed = await installApp(name)
    await installed.script('build')
    const app = await startApp(installed, environment())
    ends.push(app.stop)
    const browser = await launch()
    ends.push(() => browser.close())
    shop = { browser, app, installed }
  })
  afterAll(async () => {
    for (const end of ends.toReversed()) await end()
  })

  return () => {
    if (shop === undefined) throw new Error(`${name} does not run`)
    return shop
  }
}
