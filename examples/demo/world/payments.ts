import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { give, giveStatus, problem, PROCESSING } from './answers.ts'
import { chance } from './chance.ts'
import { openLedger } from './ledger.ts'
import { tellMain } from './messages.ts'
import type { Order } from './orders.ts'

/*
 * A payments server that honours keys as the IETF draft has it: one key, one charge; the first answer again;
 * 409 while it works; 422 for another payload. Some orders are answered 202 and finished later. A request
 * without a key is a payment of its own.
 */
const [seedText = '', file = ''] = process.argv.slice(2)
const seed = Number(seedText)
const ledger = openLedger(file)
const inWork = new Set<Promise<unknown>>()

const server = createServer((request, response) => {
  // A connection that breaks in the middle of a request is no request.
  route(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  tellMain({ type: 'listening', url: `http://127.0.0.1:${port}` })
})
process.once('disconnect', () => process.exit())

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, place = '', ...path] = request.url?.split('/') ?? []
  if (request.method === 'POST' && place === 'payments') return pay(request, response)
  if (place === 'payments' && path[0] === 'by-key') return giveStatus(response, ledger.byKey(path[1] ?? ''))
  if (place === 'payments') return giveStatus(response, ledger.byOrder(path[0] ?? ''))
  if (place !== 'ledger') return give(response, 404, problem('not-found', 404))
  await Promise.all(inWork)
  return give(response, 200, JSON.stringify(ledger.count()))
}

async function pay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const payload = await text(request)
  const order = JSON.parse(payload) as Order
  const key = request.headers['idempotency-key']?.toString()
  if (key !== undefined && !ledger.claim(key, order.id, payload)) return again(response, order, key, payload)
  const work = execute(order, key)
  inWork.add(work)
  void work.then(() => inWork.delete(work))
  if (!isFinishedLater(order)) {
    const { status, body } = await work
    return give(response, status, body)
  }
  note(order.id, '202: accepted, finished later')
  return give(response, 202, PROCESSING, { location: `/payments/${order.id}`, 'retry-after': '1' })
}

/** The payment itself: the bank takes its time, and refuses a few for good. */
async function execute(order: Order, key: string | undefined): Promise<{ status: number; body: string }> {
  await sleep(workMs(order))
  if (chance(seed, order.id, 'declined') < 0.04) {
    const body = problem('declined', 402)
    ledger.refuse(order.id, key, body)
    note(order.id, 'declined for good')
    return { status: 402, body }
  }
  const body = ledger.charge(order.id, key, charge =>
    JSON.stringify({ charge, ...order, status: 'succeeded' }),
  )
  tellMain({ type: 'entry', entry: { order: order.id, at: Date.now(), text: 'CHARGED', charged: true } })
  return { status: 201, body }
}

/** A key that is known: its first answer, or that there is none yet. It never executes again. */
function again(response: ServerResponse, order: Order, key: string, payload: string): void {
  const known = ledger.byKey(key)
  if (known?.payload !== payload) return give(response, 422, problem('key-reused', 422))
  if (known.status === null || known.body === null) {
    note(order.id, '409: this key is at work')
    return give(response, 409, problem('at-work', 409), { 'retry-after': '1' })
  }
  note(order.id, 'key known: the first answer again')
  return give(response, known.status, known.body, { 'idempotent-replayed': 'true' })
}

function isFinishedLater(order: Order): boolean {
  return chance(seed, order.id, 'later') < 0.2
}

/** Mostly it is quick; with a few the shop loses patience while payments is at work. */
function workMs(order: Order): number {
  const random = chance(seed, order.id, 'work')
  if (isFinishedLater(order)) return 300 + 900 * random
  return random < 0.06 ? 900 : 5 + 60 * random
}

function note(order: string, what: string): void {
  tellMain({ type: 'entry', entry: { order, at: Date.now(), text: what, charged: false } })
}
