import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { PROGRAMS, PROXIES, type Program } from './programs.ts'

/** Debian has its servers in sbin, which is in the PATH of root alone. */
export const PATH = [process.env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter)

/** What Debian asks before it starts a service that it installs. */
const MAY_START = '/usr/sbin/policy-rc.d'
const FORBIDS = '#!/bin/sh\nexit 101\n'

/** Makes sure that the six are there, by Debian's packages where they are missing, and starts none of them. Never skips. */
export default function findOrInstallProxies(): void {
  const missing = PROXIES.map(name => PROGRAMS[name]).filter(program => versionOf(program) === undefined)
  if (missing.length === 0) return
  const packages = missing.map(({ aptPackage }) => aptPackage)
  try {
    withoutStartingServices(() => installByApt(packages))
  } catch (cause) {
    throw new Error(`These tests need six proxies: install your system's packages ${packages.join(', ')}.`, {
      cause,
    })
  }
}

/** Undefined where the program is not there. */
export function versionOf({ program, version }: Program): string | undefined {
  const { stdout, stderr } = spawnSync(program, version.args, { env: { PATH }, encoding: 'utf8' })
  return version.is.exec(`${stdout}${stderr}`)?.[1]
}

function installByApt(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Somebody else may be installing something.
  const patience = ['-o', 'DPkg::Lock::Timeout=300']
  execFileSync('apt-get', [...patience, 'update'], { env, stdio: 'ignore' })
  execFileSync('apt-get', [...patience, 'install', '--yes', '--no-install-recommends', ...packages], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** An installed proxy would else be started at once, on port 80. A machine's own policy stays as it is. */
function withoutStartingServices(install: () => void): void {
  if (existsSync(MAY_START)) return install()
  writeFileSync(MAY_START, FORBIDS, { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(MAY_START)
  }
}
