import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request as it arrived, body included. */
export type Received = {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request, and what the server may do about it. */
export type Exchange = {
  readonly request: Received
  /** Counts the effect: once per key on a server that honours keys, else each time. */
  readonly execute: () => void
  readonly reply: (status: number, body?: string, headers?: Readonly<Record<string, string>>) => void
  /** These bytes and nothing else; the connection stays open. */
  readonly write: (bytes: string | Uint8Array) => void
  /** Ends the connection in order, after these bytes. */
  readonly close: (bytes?: string) => void
  /** Ends the connection with a reset. */
  readonly reset: () => void
  readonly socket: Socket
}

export type Step = (exchange: Exchange) => unknown

export type TestServer = {
  readonly origin: string
  readonly port: number
  readonly requests: readonly Received[]
  /** How often the operation happened. */
  readonly effects: number
  readonly connections: number
  /** Resolves when this many requests have been received and handled. */
  readonly received: (count: number) => Promise<void>
  /** Takes no more connections; those that are open go on. */
  readonly refuse: () => void
  readonly close: () => Promise<void>
}

export type ServerOptions = {
  /** Default `honours`. */
  readonly keys?: 'honours' | 'ignores'
  readonly port?: number
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Sees each connection before anything is read; true takes it away from the server. */
  readonly intercept?: (socket: Socket, nth: number) => boolean
}

/** A server whose nth request is handled by the nth step, and every later one by the last. It ends with the test. */
export async function startServer(steps: readonly Step[], options: ServerOptions = {}): Promise<TestServer> {
  const requests: Received[] = []
  const executed: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  let connections = 0
  let handled = 0

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(message)
    requests.push(request)
    const { socket } = message
    await steps[Math.min(requests.length, steps.length) - 1]?.({
      request,
      execute: () => {
        if (options.keys === 'ignores' || !executed.includes(request.key)) executed.push(request.key)
      },
      reply: (status, body = '', headers = {}) => {
        response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
        response.end(body)
      },
      write: bytes => socket.write(bytes),
      close: (bytes = '') => socket.end(bytes),
      reset: () => socket.resetAndDestroy(),
      socket,
    })
    handled += 1
    for (const { count, resolve } of waiting) if (handled >= count) resolve()
  }

  const inner = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls)
  inner.on('request', (message: IncomingMessage, response: ServerResponse) => {
    handle(message, response).catch(() => message.socket.destroy())
  })
  const server = createServer(socket => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (options.intercept?.(socket, connections) !== true) inner.emit('connection', socket)
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const closed = once(server, 'close')
  function refuse(): void {
    if (server.listening) server.close()
  }
  async function close(): Promise<void> {
    refuse()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  onTestFinished(close)
  return {
    origin: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    get effects() {
      return executed.length
    },
    get connections() {
      return connections
    },
    received: count =>
      new Promise(resolve => {
        if (handled >= count) resolve()
        else waiting.push({ count, resolve })
      }),
    refuse,
    close,
  }
}

async function read(message: IncomingMessage): Promise<Received> {
  const key = message.headers['idempotency-key']
  return {
    method: message.method ?? '',
    path: message.url ?? '',
    key: typeof key === 'string' ? key : undefined,
    headers: message.headers,
    body: await text(message),
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** The step of a server that works: it executes, once for a key that it honours, and answers. */
export const creates: Step = ({ execute, reply }) => {
  execute()
  reply(201, '{"order":9}', JSON_TYPE)
}

/** Answers without executing. */
export function answers(
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): Step {
  return ({ reply }) => reply(status, body, headers)
}

/** A port of this host where nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
