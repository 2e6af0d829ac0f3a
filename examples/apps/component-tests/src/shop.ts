import { createClient, stillonce } from 'stillonce'
import { indexedDBStore } from 'stillonce/browser'

export type Cart = { id: string; total: number }
export type Receipt = { charge: string }

const client = createClient({
  http: { baseUrl: '/api/' },
  store: indexedDBStore(),
  scope: 'customer-7',
  profile: stillonce,
  deadline: Number(import.meta.env['VITE_DEADLINE'] ?? 60_000),
})

export const pay = client.operation<Cart, Receipt>({
  name: 'pay',
  id: cart => cart.id,
  request: cart => ({ method: 'post', url: 'charges', json: cart }),
})
