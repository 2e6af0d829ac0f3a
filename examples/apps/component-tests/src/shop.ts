import { createClient, keyPath, stillonce } from 'stillonce'
import { indexedDBStore } from 'stillonce/browser'

export type Cart = { id: string; total: number }
export type Receipt = { charge: string }

/** Who is logged in, undefined where nobody is. In life: what the session says. */
export const session: { customer: string | undefined } = { customer: 'customer-7' }

function customerNow(): string {
  if (session.customer === undefined) throw new Error('nobody is logged in')
  return session.customer
}

const deadline = Number(import.meta.env['VITE_DEADLINE'] ?? 30_000)
export const client = createClient({
  http: { baseUrl: '/api/' },
  store: indexedDBStore(),
  scope: customerNow,
  profile: stillonce,
  timeout: 10_000, // of one attempt: a phone that has changed its network would wait for ever for the old one's answer
  deadline, // after which the page says that it is not known yet, and goes on finding out
  poll: { deadline }, // the same while the server says that it is at work
})

export const pay = client.operation<Cart, Receipt>({
  name: 'pay',
  id: cart => cart.id,
  request: cart => ({ method: 'post', url: 'charges', json: cart }),
  cancel: { request: ({ key }) => ({ method: 'delete', url: `charges/by-key/${keyPath(key)}` }) },
})
