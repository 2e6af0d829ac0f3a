import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoopStop, SqliteCall } from './children/stand-still.ts'

export type RacerOptions = {
  readonly path: string
  readonly origin: string
  readonly keys: number
  /** The order that it begins with. */
  readonly first: number
}

/** What a racer was told about each order, and how long it stood still. */
export type Raced = {
  readonly results: readonly {
    readonly number: number
    readonly outcome: string
    readonly order: number | false | undefined
    readonly replayed: boolean
  }[]
  readonly longestStop: LoopStop
  readonly longestCall: SqliteCall
}

export type Race = {
  /** The keys that arrived for each order. */
  readonly arrived: ReadonlyMap<string, readonly string[]>
  readonly raced: readonly Raced[]
  readonly seconds: number
}

/** So many processes run the same orders on one file, each in one of two directions, against one server. */
export async function race(path: string, racers: number, keys: number): Promise<Race> {
  const arrived = new Map<string, string[]>()
  const server = createServer((request, response) => {
    const order = decodeURIComponent(request.url?.split('/').at(-1) ?? '')
    if (/^\d+$/.test(order))
      arrived.set(order, [...(arrived.get(order) ?? []), String(request.headers['idempotency-key'])])
    response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(`{"order":${JSON.stringify(Number(order))}}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const processes = Array.from({ length: racers }, (_, index) => {
    const options: RacerOptions = { path, origin, keys, first: index % 2 === 0 ? 0 : Math.floor(keys / 2) }
    return startRacer(options)
  })
  try {
    for (const { ready } of processes) await ready
    const begunMs = performance.now()
    for (const { go } of processes) go()
    const raced = await Promise.all(processes.map(({ raced: told }) => told))
    return { arrived, raced, seconds: (performance.now() - begunMs) / 1_000 }
  } finally {
    for (const { kill } of processes) kill()
    server.closeAllConnections()
    server.close()
  }
}

function startRacer(options: RacerOptions) {
  const child = fork(
    fileURLToPath(new URL('children/racer.ts', import.meta.url)),
    [JSON.stringify(options)],
    {
      execArgv: [],
      // What is compiled once starts in a third of the time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'stillonce-compile-cache') },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  const tooEarly = once(child, 'exit').then(() => {
    throw new Error('A racer ended before it told its results.')
  })
  tooEarly.catch(() => {})
  const messages: unknown[] = []
  const told = new Promise<Raced>(resolve => {
    child.on('message', message => {
      messages.push(message)
      if (messages.length === 2) resolve(message as Raced)
    })
  })
  return {
    ready: Promise.race([once(child, 'message'), tooEarly]),
    go: () => void child.send('go'),
    raced: Promise.race([told, tooEarly]),
    kill: () => void child.kill('SIGKILL'),
  }
}
