import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { nodeListener } from 'stillonce/server/node'
import { orders, placeOrder, userOf } from './orders.ts'

/* node:http, without a framework. The same `fetch` serves in a worker or as a Next.js route handler. */
const once = createIdempotency({
  // In life sqliteStore('keys.db') from 'stillonce/sqlite', which survives a crash.
  store: memoryStore({ maxSettled: Infinity }),
  scope: request => userOf(request.headers.get('authorization')), // the verified user, never the token
})

const postOrder = once.wrap(
  async (_, { input }) => {
    const order = await placeOrder(input as { item: string })
    return Response.json(order, { status: 201, headers: { location: `/orders/${order.order}` } })
  },
  { parse: 'json' }, // before the claim: what is no JSON leaves the key free
)

async function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/orders' && request.method === 'GET') return Response.json(orders())
  if (userOf(request.headers.get('authorization')) === undefined)
    return Response.json({ code: 'sign_in' }, { status: 401 })
  if (pathname === '/orders' && request.method === 'POST') return postOrder(request)
  // The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
  if (pathname.startsWith('/orders/by-key/') && request.method === 'GET') return once.status(request)
  if (pathname.startsWith('/orders/by-key/') && request.method === 'DELETE') return once.seal(request)
  return new Response(null, { status: 404 })
}

export function listen(port: number): Server {
  return createServer(nodeListener(fetch)).listen(port, '127.0.0.1')
}
