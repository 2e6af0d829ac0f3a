import { createClient, stillonce } from 'stillonce'
import { indexedDBStore } from 'stillonce/browser'

export type Order = { id: string; total: number }
export type Receipt = { charge: string }

const client = createClient({
  http: { baseUrl: '/api/' },
  store: indexedDBStore(),
  scope: 'customer-7', // in life: a function that says who is logged in now
  profile: stillonce,
  deadline: 10_000, // after which the page says that it is not known yet
})

export const pay = client.operation<Order, Receipt>({
  name: 'pay',
  id: order => order.id, // names the intention: one order, one payment
  request: order => ({ method: 'post', url: 'charges', json: order }),
  status: { request: ({ key }) => ({ url: `charges/by-key/${key}` }) },
})

export const tip = client.operation<Order, Receipt>({
  name: 'tip',
  id: order => order.id,
  request: order => ({ method: 'post', url: 'tips', json: { id: order.id } }),
  status: { request: ({ key }) => ({ url: `tips/by-key/${key}` }) },
})
