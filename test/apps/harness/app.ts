import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, cpSync, openSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { faultProxy, type FaultProxy, type ProxyFault } from '../../../src/testing/fault-proxy.ts'

const apps = fileURLToPath(new URL('../../../examples/apps/', import.meta.url))

/** How long a server may take until it answers, also on a machine that is busy. */
const START_MS = 60_000

/** Where its installation, and what else git does not keep, lies in the repository. */
const NOT_COPIED = /[/\\](?:node_modules|\.next|\.react-router|dist|build|vendor)$|\.db/

export type InstalledApp = {
  readonly folder: string
  /** Runs one of its npm scripts to its end, and gives what it printed. Rejects with that where the script fails. */
  readonly script: (name: string) => Promise<string>
}

export type RunningApp = {
  readonly folder: string
  /** Its origin, at the end of a network that breaks. */
  readonly url: string
  /** The same without that network. */
  readonly direct: string
  readonly proxy: FaultProxy
  /** What the next payments meet on their way, in turn. */
  readonly meets: (...faults: readonly ProxyFault[]) => void
  /** What every payment, and every question what became of it, meets from now on; undefined is nothing. */
  readonly always: (fault: ProxyFault | undefined) => void
  readonly stop: () => Promise<void>
}

/** Copies an app beside the packed package, and installs what its lock file says. */
export async function installApp(name: string): Promise<InstalledApp> {
  const folder = join(inject('workshop'), name)
  cpSync(join(apps, name), folder, { recursive: true, filter: path => !NOT_COPIED.test(path) })
  await npm(folder, ['ci', '--no-audit', '--no-fund'])
  return { folder, script: script => npm(folder, ['run', script]) }
}

/** Starts its server by one of its npm scripts, and waits until it answers. */
export async function startApp(
  { folder }: Pick<InstalledApp, 'folder'>,
  environment = {},
  script: 'start' | 'dev' = 'start',
): Promise<RunningApp> {
  const port = await freePort()
  const env = { ...ownEnvironment(), ...environment, PORT: String(port) }
  const log = join(folder, `${script}.log`)
  const output = openSync(log, 'w')
  const stdio = ['ignore', output, output] as const
  const child = spawn('npm', ['run', script], { cwd: folder, env, detached: true, stdio: [...stdio] })
  closeSync(output)
  const ended = once(child, 'exit')
  const stopServer = async () => {
    // npm and what it has started.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await ended
  }
  // The name that development servers expect: they serve their own parts to no other origin.
  const direct = script === 'dev' ? `http://localhost:${port}` : `http://127.0.0.1:${port}`
  try {
    await Promise.race([answers(direct), throwsAfter(ended)])
  } catch (error) {
    await stopServer()
    throw new Error(`the server did not start:\n${readFileSync(log, 'utf8')}`, { cause: error })
  }
  const planned: ProxyFault[] = []
  let always: ProxyFault | undefined
  const proxy = await faultProxy({
    to: direct,
    fault: ({ method, path }) => {
      if (method === 'POST' && path.startsWith('/api/')) return planned.shift() ?? always
      return path.includes('/by-key/') ? always : undefined
    },
  })
  return {
    folder,
    url: proxy.url,
    direct,
    proxy,
    meets: (...faults) => void planned.push(...faults),
    always: fault => {
      always = fault
    },
    stop: async () => {
      await proxy.close()
      await stopServer()
    },
  }
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('npm', args, {
      cwd,
      env: ownEnvironment(),
      maxBuffer: 2 ** 26,
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`npm ${args.join(' ')} in ${cwd} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** That of somebody's shell: a build in which NODE_ENV is `test` is another build. */
function ownEnvironment(): Record<string, string | undefined> {
  const { NODE_ENV: _, ...environment } = process.env
  return { ...environment, NEXT_TELEMETRY_DISABLED: '1' }
}

async function answers(url: string): Promise<void> {
  const signal = AbortSignal.timeout(START_MS)
  for (;;) {
    try {
      await (await fetch(url, { signal })).arrayBuffer()
      return
    } catch (error) {
      if (signal.aborted) throw new Error(`nothing answers at ${url}`, { cause: error })
      await new Promise(resolve => {
        setTimeout(resolve, 50)
      })
    }
  }
}

async function throwsAfter(end: Promise<unknown>): Promise<never> {
  await end
  throw new Error('the server ended')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
