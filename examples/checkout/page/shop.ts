import { createClient, keyPath, stillonce } from 'stillonce'
import { indexedDBStore } from 'stillonce/browser'
import { number, object, string } from 'zod/mini'
import type { Cart } from './cart.ts'
import { tell } from './timeline.ts'

declare const PAYMENTS_URL: string

const Receipt = object({ receipt: string(), amount: number() })

const client = createClient({
  http: { baseUrl: PAYMENTS_URL },
  store: indexedDBStore({ name: 'checkout' }),
  scope: 'guest',
  profile: stillonce,
  timeout: 2_500, // that of plain fetch beside it
  deadline: 20_000,
  retry: { backoff: { base: 500, cap: 2_000 } },
  poll: { interval: { min: 500, max: 2_000 }, deadline: 60_000 },
  onEvent: tell,
})

export const payCart = client.operation({
  name: 'pay',
  id: (cart: Cart) => cart.id,
  request: cart => ({ method: 'post', url: 'payments', json: cart }),
  response: Receipt,
  persist: 'request', // what the page goes on with after a run has ended as unknown
  status: { request: ({ key }) => ({ url: `payments/by-key/${keyPath(key)}` }) },
})
