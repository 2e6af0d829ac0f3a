import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Installs the packages of a folder with a lock of its own, where that lock has changed. */
export function installLocked(folder: string): void {
  const lock = readFileSync(`${folder}package-lock.json`, 'utf8')
  const installed = `${folder}node_modules/.installed-lock`
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, stdio: 'pipe' })
  writeFileSync(installed, lock)
}
