import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A server that these tests started: it alone is ever stopped, by its id. */
export type ChildServer = {
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
  readonly isUp: () => boolean
}

export type Command = {
  readonly program: string
  readonly args: readonly string[]
  /** Who runs it: a database refuses root. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/** Starts it, and waits until `isReady` resolves; what the server printed is in the error where it does not. */
export async function startServer(command: Command, isReady: () => Promise<unknown>): Promise<ChildServer> {
  const { program, args, uid, gid } = command
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  })
  let printed = ''
  const keep = (text: string): void => {
    printed = (printed + text).slice(-5_000)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  await untilReady(child, isReady, () => `${program} ${args.join(' ')}\n${printed}`)
  return {
    isUp: () => isUp(child),
    stop: async signal => {
      if (!isUp(child)) return
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    },
  }
}

async function untilReady(
  child: ChildProcess,
  isReady: () => Promise<unknown>,
  said: () => string,
): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    try {
      await isReady()
      return
    } catch (cause) {
      if (!isUp(child) || performance.now() - startedAt > 60_000) {
        child.kill('SIGKILL')
        throw new Error(`A server did not start: ${said()}`, { cause })
      }
      await new Promise(resolve => {
        setTimeout(resolve, 50)
      })
    }
  }
}

function isUp(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

/** What was given may not be listened on yet. */
const GIVEN = new Set<number>()

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  if (GIVEN.has(port)) return freePort()
  GIVEN.add(port)
  return port
}
