import { execFileSync } from 'node:child_process'

/** Installs Debian's package where something is missing. Never skips. */
export function findOrInstallFile(isThere: () => boolean, aptPackage: string, name: string): void {
  if (isThere()) return
  let cause: unknown
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync('apt-get', ['update'], { env, stdio: 'ignore' })
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', aptPackage], {
      env,
      stdio: 'ignore',
    })
  } catch (error) {
    cause = error
  }
  if (!isThere()) {
    throw new Error(`These tests need ${name}: install your system's package ${aptPackage}.`, { cause })
  }
}
