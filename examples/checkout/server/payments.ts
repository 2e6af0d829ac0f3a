import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Switches } from './faults.ts'
import type { Ledger } from './ledger.ts'

/*
 * The payment server. It honours Idempotency-Key, says what became of a key, and lets pages of other origins
 * read the headers that a client needs. In front of it stands the network, which the switches break.
 */
const SLOW_MS = 3_000
const BANK_MS = 4_000

/** Null to scripts of another origin unless they are exposed: Fetch, section 3.3.2. */
const EXPOSED = 'Location, Retry-After, Idempotent-Replayed, Date'

type Answer = {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** For the request log. */
  readonly fate: string
}

export function paymentServer(
  ledger: Ledger,
  switches: () => Switches,
  onDelivery: (method: string) => void,
): Server {
  return createServer((request, response) => {
    deliver(request, response).catch(() => response.destroy())
  })

  async function deliver(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, preflight(request)).end()
      return
    }
    const { fault } = switches()
    const body = await text(request)
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const method = request.method ?? 'GET'
    const key = method === 'POST' ? String(request.headers['idempotency-key'] ?? '') : path.split('/').at(-1)
    const note = (fate: string) => {
      ledger.note({ method, cart: cartOf(body), key: key ?? '', fate })
      onDelivery(method)
    }
    if (fault === 'lose-request') {
      note('lost on the way here')
      response.destroy()
      return
    }
    const answer = fault === 'busy' ? busy : answerTo(method, path, key ?? '', body, fault)
    note(fault === 'lose-answer' ? `${answer.fate}; answer lost` : answer.fate)
    if (fault === 'lose-answer') {
      response.destroy()
      return
    }
    if (fault === 'slow') await sleep(SLOW_MS)
    const headers = { ...cors(request), 'content-type': 'application/json', ...answer.headers }
    response.writeHead(answer.status, headers).end(JSON.stringify(answer.body))
  }

  function answerTo(
    method: string,
    path: string,
    key: string,
    body: string,
    fault: Switches['fault'],
  ): Answer {
    if (method === 'GET' && path.startsWith('/payments/by-key/')) return statusOf(key)
    if (method !== 'POST' || path !== '/payments')
      return { status: 404, body: { title: 'Not here' }, fate: 'not found' }
    if (key === '')
      return { status: 400, body: { title: 'Idempotency-Key is missing' }, fate: 'refused: no key' }
    return charge(key, body, fault)
  }

  function charge(key: string, body: string, fault: Switches['fault']): Answer {
    const known = ledger.find(key)
    if (known === undefined && fault === 'declined')
      return { status: 402, body: { title: 'Your card was declined' }, fate: 'declined' }
    const order = { cart: cartOf(body), amount: amountOf(body), body }
    const readyAt = Date.now() + (fault === 'later' ? BANK_MS : 0)
    const done = ledger.charge(key, order, readyAt)
    if (done === 'other-order')
      return {
        status: 422,
        body: { title: 'This key was used for another order' },
        fate: 'refused: key reused',
      }
    const found = ledger.find(key)
    if (found !== undefined && found.readyAt > Date.now()) {
      const headers = { location: `/payments/by-key/${key}`, 'retry-after': '1' }
      return { status: 202, body: { status: 'processing' }, headers, fate: 'accepted; the bank is at work' }
    }
    const isReplay = done === 'charged-before'
    return {
      status: 201,
      body: receiptOf(key, order),
      headers: isReplay ? { 'idempotent-replayed': 'true' } : {},
      fate: isReplay ? 'charged before: same receipt again' : 'charged',
    }
  }

  function statusOf(key: string): Answer {
    const found = ledger.find(key)
    if (found === undefined) return { status: 404, body: { title: 'Never seen' }, fate: 'asked: never seen' }
    if (found.readyAt > Date.now()) {
      const headers = { 'retry-after': '1' }
      return { status: 200, body: { status: 'processing' }, headers, fate: 'asked: still at work' }
    }
    return {
      status: 200,
      body: { status: 'succeeded', result: receiptOf(key, found) },
      fate: 'asked: charged',
    }
  }
}

const busy: Answer = { status: 503, body: { title: 'Busy' }, fate: 'turned away: busy' }

function receiptOf(key: string, { cart, amount }: { readonly cart: string; readonly amount: number }) {
  return { receipt: `R-${key.slice(0, 6).toUpperCase()}`, cart, amount }
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

function cartOf(body: string): string {
  const { id } = parsed(body)
  return typeof id === 'string' ? id : ''
}

function amountOf(body: string): number {
  return Number(parsed(body)['total'] ?? 0)
}

function cors(request: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-expose-headers': EXPOSED,
    vary: 'Origin',
  }
}

function preflight(request: IncomingMessage): Record<string, string> {
  return {
    ...cors(request),
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'Content-Type, Idempotency-Key',
    'access-control-max-age': '600',
  }
}
