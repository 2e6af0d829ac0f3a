import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { json } from 'node:stream/consumers'
import { bundled } from './bundled.ts'

/** One request to charge a cart, as it arrived. */
export type Charge = {
  readonly cart: string
  readonly key: string
  /** Which request for this cart it is, from 1. */
  readonly nth: number
  /** Which request on its connection it is, from 1. */
  readonly nthOnSocket: number
  /** Charges the cart, unless this key has done so. */
  readonly execute: () => void
  /** The receipt, marked as a replay where the key was executed before this request. */
  readonly answer: (headers?: Readonly<Record<string, string>>) => void
  readonly reply: (
    status: number,
    body: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ) => void
  /** Resets the connection. */
  readonly drop: () => void
  /** Writes this instead of an answer, and ends the connection as if that were all (FIN). */
  readonly end: (text: string) => void
}

/** What became of one cart. */
export type Entry = { readonly keys: Set<string>; executions: number; deliveries: number }

export type Shop = {
  readonly origin: string
  readonly ledger: ReadonlyMap<string, Entry>
  /** What the server does with a charge. Default: executes and answers. */
  onCharge: (charge: Charge) => unknown
  /** Headers of every answer: what CORS exposes. */
  headers: (request: IncomingMessage) => Readonly<Record<string, string>>
  readonly pages: Map<string, { readonly type: string; readonly text: string }>
  /** Resolves when this many requests for the cart have arrived. */
  readonly arrived: (cart: string, count?: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** A payment server that honours keys, and the page that pays: on the sources, or on a built package. */
export async function openShop(dist?: string): Promise<Shop> {
  const script = await bundled('shop-page.ts', dist)
  const ledger = new Map<string, Entry>()
  const executed = new Set<string>()
  const watchers = new Set<() => void>()
  const requestsOf = new WeakMap<Socket, number>()

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  // What is idle stays open, however slow the machine is: browsers send again over what they had open.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`

  const shop: Shop = {
    origin,
    ledger,
    onCharge: executeAndAnswer,
    headers: () => ({}),
    pages: new Map([
      [
        '/',
        { type: 'text/html', text: '<!doctype html><title>Shop</title><script src="/shop.js"></script>' },
      ],
      ['/shop.js', { type: 'text/javascript', text: script }],
      ['/elsewhere', { type: 'text/html', text: '<!doctype html><title>Elsewhere</title>' }],
    ]),
    arrived: (cart, count = 1) =>
      new Promise(resolve => {
        const look = () => {
          if ((ledger.get(cart)?.deliveries ?? 0) < count) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nthOnSocket = (requestsOf.get(request.socket) ?? 0) + 1
    requestsOf.set(request.socket, nthOnSocket)
    const path = new URL(request.url ?? '/', origin).pathname
    const page = shop.pages.get(path)
    if (request.method === 'GET' && page !== undefined) {
      response.writeHead(200, { 'content-type': page.type, 'cache-control': 'no-cache' }).end(page.text)
      return
    }
    if (request.method === 'OPTIONS') {
      response.writeHead(204, preflight(request)).end()
      return
    }
    if (request.method !== 'POST' || path !== '/charges') {
      response.writeHead(404).end()
      return
    }
    const { cart } = (await json(request)) as { readonly cart: string }
    await shop.onCharge(chargeOf(request, response, cart, nthOnSocket))
  }

  function chargeOf(
    request: IncomingMessage,
    response: ServerResponse,
    cart: string,
    nthOnSocket: number,
  ): Charge {
    const key = String(request.headers['idempotency-key'])
    const entry = ledger.get(cart) ?? { keys: new Set(), executions: 0, deliveries: 0 }
    ledger.set(cart, entry)
    entry.keys.add(key)
    entry.deliveries += 1
    const nth = entry.deliveries
    const isReplay = executed.has(key)
    for (const look of watchers) look()
    const reply: Charge['reply'] = (status, body, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...shop.headers(request), ...headers })
      response.end(body)
    }
    return {
      cart,
      key,
      nth,
      nthOnSocket,
      execute: () => {
        if (executed.has(key)) return
        executed.add(key)
        entry.executions += 1
      },
      answer: headers =>
        reply(201, JSON.stringify({ cart, receipt: `receipt of ${cart}` }), {
          ...(isReplay && { 'idempotent-replayed': 'true' }),
          ...headers,
        }),
      reply,
      drop: () => request.socket.resetAndDestroy(),
      end: text => request.socket.end(text),
    }
  }

  return shop
}

export function executeAndAnswer(charge: Charge): void {
  charge.execute()
  charge.answer()
}

function preflight(request: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
  }
}

export type Tally = {
  readonly carts: number
  readonly doubled: readonly string[]
  readonly lost: readonly string[]
  /** With more than one key. */
  readonly rekeyed: readonly string[]
}

/** What the ledger says of carts that were all told to be paid. */
export function tally(shop: Shop, carts: readonly string[]): Tally {
  const entry = (cart: string) => shop.ledger.get(cart)
  return {
    carts: carts.length,
    doubled: carts.filter(cart => (entry(cart)?.executions ?? 0) > 1),
    lost: carts.filter(cart => (entry(cart)?.executions ?? 0) < 1),
    rekeyed: carts.filter(cart => (entry(cart)?.keys.size ?? 0) !== 1),
  }
}
