import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findOrInstallChromium } from '../chromium.ts'
import type { BrowserName } from './browsers.ts'

/** Gives the program to start. Installs what is missing from Debian, by root; else one sentence says what to install. */
export function findOrInstallBrowser(browser: BrowserName): string {
  switch (browser) {
    case 'chromium':
      return findOrInstallChromium()
    case 'firefox':
      return findOrInstall(findFirefox, 'Firefox', ['firefox-esr'])
    case 'webkitgtk':
      return findOrInstall(findWebKit, 'WebKitGTK and its driver', WEBKIT_PACKAGES)
  }
}

/** The driver, the library by its description for scripts, what runs such a script, and a screen for the window. */
const WEBKIT_PACKAGES = ['webkit2gtk-driver', 'gir1.2-webkit2-4.1', 'gjs', 'xvfb']

const INSTALL_TIMEOUT_MS = 900_000

export function findOrInstall(
  find: () => string | undefined,
  what: string,
  packages: readonly string[],
  install = installByApt,
): string {
  const found = find()
  if (found !== undefined) return found
  let cause: unknown
  try {
    install(packages)
  } catch (error) {
    cause = error
  }
  const installed = find()
  if (installed !== undefined) return installed
  const names = packages.join(' ')
  throw new Error(
    `The browser tests need ${what}: install your system's packages (Debian: apt-get install ${names}).`,
    { cause },
  )
}

function findFirefox(): string | undefined {
  return onPath('firefox-esr') ?? onPath('firefox')
}

function findWebKit(): string | undefined {
  const driver = onPath('WebKitWebDriver')
  if (onPath('Xvfb') === undefined || onPath('gjs') === undefined) return undefined
  try {
    execFileSync('gjs', ['-c', "imports.gi.versions.WebKit2 = '4.1'; imports.gi.WebKit2"], {
      stdio: 'ignore',
    })
    return driver
  } catch {
    return undefined
  }
}

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installByApt(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (args: readonly string[]) =>
    execFileSync('apt-get', args, {
      env,
      timeout: INSTALL_TIMEOUT_MS,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  run(['update'])
  run(['install', '--yes', '--no-install-recommends', ...packages])
}
