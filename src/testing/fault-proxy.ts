import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Framing } from './framing.ts'
import { cutAnswer } from './cut-answer.ts'
import type { ForwardedAnswer } from './forward.ts'
import { forward, wholeBody } from './forward.ts'

/** What the network does to a request on its way. */
export type ProxyFault =
  /** The request never arrives, and the client gets no error. */
  | 'lose-request'
  /** The server does its work, and the answer never comes back. */
  | 'lose-answer'
  /** The connection is reset before the server receives the request. */
  | 'reset-request'
  /** The connection is reset after the server has done its work. */
  | 'reset-answer'
  /** A kept-alive connection is reset at the moment it is used again. A fresh connection is spared. */
  | 'reset-idle'
  /** The answer breaks off in the middle. */
  | 'cut-answer'
  /**
   * The answer breaks off, with a choice of how its end is marked: under `close` nothing shows that something is
   * missing.
   */
  | { readonly cut: Framing }
  /** The server receives the request after this delay, ms, even if the client has given up. */
  | { readonly delay: number }
  /** A gateway answers: before the server receives the request, or with `performed`, instead of the server's answer. */
  | { readonly status: number; readonly performed?: boolean | undefined }

/** A request as it arrived, including its body. */
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
  /** When the request went on to the server, when the server answered, and with which status. */
  readonly forwardedAt?: number | undefined
  readonly answeredAt?: number | undefined
  readonly status?: number | undefined
  readonly endedAt: number
  /** What the client got. `gone`: the client had left. */
  readonly end: 'answer' | 'nothing' | 'reset' | 'status' | 'cut' | 'gone'
}

export type FaultProxyOptions = {
  /** The server's origin, http. */
  readonly to: string
  /** The fault for each request; faults from `next` come first. Default: none. */
  readonly fault?: ((request: ProxiedRequest) => ProxyFault | undefined) | undefined
  readonly onHop?: ((hop: Hop) => void) | undefined
}

export type FaultProxy = {
  /** The proxy's origin, on loopback. */
  readonly url: string
  /** Faults for the next requests, one each; undefined spares a request. */
  readonly next: (...faults: readonly (ProxyFault | undefined)[]) => void
  /** All requests so far, in the order in which they ended. */
  readonly hops: readonly Hop[]
  /** Resolves when no request is on its way and every delayed request was delivered. */
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
    // A client that was killed leaves half a request, and a server that is gone sends no answer.
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
