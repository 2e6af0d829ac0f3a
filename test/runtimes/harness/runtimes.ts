import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'

export const RUNTIMES = ['bun', 'deno', 'workerd'] as const
export type RuntimeName = (typeof RUNTIMES)[number] | 'bun-1.3'

/** A runtime in which the programs of `subject` run. */
export type RunningRuntime = {
  readonly origin: string
  /** Has it do a thing, and gives what came of it. */
  readonly ask: (what: string, given?: object) => Promise<unknown>
  readonly kill: () => Promise<void>
}

export type Start = {
  /** Of the server that it sends to. */
  readonly origin: string
  /** Where it may keep something. */
  readonly folder?: string
  /** The worker's program, where there are several. */
  readonly worker?: string
}

const installed = fileURLToPath(new URL('../node_modules/', import.meta.url))

/** A folder for what a runtime keeps; gone with the package that was packed. */
export function newFolder(): string {
  return mkdtempSync(join(inject('workshop'), 'kept-'))
}

export async function startRuntime(name: RuntimeName, start: Start): Promise<RunningRuntime> {
  const workshop = inject('workshop')
  const { command, args, env = {} } = commandOf(name, workshop, start)
  const child = spawn(command, args, {
    cwd: workshop,
    env: { PATH: process.env['PATH'], HOME: workshop, DENO_DIR: join(workshop, 'deno'), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.on('data', piece => (errors += String(piece)))
  const ended = once(child, 'exit')
  const told = portOf(name === 'workerd' ? (child.stdio[3] as Readable) : (child.stdout as Readable))
  const port = await told.catch(async (cause: unknown) => {
    await ended
    throw new Error(`${name} did not start:\n${errors}`, { cause })
  })
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    ask: async (what, given = {}) => {
      const answer = await fetch(`${origin}/ask/${what}`, { method: 'POST', body: JSON.stringify(given) })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text}\n${errors}`)
      return text === '' ? undefined : JSON.parse(text)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

type Command = { readonly command: string; readonly args: string[]; readonly env?: Record<string, string> }

function commandOf(name: RuntimeName, workshop: string, start: Start): Command {
  const env = { ORIGIN: start.origin, ...(start.folder !== undefined && { FOLDER: start.folder }) }
  switch (name) {
    case 'bun':
      return { command: join(installed, '.bin/bun'), args: ['bun.mjs'], env }
    case 'bun-1.3':
      return { command: join(installed, 'bun-1.3/bin/bun.exe'), args: ['bun.mjs'], env }
    case 'deno':
      return {
        command: join(installed, '.bin/deno'),
        args: ['run', '--quiet', '--allow-all', '--no-config', '--node-modules-dir=manual', 'deno.mjs'],
        env,
      }
    case 'workerd': {
      const config = join(mkdtempSync(join(workshop, 'config-')), 'config.capnp')
      const folder = start.folder ?? join(config, '../kept')
      mkdirSync(folder, { recursive: true })
      writeFileSync(config, workerConfig(`../bundled/${start.worker ?? 'worker'}.mjs`, folder, start.origin))
      return { command: join(installed, '.bin/workerd'), args: ['serve', '--control-fd=3', config] }
    }
    default:
      return name satisfies never
  }
}

/** Loopback is for workers a network of its own, which has to be allowed. */
function workerConfig(script: string, folder: string, origin: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "${script}")],
      compatibilityDate = "2026-11-01",
      bindings = [
        (name = "ORIGIN", text = "${origin}"),
        (name = "RECORDS", durableObjectNamespace = "Records"),
      ],
      durableObjectNamespaces = [(className = "Records", uniqueKey = "records", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      globalOutbound = "internet",
    )),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = "${folder}", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}

/** Bun and Deno print it, workerd tells it where it is told to. */
async function portOf(output: Readable): Promise<number> {
  for await (const line of createInterface(output)) {
    const told: unknown = line.startsWith('{') ? JSON.parse(line) : undefined
    if (typeof told === 'object' && told !== null && 'port' in told) {
      output.resume()
      return Number(told.port)
    }
  }
  throw new Error('it never told its port')
}
