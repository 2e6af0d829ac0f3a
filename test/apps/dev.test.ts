import { describe, expect, onTestFinished, test } from 'vitest'
import { installApp, startApp } from './harness/app.ts'
import { launch, visit } from './harness/customer.ts'

/* As a developer works: what is served by `npm run dev`, which compiles each file when a page asks for it. */

describe.each([
  { name: 'vite', command: 'vite dev' },
  { name: 'next', command: 'next dev' },
])('$command', ({ name }) => {
  test('serves a page that pays once, and shows that after a reload', async () => {
    const installed = await installApp(name)
    const environment: Record<string, string> = {}
    if (name === 'vite') {
      const server = await startApp(installed)
      onTestFinished(server.stop)
      environment['SHOP_URL'] = server.direct
    }
    const app = await startApp(installed, environment, 'dev')
    onTestFinished(app.stop)
    const browser = await launch()
    onTestFinished(() => browser.close())
    const customer = await visit({ browser, app: { ...app, url: app.direct } }, '/')
    await customer.pressTwice()
    await customer.reads('Paid: ch_')
    await customer.page.reload()
    await customer.reads('Paid: ch_')
    expect(await customer.charged()).toBe(1)
  }, 600_000)
})
