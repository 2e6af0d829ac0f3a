import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { cutBody } from './cut-body.ts'
import { faultOf, holdMs } from './faults.ts'
import { forwarded } from './forwarded.ts'
import type { Answer } from './forwarded.ts'
import { leave, tellMain } from './messages.ts'
import type { Hop } from './messages.ts'

/* The broken network between a shop and payments: it decides by seed, order and count of that order's requests. */
const [payments = '', seedText = ''] = process.argv.slice(2)
const seed = Number(seedText)
const requests = new Map<string, number>()
const orderOfKey = new Map<string, string>()
const used = new WeakSet<Socket>()
const underWay = new Set<Promise<void>>()

const server = createServer((request, response) => {
  // A shop that is killed leaves half a request: that never was one.
  const passing = pass(request, response).catch(() => void request.socket.destroy())
  underWay.add(passing)
  void passing.then(() => underWay.delete(passing))
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  tellMain({ type: 'listening', url: `http://127.0.0.1:${port}` })
})

// The shops are done: what is held is still delivered, and then counted.
process.once('message', () => {
  void Promise.all(underWay).then(leave)
})
process.once('disconnect', () => process.exit())

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const arrivedAt = Date.now()
  const { socket } = request
  const body = await text(request)
  const order = orderOf(request, body)
  const n = (requests.get(order) ?? 0) + 1
  requests.set(order, n)
  const planned = faultOf(seed, order, n)
  // Only a connection that was kept can be reset while it is idle.
  const fault = planned === 'idle reset' && !used.has(socket) ? undefined : planned
  used.add(socket)

  let forwardedAt: number | undefined
  let answeredAt: number | undefined
  let status: number | undefined
  const forward = async () => {
    forwardedAt = Date.now()
    const answer = await forwarded(payments, request, body)
    answeredAt = Date.now()
    status = answer.status
    return answer
  }
  const ended = (end: Hop['end']) => {
    const hop = { order, request: `${request.method} ${request.url}`, fault, arrivedAt, forwardedAt }
    tellMain({ type: 'hop', hop: { ...hop, answeredAt, status, endedAt: Date.now(), end } })
  }
  const deliver = (answer: Answer) => {
    const gone = socket.destroyed
    response.writeHead(answer.status, answer.headers).end(answer.body)
    ended(gone ? 'shop gone' : 'answer')
  }
  const reset = () => {
    socket.resetAndDestroy()
    ended('reset')
  }
  const unavailable = () => {
    response.writeHead(503, { 'content-type': 'text/plain' }).end('upstream connect error')
    ended('503')
  }

  switch (fault) {
    case undefined:
      return deliver(await forward())
    case 'request lost':
      return ended('nothing')
    case 'answer lost':
      await forward()
      return ended('nothing')
    case 'delayed':
      await sleep(holdMs(seed, order, n, 'delayed'))
      return deliver(await forward())
    case 'delivered late':
      await sleep(holdMs(seed, order, n, 'late'))
      return deliver(await forward())
    case 'reset before':
    case 'idle reset':
      return reset()
    case 'reset after':
      await forward()
      return reset()
    case '503 before':
      return unavailable()
    case '503 after':
      await forward()
      return unavailable()
    case 'body cut':
      cutBody(response, await forward(), n)
      return ended('cut')
    default:
      return fault satisfies never
  }
}

/** Which order a request is about: it says so itself, or its key was seen before, or its path says so. */
function orderOf(request: IncomingMessage, body: string): string {
  const last = request.url?.split('/').at(-1) ?? ''
  if (body === '') return orderOfKey.get(last) ?? last
  const { id } = JSON.parse(body) as { readonly id: string }
  const key = request.headers['idempotency-key']
  if (typeof key === 'string') orderOfKey.set(key, id)
  return id
}
