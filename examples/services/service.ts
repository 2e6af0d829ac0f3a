import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What became of a replica, and when, epoch ms. */
export type ReplicaEvent = {
  readonly replica: number
  readonly kind: 'up' | 'killed' | 'frozen' | 'thawed'
  readonly at: number
}

/** Some replicas behind one address: each connection goes to one that accepts it. */
export type Service = {
  readonly url: string
  readonly events: readonly ReplicaEvent[]
  /** One of them dies without a word; another one comes to its place. */
  readonly kill: (replica: number) => Promise<void>
  /** One of them stops, as a host that is too busy does, and goes on after `ms` as if nothing had been. */
  readonly freeze: (replica: number, ms: number) => Promise<void>
  readonly end: () => Promise<void>
}

export async function startService(
  program: string,
  args: readonly string[],
  replicas: number,
): Promise<Service> {
  const events: ReplicaEvent[] = []
  const living: (Replica | undefined)[] = []
  const sockets = new Set<Socket>()
  let isOver = false
  const happened = (replica: number, kind: ReplicaEvent['kind']) =>
    void events.push({ replica, kind, at: Date.now() })
  const start = async (replica: number) => {
    const started = await startReplica(program, args)
    if (isOver) return started.end()
    living[replica] = started
    happened(replica, 'up')
  }
  await Promise.all(Array.from({ length: replicas }, (_, replica) => start(replica)))

  let turn = 0
  const balancer = createServer({ allowHalfOpen: true }, client => {
    const up = living.filter(replica => replica !== undefined)
    const replica = up[(turn += 1) % up.length]
    if (replica === undefined) return void client.destroy()
    const server = connect({ port: replica.port, host: '127.0.0.1', allowHalfOpen: true })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(balancer, 'listening')

  return {
    url: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}/`,
    events,
    kill: async replica => {
      const victim = living[replica]
      if (victim === undefined) return
      living[replica] = undefined
      happened(replica, 'killed')
      await victim.end()
      await start(replica)
    },
    freeze: async (replica, ms) => {
      const victim = living[replica]
      if (victim === undefined) return
      victim.signal('SIGSTOP')
      happened(replica, 'frozen')
      await new Promise(resolve => {
        setTimeout(resolve, ms)
      })
      victim.signal('SIGCONT')
      if (living[replica] === victim) happened(replica, 'thawed')
    },
    end: async () => {
      isOver = true
      balancer.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(living.flatMap(replica => replica?.end() ?? []))
    },
  }
}

type Replica = {
  readonly port: number
  readonly signal: (signal: NodeJS.Signals) => void
  readonly end: () => Promise<void>
}

async function startReplica(program: string, args: readonly string[]): Promise<Replica> {
  const child: ChildProcess = fork(fileURLToPath(new URL(program, import.meta.url)), args, { execArgv: [] })
  const exited = once(child, 'exit')
  const [port] = (await Promise.race([once(child, 'message'), exited])) as [number | null]
  if (!child.connected || port === null) throw new Error(`A replica of ${program} did not start.`)
  return {
    port,
    signal: signal => void child.kill(signal),
    end: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
