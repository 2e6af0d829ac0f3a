import type { Browser } from 'playwright'
import { afterAll, beforeAll } from 'vitest'
import { installApp, startApp, type RunningApp } from './harness/app.ts'
import { launch } from './harness/customer.ts'
import { paysOnce } from './harness/pays-once.ts'

let browser: Browser
let app: RunningApp

beforeAll(async () => {
  const installed = await installApp('html')
  await installed.script('build')
  app = await startApp(installed)
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
})

paysOnce(
  () => ({ browser, app }),
  '/',
  id => `/?order=${id}`,
)
