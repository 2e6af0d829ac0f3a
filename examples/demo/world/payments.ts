import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createIdempotency } from 'stillonce/server'
import { nodeListener } from 'stillonce/server/node'
import { sqliteStore } from 'stillonce/sqlite'
import { chance } from './chance.ts'
import { openLedger } from './ledger.ts'
import { tellMain } from './messages.ts'
import type { Order } from './orders.ts'

/*
 * A payments server whose effects happen once for a key. Some orders are answered 202 and finished later. A
 * request without a key is a payment of its own.
 */
const [seedText = '', folder = ''] = process.argv.slice(2)
const seed = Number(seedText)
const ledger = openLedger(`${folder}/ledger.db`)
const orderOfKey = new Map<string, string>()
/** Keys whose answer was 202: what became of them the ledger tells. */
const accepted = new Map<string, string>()
const inWork = new Set<Promise<unknown>>()

const once = createIdempotency({
  store: sqliteStore(`${folder}/keys.db`),
  scope: 'payments', // one shop calls; users of their own need scopes of their own
  required: false,
  onEvent: ({ type, key }) => {
    if (type === 'in-progress') note(orderOfKey.get(key), '409: this key is at work')
    if (type === 'replayed') note(orderOfKey.get(key), 'key known: the first answer again')
  },
})

const pay = once.wrap(async request => {
  const key = request.headers.get('idempotency-key')
  const order = (await request.json()) as Order
  if (key !== null) orderOfKey.set(key, order.id)
  const work = execute(order)
  inWork.add(work)
  void work.then(() => inWork.delete(work))
  if (!isFinishedLater(order)) return work
  if (key !== null) accepted.set(key, order.id)
  note(order.id, '202: accepted, finished later')
  const headers = { location: `/payments/${order.id}`, 'retry-after': '1' }
  return Response.json({ status: 'processing' }, { status: 202, headers })
})

/** The payment itself: the bank takes its time, and refuses a few for good. */
async function execute(order: Order): Promise<Response> {
  await sleep(workMs(order))
  if (chance(seed, order.id, 'declined') < 0.04) {
    ledger.decline(order.id)
    note(order.id, 'declined for good')
    return Response.json({ code: 'declined' }, { status: 402 })
  }
  const charge = ledger.charge(order.id)
  tellMain({ type: 'entry', entry: { order: order.id, at: Date.now(), text: 'CHARGED', charged: true } })
  return Response.json({ charge, ...order }, { status: 201 })
}

async function serve(request: Request): Promise<Response> {
  const [, place, ...path] = new URL(request.url).pathname.split('/')
  if (place === 'payments' && request.method === 'POST') return pay(request)
  if (place === 'payments' && path[0] === 'by-key') {
    const later = accepted.get(path[1] ?? '')
    return later === undefined ? once.status(request) : Response.json(ledger.statusOf(later))
  }
  if (place === 'payments') return Response.json(ledger.statusOf(path[0] ?? ''))
  if (place !== 'ledger') return new Response(null, { status: 404 })
  await Promise.all(inWork)
  return Response.json(ledger.count())
}

const server = createServer(nodeListener(serve))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  tellMain({ type: 'listening', url: `http://127.0.0.1:${port}` })
})
process.once('disconnect', () => process.exit())

function isFinishedLater(order: Order): boolean {
  return chance(seed, order.id, 'later') < 0.2
}

/** Mostly it is quick; with a few the shop loses patience while payments is at work. */
function workMs(order: Order): number {
  const random = chance(seed, order.id, 'work')
  if (isFinishedLater(order)) return 300 + 900 * random
  return random < 0.06 ? 900 : 5 + 60 * random
}

function note(order: string | undefined, text: string): void {
  if (order !== undefined) tellMain({ type: 'entry', entry: { order, at: Date.now(), text, charged: false } })
}
