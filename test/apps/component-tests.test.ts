import { expect, test } from 'vitest'
import { installApp } from './harness/app.ts'

test('a component is tested in jsdom as the documentation shows: its types are right, and so are its words for each reason', async () => {
  const app = await installApp('component-tests')
  await expect(app.script('check')).resolves.toContain('tsc')
  await expect(app.script('test')).resolves.toContain('23 passed')
})
