import type { Server } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { idempotent } from 'stillonce/server/fastify'
import { orders, placeOrder, userOf } from './orders.ts'

/* Fastify 5: a shop whose orders happen once for each Idempotency-Key. */
const once = createIdempotency({
  store: memoryStore(), // sqliteStore('keys.db') from 'stillonce/sqlite' survives a crash
  scope: request => userOf(request.headers.get('authorization')),
})

const app = Fastify()

app.post(
  '/orders',
  idempotent(once, async (request: FastifyRequest, reply: FastifyReply) => {
    const order = await placeOrder(request.body as { item: string })
    reply.code(201).header('location', `/orders/${order.order}`)
    return order
  }),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
// Fastify sends a Response as it is.
const webRequest = ({ url, method, headers }: FastifyRequest) =>
  new Request(`http://localhost${url}`, { method, headers: { authorization: headers.authorization ?? '' } })
app.get('/orders/by-key/:key', request => once.status(webRequest(request)))
app.delete('/orders/by-key/:key', request => once.seal(webRequest(request)))
app.get('/orders', () => orders())

export function listen(port: number): Server {
  void app.listen({ port, host: '127.0.0.1' })
  return app.server
}
