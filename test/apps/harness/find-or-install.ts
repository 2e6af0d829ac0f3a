import { execFileSync } from 'node:child_process'

/** Makes sure that a program is there: by Debian's package, where it is missing. Never skips. */
export function findOrInstall(program: string, aptPackage: string): void {
  if (isThere(program)) return
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync('apt-get', ['update'], { env, stdio: 'ignore' })
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', aptPackage], {
      env,
      stdio: 'ignore',
    })
  } catch (cause) {
    throw new Error(`These tests need ${program}: install your system's package ${aptPackage}.`, { cause })
  }
}

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
