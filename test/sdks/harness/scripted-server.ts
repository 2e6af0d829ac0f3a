import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a server says. */
export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** A request as it arrived. */
export type Delivery = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly key: string | undefined
}

/** How the server of an SDK speaks. */
export type Dialect = {
  /** Where it finds the key; undefined where it honours none. */
  readonly keyOf: (delivery: Pick<Delivery, 'headers' | 'body'>) => string | undefined
  /** Its answer to the execution of this number, counted from 1. */
  readonly created: (execution: number) => Answer
}

/**
 * What a delivery meets: an answer in its place, with nothing executed; `lost`, executed, and the connection is reset
 * before its answer; `held`, executed, and answered when the test says so.
 */
export type Step = Answer | 'lost' | 'held'

export type ScriptedServer = {
  readonly url: string
  readonly port: number
  /** All that arrived, but GETs. */
  readonly deliveries: readonly Delivery[]
  readonly executions: () => number
  readonly keys: () => readonly (string | undefined)[]
  /** What the next deliveries meet, in turn. */
  readonly meets: (...steps: readonly Step[]) => void
  /** What every delivery meets from then on. */
  readonly always: (step: Step) => void
  /** Answers what is held. */
  readonly release: () => void
  readonly close: () => Promise<void>
}

/** A server on loopback that executes once per key, and each delivery without one. */
export async function scriptedServer({ keyOf, created }: Dialect): Promise<ScriptedServer> {
  const deliveries: Delivery[] = []
  const byKey = new Map<string, Answer>()
  const planned: Step[] = []
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  let every: Step | undefined
  let executions = 0

  const execute = (key: string | undefined): Answer => {
    const before = key === undefined ? undefined : byKey.get(key)
    if (before !== undefined)
      return { ...before, headers: { ...before.headers, 'idempotent-replayed': 'true' } }
    executions += 1
    const answer = created(executions)
    if (key !== undefined) byKey.set(key, answer)
    return answer
  }

  const server = createServer((request, response) => {
    void (async () => {
      const { url: path = '', headers, method } = request
      const body = await text(request)
      const key = keyOf({ headers, body })
      if (method !== 'GET') deliveries.push({ path, headers, body, key })
      const step = method === 'GET' ? undefined : (planned.shift() ?? every)
      const answer = typeof step === 'object' ? step : execute(key)
      if (step === 'lost') return request.socket.resetAndDestroy()
      if (step === 'held') await released
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      return response.end(answer.body)
    })().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    deliveries,
    executions: () => executions,
    keys: () => [...new Set(deliveries.map(({ key }) => key))],
    meets: (...steps) => void planned.push(...steps),
    always: step => {
      every = step
    },
    release: () => release(),
    close: async () => {
      release()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
