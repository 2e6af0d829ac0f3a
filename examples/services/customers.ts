import { createClient, memoryStore, stillonce } from 'stillonce'

/** What the customers were told, while they went on ordering. */
export type Customers = {
  /** Orders that were accepted, with when, epoch ms. */
  readonly accepted: ReadonlyMap<string, number>
  /** Ordered, and not known to be accepted: nobody is told that it failed. */
  readonly unknown: ReadonlySet<string>
  /** No more orders; resolves when each customer has heard of the last one. */
  readonly leave: () => Promise<void>
}

const PAUSE_MS = 40

/** They order one thing after the other, each under a key of its own, and again under the same one where nobody answers. */
export function sendCustomers(ordersUrl: string, customers: number): Customers {
  const client = createClient({
    http: { baseUrl: ordersUrl },
    store: memoryStore(),
    scope: 'customers',
    profile: stillonce,
    timeout: 2_000,
    deadline: 60_000,
  })
  const place = client.operation({
    name: 'place-order',
    id: ({ order }: { readonly order: string; readonly amount: number }) => order,
    request: input => ({ method: 'post', url: 'orders', json: input }),
    status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }) },
  })
  const accepted = new Map<string, number>()
  const unknown = new Set<string>()
  const closing = new AbortController()

  async function customer(number: number): Promise<void> {
    for (let count = 1; !closing.signal.aborted; count += 1) {
      const order = `order-${number}-${count}`
      const { outcome } = await place.start({ order, amount: 5 + (count % 40) }).settled
      if (outcome === 'executed') accepted.set(order, Date.now())
      else unknown.add(order)
      await new Promise(resolve => {
        setTimeout(resolve, PAUSE_MS)
      })
    }
  }
  const all = Promise.all(Array.from({ length: customers }, (_, number) => customer(number + 1)))
  return {
    accepted,
    unknown,
    leave: async () => {
      closing.abort()
      await all
      await client.close()
    },
  }
}
