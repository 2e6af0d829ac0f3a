import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { orders, placeOrder, userOf } from './orders.ts'

/* Hono needs no adapter: its requests and answers are those of Fetch. */
const once = createIdempotency({
  store: memoryStore(), // sqliteStore('keys.db') from 'stillonce/sqlite' survives a crash
  scope: request => userOf(request.headers.get('authorization')),
})

const app = new Hono()

app.post('/orders', c =>
  once.handle(c.req.raw, async () => {
    const order = await placeOrder(await c.req.json<{ item: string }>())
    c.header('location', `/orders/${order.order}`)
    return c.json(order, 201)
  }),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
app.get('/orders/by-key/:key', c => once.status(c.req.raw))
app.delete('/orders/by-key/:key', c => once.seal(c.req.raw))
app.get('/orders', c => c.json(orders()))

export function listen(port: number): Server {
  return serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }) as Server
}
