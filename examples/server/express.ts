import type { Server } from 'node:http'
import express from 'express'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { idempotent, nodeListener } from 'stillonce/server/node'
import { orders, placeOrder, userOf } from './orders.ts'

/* Express 5: a shop whose orders happen once for each Idempotency-Key. */
const once = createIdempotency({
  store: memoryStore(), // sqliteStore('keys.db') from 'stillonce/sqlite' survives a crash
  scope: request => userOf(request.headers.get('authorization')),
})

const app = express()

app.post(
  '/orders',
  express.json(),
  idempotent(once, async (request: express.Request, response: express.Response) => {
    const order = await placeOrder(request.body as { item: string })
    response.status(201).location(`/orders/${order.order}`).json(order)
  }),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
app.get('/orders/by-key/:key', nodeListener(once.status))
app.delete('/orders/by-key/:key', nodeListener(once.seal))
app.get('/orders', (_, response) => void response.json(orders()))

export function listen(port: number): Server {
  return app.listen(port, '127.0.0.1')
}
