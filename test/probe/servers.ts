import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/** An answer as it is told: status, body, headers. */
type Answer = readonly [status: number, body: object, headers?: Readonly<Record<string, string>>]

type Asked = { readonly key: string | undefined; readonly order: unknown; readonly server: Server }

/** A shop on loopback. */
export type ProbedShop = {
  readonly url: string
  /** What it did. */
  readonly orders: () => number
  /** Tells the shop what is under way to it, so that what is sent at once meets there. */
  readonly fetch: typeof fetch
}

type Ledger = { orders: number; sent: number; arrived: number; answered: number; readonly news: EventEmitter }

const newLedger = (): Ledger => ({ orders: 0, sent: 0, arrived: 0, answered: 0, news: new EventEmitter() })

const allAreHere = ({ sent, arrived }: Ledger) => arrived >= sent
const othersAreAnswered = ({ sent, answered }: Ledger) => sent - answered <= 1

async function placed(ledger: Ledger, order: unknown, when = allAreHere): Promise<Answer> {
  while (!when(ledger)) await once(ledger.news, 'change')
  if (Array.isArray(order)) return [400, { code: 'no_order' }]
  return [201, { order: (ledger.orders += 1) }]
}

async function open(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  ledger: Ledger,
): Promise<ProbedShop> {
  ledger.news.setMaxListeners(0)
  const server = createServer((request, response) => {
    response.once('close', () => {
      ledger.answered += 1
      ledger.news.emit('change')
    })
    listener(request, response)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/orders`,
    orders: () => ledger.orders,
    fetch: (input, init) => {
      ledger.sent += 1
      return fetch(input, init)
    },
  }
}

/** A shop by its rule; undefined hangs up. */
function shop(rule: (asked: Asked, ledger: Ledger) => Promise<Answer | undefined>): Promise<ProbedShop> {
  const ledger = newLedger()
  return open((request, response) => {
    const server = (request.socket as unknown as { readonly server: Server }).server
    const key = request.headers['idempotency-key']
    void (async () => {
      const order = await json(request)
      ledger.arrived += 1
      ledger.news.emit('change')
      const answer = await rule({ key: key?.toString(), order, server }, ledger)
      if (answer === undefined) {
        request.socket.destroy()
        return
      }
      const [status, body, headers = {}] = answer
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    })()
  }, ledger)
}

export function stillonceShop(): Promise<ProbedShop> {
  const ledger = newLedger()
  const idempotency = createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })
  const serve = idempotency.wrap(async request => {
    const [status, body] = await placed(ledger, await request.json(), othersAreAnswered)
    return Response.json(body, { status })
  })
  return open(nodeListener(serve), ledger)
}

export const ignoringShop = () => shop(({ order }, ledger) => placed(ledger, order))

/** It forgets nothing and repeats nothing. */
export function refusingShop(): Promise<ProbedShop> {
  const used = new Set<string>()
  return shop(async ({ key, order }, ledger) => {
    if (key === undefined) return [400, { code: 'key_required' }]
    if (used.has(key)) return [409, { code: 'duplicate_request' }]
    used.add(key)
    return placed(ledger, order, othersAreAnswered)
  })
}

/** As Stripe documents it: a validation failure is not stored, all else is. */
export function stripeShop(): Promise<ProbedShop> {
  const stored = new Map<string, { readonly text: string; answer?: Answer }>()
  return shop(async ({ key = '', order }, ledger) => {
    if (Array.isArray(order))
      return [400, { error: { type: 'invalid_request_error', code: 'parameter_invalid' } }]
    if (key === '') return placed(ledger, order)
    const text = JSON.stringify(order)
    const known = stored.get(key)
    if (known !== undefined && known.text !== text) return [400, { error: { type: 'idempotency_error' } }]
    if (known !== undefined && known.answer === undefined)
      return [409, { error: { type: 'invalid_request_error', code: 'idempotency_key_in_use' } }]
    if (known?.answer !== undefined)
      return [known.answer[0], known.answer[1], { 'idempotent-replayed': 'true' }]
    const begun: { readonly text: string; answer?: Answer } = { text }
    stored.set(key, begun)
    return (begun.answer = await placed(ledger, order, othersAreAnswered))
  })
}

/** It looks before it works, and writes after: what comes at once does not see each other. */
export function racingShop(): Promise<ProbedShop> {
  const stored = new Map<string, Answer>()
  return shop(async ({ key, order }, ledger) => {
    if (key === undefined) return placed(ledger, order)
    const answer = stored.get(key) ?? (await placed(ledger, order))
    stored.set(key, answer)
    return answer
  })
}

/** It follows the draft to the letter: a structured-field String, and nothing else. */
export function quotedShop(): Promise<ProbedShop> {
  const stored = new Map<string, Promise<Answer>>()
  return shop(async ({ key = '', order }, ledger) => {
    if (!/^"[^"]+"$/.test(key)) return [400, { code: 'not_a_string' }]
    const answer = stored.get(key) ?? placed(ledger, order)
    stored.set(key, answer)
    return answer
  })
}

/** The second request under a key brings it down. */
export function crashingShop(): Promise<ProbedShop> {
  const used = new Set<string>()
  return shop(async ({ key = '', order, server }, ledger) => {
    if (!used.has(key)) {
      used.add(key)
      return placed(ledger, order)
    }
    server.close()
    server.closeAllConnections()
    return undefined
  })
}
