import type { Server } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { fetchRoute, idempotent } from 'stillonce/server/fastify'
import { orders, placeOrder, userOf } from './orders.ts'

/* Fastify 5: a shop whose orders happen once for each Idempotency-Key. */
type SignedIn = FastifyRequest & { user?: string | undefined }

const once = createIdempotency({
  // In life sqliteStore('keys.db') from 'stillonce/sqlite', which survives a crash.
  store: memoryStore({ maxSettled: Infinity }),
  scope: (_, request: SignedIn) => request.user, // verified below; undefined would be refused
})

const app = Fastify()
app.get('/orders', () => orders())

void app.register(async shop => {
  shop.decorateRequest('user')
  shop.addHook('onRequest', async (request: SignedIn, reply) => {
    request.user = userOf(request.headers.authorization)
    if (request.user === undefined) return reply.code(401).send({ code: 'sign_in' })
  })
  shop.post(
    '/orders',
    idempotent(once, async (request: SignedIn, reply: FastifyReply) => {
      const order = await placeOrder(request.body as { item: string })
      reply.code(201).header('location', `/orders/${order.order}`)
      return order
    }),
  )
  // The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
  shop.get('/orders/by-key/:key', fetchRoute(once.status))
  shop.delete('/orders/by-key/:key', fetchRoute(once.seal))
})

export function listen(port: number): Server {
  void app.listen({ port, host: '127.0.0.1' })
  return app.server
}
