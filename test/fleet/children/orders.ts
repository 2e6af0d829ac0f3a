/**
 * A process of a fleet: `orders.ts <JSON of OrdersWork>`. It pays orders as it is told, all at once, and sends what it was
 * told of each; `resume` takes up what lies open, of all, and sends what nobody knows of.
 */
import { createClient } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { ietf } from '../../../src/profiles/ietf.ts'
import { STORES } from '../stores.ts'

export type OrdersWork = {
  readonly store: keyof typeof STORES
  readonly storeUrl: string
  readonly paymentsUrl: string
}

export type OrdersTask = { readonly pay: readonly string[] } | { readonly resume: true }

export type Paid = {
  readonly order: string
  readonly outcome: string
  readonly charge: string | undefined
  readonly key: string | undefined
  readonly code?: string
}

const work = JSON.parse(process.argv[2] ?? '') as OrdersWork
const store = await STORES[work.store](work.storeUrl)
const client = createClient({
  transport: fetchTransport({ baseUrl: work.paymentsUrl }),
  store,
  scope: 'fleet',
  profile: ietf,
  timeout: 2_000,
  deadline: 60_000,
})
const pay = client.operation<{ order: string }, { order: string; charge: string }>({
  name: 'pay',
  id: ({ order }) => order,
  persist: 'request',
  request: input => ({ method: 'post', url: 'payments', json: input }),
})

async function paid(order: string): Promise<Paid> {
  const operation = pay.start({ order })
  const end = await operation.settled
  return {
    order,
    outcome: end.outcome,
    charge: end.outcome === 'executed' ? end.data?.charge : undefined,
    key: operation.snapshot.key,
    ...(end.error !== undefined && { code: `${end.error.code}: ${end.error.message}` }),
  }
}

process.on('message', (task: OrdersTask) => {
  void ('pay' in task ? Promise.all(task.pay.map(paid)) : client.resume({ send: true })).then(result => {
    process.send?.(result)
  })
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
