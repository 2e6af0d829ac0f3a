import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Tests of the package, and the processes that tests start, use what `npm run build` makes. */
export default function buildPackage(): void {
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
}
