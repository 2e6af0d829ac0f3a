import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { TestProject } from 'vitest/node'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const here = join(root, 'test/runtimes')

/** What the package depends on, and what its entries for frameworks import. */
const BESIDE = ['idb', 'ky', 'p-retry', 'uuid', 'zod', 'react', 'fastify', 'express', 'undici']

/** Installs the runtimes, once for each lock file, and the packed package beside the programs that run in them. */
export default async function install(project: TestProject): Promise<void> {
  installRuntimes()
  const workshop = project.getProvidedContext().workshop
  const modules = join(workshop, 'node_modules')
  mkdirSync(join(modules, 'stillonce'), { recursive: true })
  execFileSync('tar', [
    '-xzf',
    join(workshop, 'stillonce.tgz'),
    '-C',
    join(modules, 'stillonce'),
    '--strip-components=1',
  ])
  for (const name of BESIDE) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction')
  writeFileSync(join(workshop, 'package.json'), '{ "private": true, "type": "module" }')
  cpSync(join(here, 'subject'), workshop, { recursive: true })
  await bundleWorker(workshop)
}

function installRuntimes(): void {
  const lock = readFileSync(join(here, 'package-lock.json'), 'utf8')
  const stamp = join(here, 'node_modules/.installed-lock.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    throw new Error('Bun, Deno and workerd could not be installed: run `npm ci` in test/runtimes.', { cause })
  }
  writeFileSync(stamp, lock)
}

/** As the tools of workers do it: one file, by the conditions of workers; what the platform has stays outside. */
async function bundleWorker(workshop: string): Promise<void> {
  const names = readdirSync(workshop).filter(name => name.startsWith('worker') && name.endsWith('.mjs'))
  await build({
    entryPoints: names.map(name => join(workshop, name)),
    outdir: join(workshop, 'bundled'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    target: 'es2023',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    logLevel: 'error',
  })
}
