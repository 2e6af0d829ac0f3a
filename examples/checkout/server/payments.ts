import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { createAdaptorServer } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { RecordStore } from 'stillonce'
import { createIdempotency, keyPath } from 'stillonce/server'
import type { Fault, Faults } from './faults.ts'
import { fateOfAsking, fateOfPaying } from './fates.ts'
import type { Lane } from './lanes.ts'
import type { Ledger } from './ledger.ts'

/*
 * The payment server, with two doors. At one `stillonce/server` honours the key and says what became of it; the other
 * takes no key, so each request is a payment. In front of both stands the same network, which the controls break.
 */
const LATENCY_MS = 150
const SLOW_MS = 6_000
const BANK_MS = 4_000
/** Who would wait longer for the bank is told to ask later. */
const PATIENCE_MS = 200

export type Payments = { readonly server: Server; readonly idle: () => Promise<void> }

type Env = { readonly Bindings: HttpBindings; readonly Variables: { fault: Fault } }
type Cart = { readonly id: string; readonly total: number }

export function paymentServer(given: {
  readonly ledgers: Readonly<Record<Lane, Ledger>>
  readonly keys: RecordStore
  readonly faults: Faults
  readonly isStopped: () => boolean
  readonly onDelivery: () => void
}): Payments {
  const { ledgers, keys, faults, isStopped, onDelivery } = given
  // Resumable: a charge is unique for its key in the ledger, so to run again charges nobody again.
  // One scope for all, because one shop calls: whoever knows a key can read its answer and seal it.
  const once = createIdempotency({ store: keys, scope: 'shop', inProgress: 202, resumable: true })

  async function charge(lane: Lane, request: Request, key: string, fault: Fault): Promise<Response> {
    if (fault === 'declined') return problem(402, 'Your card was declined.')
    if (fault === 'later') await sleep(BANK_MS)
    const { id: cart, total: amount } = (await request.json()) as Cart
    ledgers[lane].charge({ key, cart, amount })
    onDelivery()
    return Response.json({ receipt: `R-${key.slice(0, 6).toUpperCase()}`, cart, amount }, { status: 201 })
  }

  const app = new Hono<Env>()

  // What pages of other origins may send, and read: all else is null to them (Fetch, section 3.3.2).
  app.use(
    cors({
      origin: origin => origin,
      allowMethods: ['GET', 'POST'],
      allowHeaders: ['Content-Type', 'Idempotency-Key', 'Idempotency-First-Sent'],
      exposeHeaders: ['Location', 'Retry-After', 'Idempotency-Key', 'Idempotent-Replayed', 'Date'],
      maxAge: 600,
    }),
  )

  app.use(async (c, next) => {
    const { method, path } = c.req
    const lane = path.startsWith('/plain/') ? 'plain' : 'stillonce'
    const ledger = ledgers[lane]
    const cart = cartOf(await c.req.raw.clone().text())
    const key =
      c.req.header('idempotency-key') ?? (method === 'GET' ? path.split('/').at(-1) : undefined) ?? ''
    const fault = method === 'POST' ? faults.meet(lane, cart) : 'none'
    c.set('fault', fault)
    const note = (fate: string) => {
      ledger.note({ method, cart, key, fate })
      onDelivery()
    }
    const lose = (fate: string) => {
      note(fate)
      c.env.outgoing.destroy()
      return RESPONSE_ALREADY_SENT
    }
    await sleep(LATENCY_MS)
    if (fault === 'lose-request' || isStopped()) return lose('lost on the way here')
    if (fault === 'busy') c.res = problem(503, 'Busy')
    else await next()
    const fate = method === 'GET' ? fateOfAsking(c.res, await c.res.clone().text()) : fateOfPaying(c.res)
    if (fault === 'lose-answer') return lose(`${fate}; answer lost`)
    note(fault === 'slow' ? `${fate}; answer late` : fate)
    await sleep(fault === 'slow' ? SLOW_MS : LATENCY_MS)
    return undefined
  })

  app.post('/payments', c => {
    const fault = c.get('fault')
    const pay = once.wrap((request, { key = '' }) => charge('stillonce', request, key, fault))
    const { raw } = c.req
    return fault === 'later' ? Promise.race([pay(raw), accepted(raw)]) : pay(raw)
  })
  app.get('/payments/by-key/:key', ({ req: { raw } }) => once.status(raw))

  app.post('/plain/payments', c => charge('plain', c.req.raw, randomUUID(), c.get('fault')))

  const server = createAdaptorServer(app) as Server
  // A browser sends again by itself what was lost on a connection that it had used before. Here each request has a
  // connection of its own, so that what reaches the server is what the page has sent.
  server.maxRequestsPerSocket = 1
  return { server, idle: () => once.idle() }
}

/** Told before the bank is done; the key's own URL tells the rest. */
async function accepted({ headers }: Request): Promise<Response> {
  await sleep(PATIENCE_MS)
  const location = `/payments/by-key/${keyPath(headers.get('idempotency-key') ?? '')}`
  return Response.json({ status: 'processing' }, { status: 202, headers: { location, 'retry-after': '1' } })
}

function problem(status: number, title: string): Response {
  return Response.json({ title }, { status, headers: { 'content-type': 'application/problem+json' } })
}

function cartOf(body: string): string {
  return /"id":"([^"]*)"/.exec(body)?.[1] ?? ''
}
