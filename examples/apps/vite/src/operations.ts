import { createClient, stillonce } from 'stillonce'
import { indexedDBStore } from 'stillonce/browser'

export type Order = { id: string; total: number }
export type Receipt = { charge: string }

const client = createClient({
  http: { baseUrl: '/api/' },
  store: indexedDBStore(),
  scope: 'customer-7', // in life: a function that says who is logged in now
  profile: stillonce,
  timeout: 10_000, // of one attempt: a phone that has changed its network would wait for ever for the old one's answer
  deadline: 30_000, // after which the page says that it is not known yet, and goes on finding out
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
