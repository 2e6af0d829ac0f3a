import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { createAdaptorServer } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { RecordStore } from 'stillonce'
import { createIdempotency, keyPath } from 'stillonce/server'
import type { Switches } from './faults.ts'
import { fateOfAsking, fateOfPaying } from './fates.ts'
import type { Ledger } from './ledger.ts'

/*
 * The payment server: `stillonce/server` honours the key and says what became of it. In front of it stands the
 * network, which the switches break.
 */
const SLOW_MS = 3_000
const BANK_MS = 4_000
/** Who would wait longer for the bank is told to ask later. */
const PATIENCE_MS = 200

export type Payments = { readonly server: Server; readonly idle: () => Promise<void> }

export function paymentServer(
  ledger: Ledger,
  keys: RecordStore,
  switches: () => Switches,
  onDelivery: (method: string) => void,
): Payments {
  // Resumable: a charge is unique for its key in the ledger, so to run again charges nobody again.
  // One scope for all, because one shop calls: whoever knows a key can read its answer and seal it.
  const once = createIdempotency({ store: keys, scope: 'shop', inProgress: 202, resumable: true })

  const pay = once.wrap(async (request, { key = '' }) => {
    const { fault } = switches()
    if (fault === 'declined') return problem(402, 'Your card was declined')
    if (fault === 'later') await sleep(BANK_MS)
    const { id: cart, total: amount } = (await request.json()) as { id: string; total: number }
    ledger.charge({ key, cart, amount })
    return Response.json({ receipt: `R-${key.slice(0, 6).toUpperCase()}`, cart, amount }, { status: 201 })
  })

  const app = new Hono<{ Bindings: HttpBindings }>()

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
    const { fault } = switches()
    const { method } = c.req
    const sent = await c.req.raw.clone().text()
    const key = c.req.header('idempotency-key') ?? c.req.path.split('/').at(-1) ?? ''
    const note = (fate: string) => {
      ledger.note({ method, cart: cartOf(sent), key, fate })
      onDelivery(method)
    }
    const lose = (fate: string) => {
      note(fate)
      c.env.outgoing.destroy()
      return RESPONSE_ALREADY_SENT
    }
    if (fault === 'lose-request') return lose('lost on the way here')
    if (fault === 'busy') c.res = problem(503, 'Busy')
    else await next()
    const fate = method === 'GET' ? fateOfAsking(c.res, await c.res.clone().text()) : fateOfPaying(c.res)
    if (fault === 'lose-answer') return lose(`${fate}; answer lost`)
    note(fate)
    if (fault === 'slow') await sleep(SLOW_MS)
    return undefined
  })

  app.post('/payments', ({ req: { raw } }) =>
    switches().fault === 'later' ? Promise.race([pay(raw), accepted(raw)]) : pay(raw),
  )
  app.get('/payments/by-key/:key', ({ req: { raw } }) => once.status(raw))

  return { server: createAdaptorServer(app) as Server, idle: () => once.idle() }
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
