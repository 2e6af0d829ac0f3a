import { fork, spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { TestServer } from './server.ts'

/** Where a buyer stands still until it is told to go on. */
export type Pause = 'write-ahead' | 'byte' | 'settle'

export type BuyerOptions = {
  readonly path: string
  readonly origin: string
  readonly keys: 'honours' | 'ignores'
  readonly timeout: number
  readonly attempts: number
  readonly pauseAt?: Pause
  /** Waits for `go` before it begins. */
  readonly onCommand?: boolean
  /** A user who may not write everywhere, where the tests run as root. */
  readonly as?: 'nobody'
  /** So many characters are bought, and kept with the key. */
  readonly item?: number
  /** Bytes that a file may grow to. */
  readonly fileLimit?: number
}

/** What a buyer tells at its end. */
export type Purchase = {
  readonly end: { readonly outcome: string; readonly code?: string; readonly data?: unknown }
  readonly replayed: boolean
  readonly events: readonly string[]
}

/** A process of its own that places the order of these tests. It ends with the test, by SIGKILL if need be. */
export type Buyer = {
  /** It has read the record; it stands where it was told to pause; it is ready to begin. Rejects where it ends before. */
  readonly reached: (place: 'read' | 'ready' | Pause) => Promise<void>
  /** The same, of something that its life brings about. */
  readonly until: (event: Promise<unknown>) => Promise<void>
  readonly go: () => void
  readonly kill: () => Promise<void>
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void
  readonly purchase: Promise<Purchase>
}

export function startBuyer(
  server: TestServer,
  path: string,
  options: Partial<Omit<BuyerOptions, 'path' | 'origin'>> = {},
): Buyer {
  const all: BuyerOptions = {
    keys: 'honours',
    timeout: 30_000,
    attempts: 3,
    ...options,
    path,
    origin: server.origin,
  }
  const child = startProcess(all)
  const exited = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))

  const places = new Set<unknown>()
  const waiting: { readonly place: string; readonly resolve: () => void }[] = []
  const purchase = new Promise<Purchase>((resolve, reject) => {
    child.on('message', (message: { readonly place?: string; readonly purchase?: Purchase }) => {
      if (message.purchase !== undefined) resolve(message.purchase)
      places.add(message.place)
      for (const { place, resolve: go } of waiting) if (place === message.place) go()
    })
    void exited.then(() => reject(new Error('The buyer ended without a word.')))
  })
  const tooLate = exited.then(() => {
    throw new Error('The buyer ended before it came so far.')
  })
  // Whoever kills it does not wait for its purchase.
  purchase.catch(() => {})
  tooLate.catch(() => {})
  const until = async (event: Promise<unknown>) => void (await Promise.race([event, tooLate]))
  return {
    until,
    reached: place =>
      until(
        new Promise<void>(resolve => {
          if (places.has(place)) resolve()
          else waiting.push({ place, resolve })
        }),
      ),
    go: () => void child.send('go'),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    signal: signal => void child.kill(signal),
    purchase,
  }
}

function startProcess(options: BuyerOptions): ChildProcess {
  const file = fileURLToPath(new URL('children/buyer.ts', import.meta.url))
  const args = [file, JSON.stringify(options)]
  // What is compiled once starts in a third of the time.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'stillonce-compile-cache') }
  const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc']
  if (options.fileLimit === undefined) return fork(file, args.slice(1), { execArgv: [], env, stdio })
  // POSIX counts the limit in blocks of 512 bytes.
  const limited = `ulimit -f ${Math.floor(options.fileLimit / 512)} && exec "$0" "$@"`
  return spawn('sh', ['-c', limited, process.execPath, ...args], { env, stdio })
}
