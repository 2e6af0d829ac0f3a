import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Framing } from './cut-answer.ts'
import { cutAnswer } from './cut-answer.ts'
import type { ForwardedAnswer } from './forward.ts'
import { forward, wholeBody } from './forward.ts'

/** What the network does to a request on its way. */
export type ProxyFault =
  /** The request never arrives, and nobody says so. */
  | 'lose-request'
  /** The server does its work, and the answer never comes back. */
  | 'lose-answer'
  /** The connection is reset before the server gets it. */
  | 'reset-request'
  /** The connection is reset when the server has done its work. */
  | 'reset-answer'
  /** A kept connection is reset in the moment it is used again; a fresh one is spared. */
  | 'reset-idle'
  /** The answer breaks off in the middle. */
  | 'cut-answer'
  /** The same, and how its end was to be known: under `close` nothing shows that something is missing. */
  | { readonly cut: Framing }
  /** The server gets it so late, ms, also when the client has given up. */
  | { readonly delay: number }
  /** A gateway answers, before the server gets it or, where it was `performed`, in place of its answer. */
  | { readonly status: number; readonly performed?: boolean }

/** A request as it arrived, body included. */
export type ProxiedRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One request on its way. Times are epoch ms. */
export type Hop = {
  readonly request: ProxiedRequest
  readonly fault: ProxyFault | undefined
  readonly arrivedAt: number
  /** When it went on to the server, and when that answered, with which status. */
  readonly forwardedAt?: number | undefined
  readonly answeredAt?: number | undefined
  readonly status?: number | undefined
  readonly endedAt: number
  /** What the client got; `gone`: it had left. */
  readonly end: 'answer' | 'nothing' | 'reset' | 'status' | 'cut' | 'gone'
}

export type FaultProxyOptions = {
  /** The server's origin, http. */
  readonly to: string
  /** What each request meets; those that `next` names come before. Default nothing. */
  readonly fault?: ((request: ProxiedRequest) => ProxyFault | undefined) | undefined
  readonly onHop?: ((hop: Hop) => void) | undefined
}

export type FaultProxy = {
  /** The proxy's origin, on loopback. */
  readonly url: string
  /** What the next requests meet, in turn; undefined spares one. */
  readonly next: (...faults: readonly (ProxyFault | undefined)[]) => void
  /** All that passed, in the order in which it ended. */
  readonly hops: readonly Hop[]
  /** Resolves when nothing is on its way: what is delayed was delivered. */
  readonly idle: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * A network that breaks, between any client and any server, over real sockets; for Node.
 *
 * @example
 * const proxy = await faultProxy({ to: 'http://127.0.0.1:3000' })
 * proxy.next('lose-answer', { status: 503 })
 */
export async function faultProxy({ to, fault, onHop }: FaultProxyOptions): Promise<FaultProxy> {
  const planned: (ProxyFault | undefined)[] = []
  const hops: Hop[] = []
  const used = new WeakSet<Socket>()
  const underWay = new Set<Promise<void>>()

  async function pass(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = Date.now()
    const { socket } = message
    const body = await wholeBody(message)
    const request = requestOf(message, body)
    const meant = planned.length > 0 ? planned.shift() : fault?.(request)
    const met = meant === 'reset-idle' && !used.has(socket) ? undefined : meant
    used.add(socket)

    let passed: Pick<Hop, 'forwardedAt' | 'answeredAt' | 'status'> = {}
    const end = (how: Hop['end']) => {
      const hop: Hop = { request, fault: met, arrivedAt, ...passed, endedAt: Date.now(), end: how }
      hops.push(hop)
      onHop?.(hop)
    }
    const serve = async (): Promise<ForwardedAnswer> => {
      const forwardedAt = Date.now()
      passed = { forwardedAt }
      const answer = await forward(to, message, body)
      passed = { forwardedAt, answeredAt: Date.now(), status: answer.status }
      return answer
    }
    const deliver = (answer: ForwardedAnswer) => {
      const gone = socket.destroyed
      response.writeHead(answer.status, answer.headers).end(answer.body)
      end(gone ? 'gone' : 'answer')
    }
    const reset = () => {
      socket.resetAndDestroy()
      end('reset')
    }

    if (met === undefined) return deliver(await serve())
    if (typeof met === 'object' && 'delay' in met) {
      await new Promise(resolve => {
        setTimeout(resolve, met.delay)
      })
      return deliver(await serve())
    }
    if (typeof met === 'object' && 'status' in met) {
      if (met.performed === true) await serve()
      response.writeHead(met.status, { 'content-type': 'text/plain' }).end('upstream connect error')
      return end('status')
    }
    if (met === 'cut-answer' || typeof met === 'object') {
      cutAnswer(response, await serve(), met === 'cut-answer' ? 'length' : met.cut)
      return end('cut')
    }
    switch (met) {
      case 'lose-request':
        return end('nothing')
      case 'lose-answer':
        await serve()
        return end('nothing')
      case 'reset-request':
      case 'reset-idle':
        return reset()
      case 'reset-answer':
        await serve()
        return reset()
      default:
        return met satisfies never
    }
  }

  const server = process.getBuiltinModule('node:http').createServer((message, response) => {
    // A client that is killed leaves half a request, and a server that is gone no answer.
    const passing = pass(message, response).catch(() => void message.socket.destroy())
    underWay.add(passing)
    void passing.then(() => underWay.delete(passing))
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    next: (...faults) => void planned.push(...faults),
    hops,
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function requestOf({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer): ProxiedRequest {
  const single = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  )
  return { method, path: url, headers: Object.fromEntries(single), body: body.toString() }
}
