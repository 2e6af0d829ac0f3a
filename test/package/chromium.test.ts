import { afterEach, expect, test, vi } from 'vitest'
import { findOrInstallChromium } from '../browser/chromium.ts'

/* How `npm run test:browser` comes to its Chromium; the installers themselves need a network. */
const found = '/usr/bin/chromium'

afterEach(() => vi.unstubAllEnvs())

test('what is there is taken, and nothing is installed', () => {
  const install = vi.fn<() => void>()
  expect(findOrInstallChromium(() => found, [install])).toBe(found)
  expect(install).not.toHaveBeenCalled()
})

test('what is not there is installed: by the next installer, where one fails or brings nothing', () => {
  const done: string[] = []
  const installers = [
    () => {
      done.push('fails')
      throw new Error('no network')
    },
    () => void done.push('brings nothing'),
    () => void done.push('installs'),
    () => void done.push('is not asked'),
  ]
  expect(findOrInstallChromium(() => (done.at(-1) === 'installs' ? found : undefined), installers)).toBe(
    found,
  )
  expect(done).toEqual(['fails', 'brings nothing', 'installs'])
})

test('where none can be had, one sentence says what to install: nothing is skipped', () => {
  expect(() => findOrInstallChromium(() => undefined, [])).toThrow(
    'The browser tests need Chromium: run `npx playwright install --with-deps chromium`, or install your ' +
      "system's package `chromium`, or give the path of one in CHROMIUM_PATH.",
  )
})

test('CHROMIUM_PATH is believed, and a wrong one is told', () => {
  vi.stubEnv('CHROMIUM_PATH', process.execPath)
  expect(findOrInstallChromium()).toBe(process.execPath)
  vi.stubEnv('CHROMIUM_PATH', '/no/such/chromium')
  expect(() => findOrInstallChromium()).toThrow('CHROMIUM_PATH is /no/such/chromium, where no program is.')
})
