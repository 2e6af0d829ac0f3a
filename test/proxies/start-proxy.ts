import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PATH } from './find-or-install.ts'
import { PROGRAMS, type Place, type ProxyName } from './programs.ts'

/** A proxy that runs, for an application at another port of this machine. */
export type Proxy = { readonly port: number; readonly stop: () => Promise<void> }

/** Debian's `nobody`: what root starts here may do no more than a proxy of anybody's. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const TRIES = 3

const started = new Set<number>()
process.once('exit', () => {
  for (const pid of started) end(pid)
})

/** Starts it by a file of `configs`, in the foreground, on a free port, in a folder of its own. */
export async function startProxy(name: ProxyName, settings: string, appPort: number): Promise<Proxy> {
  let said = ''
  for (let tries = 0; tries < TRIES; tries += 1) {
    // Between the look for a free port and the start somebody else may have taken it.
    const tried = await tryToStart(name, settings, appPort)
    if (typeof tried !== 'string') return tried
    said = tried
  }
  throw new Error(`${name} does not start with ${settings}: ${said}`)
}

async function tryToStart(name: ProxyName, settings: string, appPort: number): Promise<Proxy | string> {
  const { program, args } = PROGRAMS[name]
  const place = prepare(name, settings, appPort, await freePort())
  const { folder, port } = place
  const out = openSync(join(folder, 'out.log'), 'w')
  // Ends with this process, also where that is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args(place)], {
    cwd: folder,
    stdio: ['ignore', out, out],
    env: { PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    // A group of its own, so that a process that it starts ends with it.
    detached: true,
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  })
  const { pid } = child
  if (pid === undefined) return `there is no ${program}`
  started.add(pid)
  const ended = once(child, 'exit').then(() => {
    started.delete(pid)
  })
  if (!(await accepts(port, () => started.has(pid)))) {
    const said = readFileSync(join(folder, 'out.log'), 'utf8').slice(-2_000)
    rmSync(folder, { recursive: true, force: true })
    return said
  }
  return {
    port,
    stop: async () => {
      end(pid)
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function prepare(name: ProxyName, settings: string, appPort: number, port: number): Place {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-proxy-'))
  const config = join(folder, 'config')
  writeFileSync(config, written(name, settings, { folder, port, appPort }))
  mkdirSync(join(folder, 'pages'))
  writeFileSync(
    join(folder, 'pages', 'sorry.html'),
    '<!doctype html><title>Sorry</title><h1>Back soon</h1>\n',
  )
  chmodSync(folder, 0o755)
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  return { folder, config, port }
}

/** The settings within the base of this proxy, with the test's own ports and folder in place of those in the files. */
function written(
  name: ProxyName,
  settings: string,
  own: { folder: string; port: number; appPort: number },
): string {
  return configFile(name, 'base')
    .replace('# settings\n', () => configFile(name, settings))
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${own.port}`)
    .replaceAll(/\b3000\b/g, String(own.appPort))
    .replaceAll('/tmp/way', own.folder)
}

function configFile(name: ProxyName, settings: string): string {
  return readFileSync(new URL(`configs/${name}/${settings}.conf`, import.meta.url), 'utf8')
}

/** Below what the system gives to connections and to servers at port 0; of these a range for each process of the tests. */
const PORTS = { first: 10_000, eachProcess: 2_500 }
const firstPort = PORTS.first + (Number(process.env['VITEST_POOL_ID'] ?? 0) % 8) * PORTS.eachProcess
let nextPort = Math.floor(Math.random() * PORTS.eachProcess)

/** None is given twice in a row: a proxy that could not listen would be taken for the one that does. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + (nextPort++ % PORTS.eachProcess)
    if (await canListen(port)) return port
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => {
      server.close(() => resolve(true))
    })
  })
}

/** Whether it comes to accept connections, while it lives. */
async function accepts(port: number, isAlive: () => boolean): Promise<boolean> {
  while (isAlive()) {
    if (await canConnect(port)) return true
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return false
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** At once: Squid would wait for two seconds, and nothing of it is kept. */
function end(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
