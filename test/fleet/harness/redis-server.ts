import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { once } from 'node:events'
import { freePort, startServer, type ChildServer } from './child-server.ts'
import { findOrInstallFile } from './find-or-install-file.ts'

const PROGRAMS = ['valkey-server', 'redis-server']

export type RedisServer = {
  readonly url: string
  readonly port: number
  readonly restart: (signal?: NodeJS.Signals) => Promise<void>
  readonly stop: () => Promise<void>
}

/** A Redis (or Valkey) of its own, from what is installed, on a free port, with every write in its log on the disk. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  findOrInstallFile(() => program() !== undefined, 'redis-server', 'Redis or Valkey')
  const folder = mkdtempSync('/tmp/stillonce-redis-')
  const port = await freePort()
  const log = '--save  --appendonly yes --appendfsync always'.split(' ')
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...log, ...settings]
  const start = (): Promise<ChildServer> =>
    startServer({ program: redisProgram(), args }, () => answers(port, folder))
  let server = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    restart: async (signal = 'SIGKILL') => {
      await server.stop(signal)
      server = await start()
    },
    stop: async () => {
      await server.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What is installed; after `startRedis` there is one. */
export function redisProgram(): string {
  return program() ?? ''
}

function program(): string | undefined {
  return PROGRAMS.find(name => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

/** A server that still loads its log answers otherwise; it is this one, and not another that came to its port first. */
async function answers(port: number, folder: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write('CONFIG GET dir\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    if (!answer.toString().includes(folder)) throw new Error(answer.toString())
  } finally {
    socket.destroy()
  }
}
