import { createClient, stillonce } from 'stillonce'
import { enqueue, postgresStore } from 'stillonce/postgres'
import { createIdempotency } from 'stillonce/server'
import { startWorker } from 'stillonce/worker'
import { listen } from './replica.ts'
import { inTransaction, openPool } from './transaction.ts'

/*
 * A replica of the orders service: `orders.ts <its database> <the payments service>`. An order, the call that charges it, and the
 * answer of its customer's key commit together; a worker of whichever replica lives makes the call.
 */
const [, , databaseUrl = '', paymentsUrl = ''] = process.argv
const pool = openPool(databaseUrl)
const store = postgresStore(pool)
const client = createClient({
  http: { baseUrl: paymentsUrl },
  store,
  scope: 'orders',
  profile: stillonce,
  timeout: 1_000,
})
type Order = { readonly order: string; readonly amount: number }

const charge = client.operation({
  name: 'charge',
  id: ({ order }: Order) => order,
  request: input => ({ method: 'post', url: 'charges', json: input }),
  status: { request: ({ key }) => ({ url: `charges/by-key/${key}` }) },
  persist: 'request',
})
startWorker(client, { idle: { min: 50, max: 250 }, again: { min: 250, max: 1_000 } })

// Resumable: all that placing an order does is in its transaction.
const once = createIdempotency({ store, scope: 'customers', resumable: true, lease: 1_500, wait: 1_000 })
const placeOrder = once.wrap<Order>(
  (_, { input, completeWithin }) =>
    inTransaction(pool, async transaction => {
      await transaction.query('INSERT INTO orders (id, amount) VALUES ($1, $2)', [input.order, input.amount])
      await enqueue(transaction, charge, input)
      return completeWithin(transaction, Response.json({ accepted: input.order }, { status: 201 }))
    }),
  { parse: async request => (await request.json()) as Order },
)

listen({ post: placeOrder, status: once.status })
