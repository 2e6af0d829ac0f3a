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
  timeout: 6_000,
  deadline: 25_000,
  retry: { attempts: 4, backoff: { base: 500, cap: 3_000 } },
  poll: { interval: { min: 500, max: 2_000 }, deadline: 60_000 },
  onEvent: tell,
})

export const payCart = client.operation({
  name: 'pay',
  id: (cart: Cart) => cart.id,
  request: cart => ({ method: 'post', url: 'payments', json: cart }),
  response: Receipt,
  status: { request: ({ key }) => ({ url: `payments/by-key/${keyPath(key)}` }) },
})
