import { once as onceEvent } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { memoryStore } from '../../src/entries/index.ts'
import { nodeListener } from '../../src/entries/server-node.ts'
import { createIdempotency } from '../../src/entries/server.ts'
import type { IdempotencyOptions } from '../../src/entries/server.ts'
import type { ProxyName } from './programs.ts'
import { serve } from './shop.ts'
import { startProxy } from './start-proxy.ts'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Status and what was said, in short: `201 {"order":1}`, `422 payload-mismatch`. */
  readonly short: string
}

export type Asked = {
  readonly method?: string
  readonly path?: string
  /** Names and values one after the other, as they go out: a name may come twice. */
  readonly headers?: readonly string[]
  readonly body?: string
}

/** `stillonce/server` behind a proxy. */
export type KeyedShop = {
  readonly baseUrl: string
  readonly ask: (asked: Asked) => Promise<Answer>
  /** Half of a request, whose sender then goes away. */
  readonly leaveHalfway: (key: string) => Promise<void>
  /** Items that were executed. */
  readonly executed: readonly string[]
  /** The next order waits until the promise is kept. Resolves when it has come. */
  readonly holdNext: (until: Promise<unknown>) => Promise<void>
  /** The next order waits before its key is looked at. Resolves when it has come. */
  readonly shutDoor: (until: Promise<unknown>) => Promise<void>
  /** The next answer to a POST is lost after it was executed. */
  readonly loseNext: () => void
  readonly close: () => Promise<void>
}

type Held = { readonly until: Promise<unknown>; readonly reached: () => void }

export async function openKeyedShop(
  proxy: ProxyName,
  settings: string,
  options: Partial<IdempotencyOptions> = {},
): Promise<KeyedShop> {
  const executed: string[] = []
  let held: Held | undefined
  let losesNext = false
  let door: Held | undefined
  const once = createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', ...options })
  const order = once.wrap(async request => {
    const { item } = (await request.json()) as { readonly item: string }
    const holding = held
    held = undefined
    holding?.reached()
    await holding?.until
    executed.push(item)
    return Response.json({ order: executed.length }, { status: 201 })
  })
  const listener = nodeListener(async request => {
    if (request.method === 'GET') return once.status(request)
    if (request.method === 'DELETE') return once.seal(request)
    if (door === undefined) return order(request)
    const { until, reached } = door
    door = undefined
    const body = await request.text()
    reached()
    await until
    return order(new Request(request.url, { method: 'POST', headers: request.headers, body }))
  })
  const app = await serve((request, response) => {
    if (request.method === 'POST' && losesNext) {
      losesNext = false
      response.writeHead = () => response
      response.write = () => true
      response.end = () => {
        request.socket.destroy()
        return response
      }
    }
    listener(request, response)
  })
  const way = await startProxy(proxy, settings, app.port)
  return {
    baseUrl: `http://127.0.0.1:${way.port}/`,
    executed,
    ask: asked => ask(way.port, asked),
    leaveHalfway: key => leaveHalfway(way.port, key),
    holdNext: until =>
      new Promise(reached => {
        held = { until, reached }
      }),
    shutDoor: until =>
      new Promise(reached => {
        door = { until, reached }
      }),
    loseNext: () => {
      losesNext = true
    },
    close: async () => {
      await way.stop()
      await app.close()
    },
  }
}

const JSON_BODY = ['content-type', 'application/json', 'connection', 'close']

/** Over a connection of its own, by a client that adds nothing. */
async function ask(
  port: number,
  { method = 'POST', path = '/orders', headers = [], body = '' }: Asked,
): Promise<Answer> {
  const length = method === 'POST' ? ['content-length', String(Buffer.byteLength(body))] : []
  const sent = httpRequest({
    port,
    host: '127.0.0.1',
    method,
    path,
    agent: false,
    headers: ['host', `127.0.0.1:${port}`, ...JSON_BODY, ...length, ...headers],
  })
  sent.end(body)
  const [message] = (await onceEvent(sent, 'response')) as [IncomingMessage]
  const said = await text(message)
  const { statusCode = 0, headers: got } = message
  const mark = got['idempotent-replayed'] === 'true' ? ' replayed' : ''
  return {
    status: statusCode,
    headers: got,
    body: said,
    short: `${statusCode}${mark} ${inShort(said)}`.trim(),
  }
}

async function leaveHalfway(port: number, key: string): Promise<void> {
  const sent = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/orders',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': '14', 'idempotency-key': key },
  })
  sent.on('error', () => undefined)
  sent.write('{"item"')
  await new Promise(resolve => setTimeout(resolve, 100))
  sent.destroy()
}

/** The code of a problem, JSON as it is, and of anything else that it is a page or nothing. */
function inShort(body: string): string {
  if (body === '') return ''
  try {
    const parsed = JSON.parse(body) as { readonly code?: string }
    return parsed.code ?? body
  } catch {
    return 'page'
  }
}
