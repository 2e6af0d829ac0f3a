import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { RequestKind, Treatment } from './steps.ts'

/** What the shop knows of one order. */
export type Order = {
  treatment: Treatment
  /** The key of every request that was meant to execute it, in order. */
  readonly sent: string[]
  /** How often it was executed, under which key. */
  readonly effects: Map<string, number>
  /** Keys that are refused for good, and why. */
  readonly refused: Map<string, 'declined' | 'sealed'>
  polls: number
  /** What was wrong with requests that arrived. */
  readonly faults: string[]
}

type Trap = {
  readonly id: string
  readonly kind: RequestKind
  readonly at: 'arrived' | 'done' | 'body'
  nth: number
  readonly sprung: () => unknown
}

export type Shop = {
  readonly origin: string
  readonly order: (id: string) => Order
  /** The nth request of this kind gets no further than there: whoever sent it waits until it is killed. */
  readonly trap: (trap: Trap) => void
  /** A request to execute this order waits, and is answered when the function that it gives is called. */
  readonly hold: (id: string) => { readonly held: Promise<void>; readonly release: () => void }
  readonly close: () => Promise<void>
}

/**
 * A server that honours keys, with a ledger of what it executed. `isWritten` says whether the key that a request
 * brings is in the client's file: before that no byte may arrive.
 */
export async function openShop(isWritten: (id: string, key: string) => boolean): Promise<Shop> {
  const orders = new Map<string, Order>()
  const holds = new Map<string, { readonly arrived: () => void; readonly gate: Promise<void> }>()
  let trap: Trap | undefined

  function order(id: string): Order {
    const known = orders.get(id) ?? newOrder()
    orders.set(id, known)
    return known
  }

  /** True where the request ends here. */
  function springs(id: string, kind: RequestKind, at: Trap['at']): boolean {
    if (trap === undefined || trap.id !== id || trap.kind !== kind || trap.at !== at) return false
    trap.nth -= 1
    if (trap.nth > 0) return false
    const { sprung } = trap
    trap = undefined
    sprung()
    return true
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await text(request)
    const [, place = '', id = '', keyInPath = ''] = (request.url ?? '').split('/')
    const kind = kindOf(request.method, place)
    const key = String(request.headers['idempotency-key'] ?? '').replaceAll('"', '') || keyInPath
    const known = order(id)
    if (kind === 'send') {
      known.sent.push(key)
      if (!isWritten(id, key)) known.faults.push(`sent before its key ${key} was written`)
    }
    const hold = kind === 'send' ? holds.get(id) : undefined
    holds.delete(id)
    hold?.arrived()
    await hold?.gate
    if (springs(id, kind, 'arrived')) return
    const answer = answerOf(known, kind, id, key, request)
    if (springs(id, kind, 'done')) return
    if (answer === 'none') {
      request.socket.destroy()
      return
    }
    const { status, body, headers = {} } = answer
    const bytes = Buffer.from(JSON.stringify(body))
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      ...headers,
    })
    if (springs(id, kind, 'body')) response.write(bytes.subarray(0, bytes.length / 2))
    else response.end(bytes)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    order,
    trap: next => (trap = next),
    hold: id => {
      const { promise: gate, resolve: release } = deferred()
      const { promise: held, resolve: arrived } = deferred()
      holds.set(id, { arrived, gate })
      return { held, release }
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function newOrder(): Order {
  return {
    treatment: 'executes',
    sent: [],
    effects: new Map(),
    refused: new Map(),
    polls: 0,
    faults: [],
  }
}

/** The number of an order: what its result says. */
export function numberOf(id: string): number {
  return Number(id.replaceAll(/\D/g, ''))
}

export function kindOf(method: string | undefined, place: string): RequestKind {
  if (method === 'DELETE') return 'seal'
  if (method === 'POST') return 'send'
  return place === 'polls' ? 'poll' : 'ask'
}

type Answer = {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

function answerOf(
  order: Order,
  kind: RequestKind,
  id: string,
  key: string,
  request: IncomingMessage,
): Answer | 'none' {
  if (order.treatment === 'is-down') return { status: 503, body: {} }
  switch (kind) {
    case 'send':
      return execute(order, id, key, request)
    case 'poll':
      order.polls += 1
      return order.polls === 1 && order.treatment === 'takes-long'
        ? { status: 202, body: { status: 'processing' } }
        : { status: 200, body: { status: 'succeeded', result: { order: numberOf(id) } } }
    case 'ask':
      if (order.effects.has(key))
        return { status: 200, body: { status: 'succeeded', result: { order: numberOf(id) } } }
      return { status: 404, body: {} }
    case 'seal':
      if (order.effects.has(key))
        return { status: 200, body: { status: 'succeeded', result: { order: numberOf(id) } } }
      order.refused.set(key, 'sealed')
      return { status: 200, body: { status: 'canceled' } }
    default:
      return kind satisfies never
  }
}

/** Once for a key, as a server that honours keys does. */
function execute(order: Order, id: string, key: string, request: IncomingMessage): Answer | 'none' {
  const { treatment, effects, refused, sent } = order
  if (refused.get(key) === 'sealed') return { status: 410, body: { error: 'sealed' } }
  const declined = { status: 402, body: { error: 'declined' } }
  if (refused.has(key)) return { ...declined, headers: { 'idempotent-replayed': 'true' } }
  if (treatment === 'declines' && refused.size === 0) {
    refused.set(key, 'declined')
    return declined
  }
  // Of every two orders one is lost on its way, of the others the answer.
  if (treatment === 'loses-one' && sent.length === 1) {
    if (numberOf(id) % 2 === 0) return 'none'
    effects.set(key, 1)
    return 'none'
  }
  if (!effects.has(key)) effects.set(key, 1)
  if (treatment === 'takes-long') {
    const location = `http://${String(request.headers.host)}/polls/${id}`
    return { status: 202, body: { status: 'processing' }, headers: { location } }
  }
  return { status: 201, body: { order: numberOf(id) } }
}

/** `Promise.withResolvers`, which the compiler's library does not know yet. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(done => (resolve = done))
  return { promise, resolve }
}
