import { createIdempotency } from 'stillonce/server'
import { postgresStore } from 'stillonce/postgres'
import { listen } from './replica.ts'
import { inTransaction, openPool } from './transaction.ts'

/*
 * A replica of the payments service: `payments.ts <its database>`. A charge and the answer of its key commit together. Nothing
 * else keeps a charge from being made twice: the table has no unique column.
 */
const pool = openPool(process.argv[2] ?? '')
const store = postgresStore(pool)
// Resumable: all that a charge does is in its transaction.
const once = createIdempotency({ store, scope: 'orders', resumable: true, lease: 1_500, wait: 1_000 })

type Charge = { readonly order: string; readonly amount: number }

const charge = once.wrap<Charge>(
  (_, { input, completeWithin }) =>
    inTransaction(pool, async client => {
      const { rows } = await client.query<{ readonly id: number }>(
        'INSERT INTO charges (order_id, amount) VALUES ($1, $2) RETURNING id',
        [input.order, input.amount],
      )
      return completeWithin(client, Response.json({ charge: rows[0]?.id }, { status: 201 }))
    }),
  { parse: async request => (await request.json()) as Charge },
)

listen({ post: charge, status: once.status })
