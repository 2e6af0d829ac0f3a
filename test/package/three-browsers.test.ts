import { expect, test, vi } from 'vitest'
import { findOrInstall } from '../browser/three/find-or-install.ts'

/* How `npm run test:browser` comes to Firefox and WebKitGTK; what installs them needs a network. */
const found = '/usr/bin/firefox-esr'

test('a browser that is there is taken, and nothing is installed', () => {
  const install = vi.fn<(packages: readonly string[]) => void>()
  expect(findOrInstall(() => found, 'Firefox', ['firefox-esr'], install)).toBe(found)
  expect(install).not.toHaveBeenCalled()
})

test('one that is not there is installed', () => {
  const installed: string[] = []
  const install = (packages: readonly string[]) => void installed.push(...packages)
  const find = () => (installed.length > 0 ? found : undefined)
  expect(findOrInstall(find, 'Firefox', ['firefox-esr'], install)).toBe(found)
  expect(installed).toEqual(['firefox-esr'])
})

test.each([
  () => {
    throw new Error('not root')
  },
  () => {},
])('where it cannot be had, one sentence says what to install: nothing is skipped', install => {
  expect(() => findOrInstall(() => undefined, 'WebKitGTK and its driver', ['gjs', 'xvfb'], install)).toThrow(
    "The browser tests need WebKitGTK and its driver: install your system's packages (Debian: apt-get install gjs xvfb).",
  )
})
