import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { buildCode } from '../../package/build-code.ts'
import { BROWSERS } from './browsers.ts'
import { findOrInstallBrowser } from './find-or-install.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Before the tests in one browser: the browser, what drives it, and the package as it is built for users. */
export async function setup(project: TestProject): Promise<() => void> {
  const browser = BROWSERS.find(name => name === project.name)
  if (browser === undefined) throw new Error(`${project.name} is no browser`)
  installPackages()
  project.provide('browser', browser)
  project.provide('program', findOrInstallBrowser(browser))
  const dist = mkdtempSync(join(tmpdir(), 'stillonce-dist-'))
  await buildCode(dist)
  // What it imports.
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(dist, 'node_modules'))
  project.provide('dist', dist)
  return () => rmSync(dist, { recursive: true, force: true })
}

/** By the lock file of this folder, once for each state of it. */
function installPackages(): void {
  const lock = createHash('sha256')
    .update(readFileSync(join(here, 'package-lock.json')))
    .digest('hex')
  const mark = join(here, 'node_modules', '.of-lock')
  if (textOf(mark) === lock) return
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent']
  execFileSync('npm', ['ci', ...flags], { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] })
  writeFileSync(mark, lock)
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
