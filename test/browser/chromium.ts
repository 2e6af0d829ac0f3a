import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { chromium } from 'playwright'

/*
 * Where Chromium is: CHROMIUM_PATH, Playwright's own, or the system's. Where none is, Playwright's own is
 * installed, or Debian's by root; else the tests end with one sentence that says what to install. They never skip.
 */
const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const INSTALL_TIMEOUT_MS = 600_000
const INSTALLERS: readonly (() => void)[] = [installByPlaywright, installByApt]

export function findOrInstallChromium(find = findChromium, installers = INSTALLERS): string {
  const found = find()
  if (found !== undefined) return found
  for (const install of installers) {
    try {
      install()
    } catch {
      continue
    }
    const installed = find()
    if (installed !== undefined) return installed
  }
  throw new Error(
    'The browser tests need Chromium: run `npx playwright install --with-deps chromium`, or install your ' +
      "system's package `chromium`, or give the path of one in CHROMIUM_PATH.",
  )
}

function findChromium(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  if (given !== undefined && given !== '') {
    if (isExecutable(given)) return given
    throw new Error(`CHROMIUM_PATH is ${given}, where no program is.`)
  }
  const own = chromium.executablePath()
  return [own, ...systemPaths()].find(isExecutable)
}

function systemPaths(): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return SYSTEM_NAMES.flatMap(name => folders.map(folder => join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installByPlaywright(): void {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js')
  run(process.execPath, [cli, 'install', 'chromium'])
}

function installByApt(): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error('not root, or not Debian')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update'], env)
  run('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], env)
}

function run(command: string, args: readonly string[], env = process.env): void {
  execFileSync(command, args, { env, timeout: INSTALL_TIMEOUT_MS, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Chromium refuses to run as root with its sandbox; containers have a small /dev/shm. */
export const CHROMIUM_ARGS: readonly string[] = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-dev-shm-usage',
]
