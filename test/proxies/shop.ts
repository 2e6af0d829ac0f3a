import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What becomes of a request that charges, after the charge. Undefined: it is answered. */
export type Fate = ((visit: Visit) => void) | undefined

export type Visit = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Gives the answer that is due. */
  readonly answer: (status?: number, body?: unknown, headers?: Readonly<Record<string, string>>) => void
}

export type Shop = {
  readonly port: number
  /** Requests that were to change something, as they came: `POST /orders`. */
  readonly deliveries: readonly string[]
  /** What was executed, however it was answered. */
  readonly charges: readonly string[]
  /** Questions that reached it. */
  readonly asked: readonly string[]
  /** At the same port, after `close`. */
  readonly reopen: () => Promise<void>
  readonly close: () => Promise<void>
}

/** How an application behaves behind a proxy. */
export type Behaviour = {
  /** A key that came before gets its first answer again. */
  readonly honoursKeys?: boolean
  /** What becomes of the first delivery, the second one, …; beyond the list they are answered. */
  readonly fates?: readonly Fate[]
  /** Of each delivery, also beyond the list. */
  readonly always?: Fate
  /** Answers a question; by default what was charged. */
  readonly ask?: (visit: Visit, shop: Pick<Shop, 'charges' | 'asked'>) => void
  /** Refuses a delivery that finds its work done: with a 404, a 412, a 422. */
  readonly refusesTwice?: number
  /** ms until it executes. */
  readonly afterMs?: number
}

/** An application on a socket: it charges once for each key, or for each delivery. */
export async function openShop(behaviour: Behaviour = {}): Promise<Shop> {
  const deliveries: string[] = []
  const charges: string[] = []
  const asked: string[] = []
  const byKey = new Map<string, string>()
  const perform = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request
    await text(request)
    const answer: Visit['answer'] = (status = 201, body = { charge: charges.at(-1) }, headers = {}) => {
      const whole = JSON.stringify(body)
      const length = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(whole) }
      response.writeHead(status, { ...length, ...headers }).end(whole)
    }
    const visit: Visit = { request, response, answer }
    if (url === '/warm') return answer(200, {}, { 'cache-control': 'no-store' })
    if (url === '/warm-and-close')
      return answer(200, {}, { 'cache-control': 'no-store', connection: 'close' })
    if (method === 'GET') {
      asked.push(url)
      if (behaviour.ask !== undefined) return behaviour.ask(visit, { charges, asked })
      return answer(200, { status: 'succeeded', result: { charge: charges.at(-1) } })
    }
    deliveries.push(`${method} ${url}`)
    const fate = behaviour.fates?.[deliveries.length - 1] ?? behaviour.always
    const key = String(request.headers['idempotency-key'])
    if (behaviour.afterMs !== undefined) await new Promise(resolve => setTimeout(resolve, behaviour.afterMs))
    const before = behaviour.honoursKeys === true ? byKey.get(key) : undefined
    if (before === undefined && behaviour.refusesTwice !== undefined && charges.length > 0)
      return answer(behaviour.refusesTwice, { code: 'already_done' })
    if (before === undefined) {
      charges.push(`ch_${charges.length + 1}`)
      byKey.set(key, `ch_${charges.length}`)
    }
    if (fate !== undefined) return fate(visit)
    return before === undefined
      ? answer()
      : answer(201, { charge: before }, { 'idempotent-replayed': 'true' })
  }
  const server = createServer((request, response) => void perform(request, response))
  const listening = await listen(server)
  return { ...listening, deliveries, charges, asked }
}

/** Listens on a free port, and keeps connections for as long as a proxy does. */
async function listen(server: Server) {
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    reopen: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    close: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The same for any application. */
export function serve(listener: RequestListener): Promise<Pick<Shop, 'port' | 'close'>> {
  return listen(createServer(listener))
}
