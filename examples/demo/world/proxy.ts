import { faultProxy } from 'stillonce/testing'
import type { ProxiedRequest, ProxyFault } from 'stillonce/testing'
import { faultOf, holdMs } from './faults.ts'
import type { Fault } from './faults.ts'
import { leave, tellMain } from './messages.ts'

/* The broken network between a shop and payments: it decides by seed, order and count of that order's requests. */
const [payments = '', seedText = ''] = process.argv.slice(2)
const seed = Number(seedText)
const requests = new Map<string, number>()
const orderOfKey = new Map<string, string>()
const meant = new WeakMap<ProxiedRequest, { readonly order: string; readonly fault: Fault | undefined }>()

const proxy = await faultProxy({
  to: payments,
  fault: request => {
    const order = orderOf(request)
    const n = (requests.get(order) ?? 0) + 1
    requests.set(order, n)
    const fault = faultOf(seed, order, n)
    meant.set(request, { order, fault })
    return fault === undefined ? undefined : proxyFault(fault, order, n)
  },
  onHop: ({ request, fault: met, forwardedAt, answeredAt, status, ...hop }) => {
    const { order = '', fault } = meant.get(request) ?? {}
    const what = { order, request: `${request.method} ${request.path}`, fault: met && fault }
    tellMain({ type: 'hop', hop: { ...hop, ...what, forwardedAt, answeredAt, status } })
  },
})
tellMain({ type: 'listening', url: proxy.url })

// The shops are done: what is held is still delivered, and then counted.
process.once('message', () => {
  void proxy.idle().then(leave)
})
process.once('disconnect', () => process.exit())

function proxyFault(fault: Fault, order: string, n: number): ProxyFault {
  switch (fault) {
    case 'request lost':
      return 'lose-request'
    case 'answer lost':
      return 'lose-answer'
    case 'delayed':
      return { delay: holdMs(seed, order, n, 'delayed') }
    case 'delivered late':
      return { delay: holdMs(seed, order, n, 'late') }
    case 'reset before':
      return 'reset-request'
    case 'reset after':
      return 'reset-answer'
    case '503 before':
      return { status: 503 }
    case '503 after':
      return { status: 503, performed: true }
    case 'body cut':
      return { cut: (['length', 'chunks', 'close'] as const)[n % 3] ?? 'length' }
    case 'idle reset':
      return 'reset-idle'
    default:
      return fault satisfies never
  }
}

/** Which order a request is about: it says so itself, or its key was seen before, or its path says so. */
function orderOf({ headers, path, body }: ProxiedRequest): string {
  const last = path.split('/').at(-1) ?? ''
  if (body === '') return orderOfKey.get(last) ?? last
  const { id } = JSON.parse(body) as { readonly id: string }
  const { 'idempotency-key': key } = headers
  if (key !== undefined) orderOfKey.set(key, id)
  return id
}
