import type { Server } from 'node:http'
import express from 'express'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { idempotent, nodeListener } from 'stillonce/server/node'
import { orders, placeOrder, userOf } from './orders.ts'

/* Express 5: a shop whose orders happen once for each Idempotency-Key. */
type SignedIn = express.Request & { user?: string | undefined }

const once = createIdempotency({
  // In life sqliteStore('keys.db') from 'stillonce/sqlite', which survives a crash.
  store: memoryStore({ maxSettled: Infinity }),
  scope: (_, request: SignedIn) => request.user, // verified below; undefined would be refused
})

const app = express()
app.get('/orders', (_, response) => void response.json(orders()))

app.use((request: SignedIn, response, next) => {
  request.user = userOf(request.headers.authorization)
  if (request.user === undefined) response.status(401).json({ code: 'sign_in' })
  else next()
})
app.post(
  '/orders',
  express.json(),
  idempotent(once, async (request: SignedIn, response: express.Response) => {
    const order = await placeOrder(request.body as { item: string })
    response.status(201).location(`/orders/${order.order}`).json(order)
  }),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
app.get('/orders/by-key/:key', nodeListener(once.status))
app.delete('/orders/by-key/:key', nodeListener(once.seal))

export function listen(port: number): Server {
  return app.listen(port, '127.0.0.1')
}
