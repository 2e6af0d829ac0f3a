import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

/** Of which lock file the packages that lie there are. */
const MARK = `${folder}node_modules/.installed`

/** Installs the packages of package-lock.json, where they are not those already, and checks the types of what uses them. */
export default function installPackages(): void {
  const lock = createHash('sha256')
    .update(readFileSync(`${folder}package-lock.json`))
    .digest('hex')
  if (!existsSync(MARK) || readFileSync(MARK, 'utf8') !== lock) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
    writeFileSync(MARK, lock)
  }
  execFileSync(process.execPath, [compiler, '--project', folder], { stdio: 'inherit' })
}
