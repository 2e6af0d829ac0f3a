import { execFileSync } from 'node:child_process'

/** Makes sure that a program is there and runs with these arguments: by Debian's packages, where it does not. Never skips. */
export function findOrInstall(
  program: string,
  aptPackages: readonly string[],
  args: readonly string[] = ['--version'],
): void {
  if (isThere(program, args)) return
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync('apt-get', ['update'], { env, stdio: 'ignore' })
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', ...aptPackages], {
      env,
      stdio: 'ignore',
    })
  } catch (cause) {
    const named = aptPackages.join(' and ')
    throw new Error(`These tests need ${program}: install your system's package ${named}.`, { cause })
  }
}

function isThere(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
