import { createClient, keyPath, stillonce } from 'stillonce'
import { sqliteStore } from 'stillonce/sqlite'
import * as z from 'zod'
import { placeOrders } from './world/counter.ts'
import { leave, tellMain } from './world/messages.ts'
import type { Order } from './world/orders.ts'

/* A shop that pays through stillonce. It may be killed at any moment and started again. */
const [baseUrl = '', folder = ''] = process.argv.slice(2)
const store = sqliteStore(`${folder}/operations.db`)
const client = createClient({
  http: { baseUrl },
  store,
  scope: 'shop',
  profile: stillonce,
  // Shorter than in life, so that the demo does not take long.
  timeout: 600,
  deadline: 10_000,
  retry: { backoff: { base: 50, cap: 500 } },
  poll: { interval: { min: 200, max: 1_000 }, deadline: 10_000 },
  onEvent: event => tellMain({ type: 'event', event }),
})

const payment = client.operation({
  name: 'pay',
  id: (order: Order) => order.id,
  request: order => ({ method: 'post', url: 'payments', json: order }),
  response: z.object({ charge: z.string() }),
  status: { request: ({ key }) => ({ url: `payments/by-key/${keyPath(key)}` }) },
  persist: 'request',
})

// What was open when the last process was killed goes on, under the keys that it wrote down.
await client.resume({ send: true })

await placeOrders(folder, async order => {
  // Refused, but the last process did not live to say so: another run would be another try, with a new key.
  if ((await payment.inspect(order))?.state === 'failed') return 'not-executed'
  const end = await payment.start(order).settled
  // Not refused, only not sent yet: the order stays open.
  if (end.outcome === 'not-executed' && end.error.code !== 'rejected') return 'unknown'
  return end.outcome
})

await client.close()
await store.close?.()
leave()
