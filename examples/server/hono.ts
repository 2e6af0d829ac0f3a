import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { orders, placeOrder, userOf } from './orders.ts'

/* Hono needs no adapter: its requests and answers are those of Fetch. Its context goes to `scope`. */
type SignedIn = { Variables: { user: string } }

const once = createIdempotency({
  // In life sqliteStore('keys.db') from 'stillonce/sqlite', which survives a crash.
  store: memoryStore({ maxSettled: Infinity }),
  scope: (_, c: Context<SignedIn>) => c.get('user'), // verified below
})

const app = new Hono<SignedIn>()
app.get('/orders', c => c.json(orders()))

app.use(async (c, next) => {
  const user = userOf(c.req.header('authorization'))
  if (user === undefined) return c.json({ code: 'sign_in' }, 401)
  c.set('user', user)
  return next()
})
app.post('/orders', c =>
  once.handle(
    c.req.raw,
    async (_, { input }) => {
      const order = await placeOrder(input as { item: string })
      c.header('location', `/orders/${order.order}`)
      return c.json(order, 201)
    },
    { context: c, parse: 'json' }, // before the claim: what is no JSON leaves the key free
  ),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
app.get('/orders/by-key/:key', c => once.status(c.req.raw, c))
app.delete('/orders/by-key/:key', c => once.seal(c.req.raw, c))

export function listen(port: number): Server {
  return serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }) as Server
}
