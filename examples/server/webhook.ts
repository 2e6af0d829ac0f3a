import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'

/*
 * A payment that a page began, and of which the server itself does not know what became: the provider's answer was lost.
 * The key stays `outcome-unknown`, so that nobody pays twice, until the provider's webhook says it; then the page, which
 * goes on asking, is told.
 */
type Payment = { readonly id: string; readonly amount: number }

/** In life the SDK of a payment provider: it gets the key as the reference that its webhook will name. */
export type Provider = {
  readonly charge: (reference: string, payment: Payment) => Promise<{ charge: string }>
}

/** What the provider tells, once its signature is verified. */
type ProviderEvent = {
  readonly type: 'paid' | 'declined'
  readonly reference: string
  readonly charge?: string
  readonly reason?: string
}

const SECRET = 'whsec-of-the-provider' // in life from the environment, and the signature is made of the body

export function listen(port: number, provider: Provider): Server {
  const once = createIdempotency({
    store: memoryStore({ maxSettled: Infinity }), // in life sqliteStore('keys.db')
    scope: () => 'anna', // in life: the user of the session, once it is verified
  })
  const app = new Hono()
  app.post('/payments', c =>
    once.handle(
      c.req.raw,
      async (_, { key = '', input }) => c.json(await provider.charge(key, input as Payment), 201),
      { parse: 'json' },
    ),
  )
  app.get('/payments/by-key/:key', c => once.status(c.req.raw))

  app.post('/webhooks/provider', async c => {
    if (c.req.header('x-signature') !== SECRET) return c.json({ code: 'not_yours' }, 401)
    const { type, reference, charge, reason }: ProviderEvent = await c.req.json()
    await once.conclude(
      reference,
      type === 'paid'
        ? { scope: 'anna', outcome: 'executed', response: c.json({ charge }, 201) }
        : { scope: 'anna', outcome: 'not-executed', response: c.json({ message: reason }, 402) },
    )
    return c.body(null, 204) // also the second time: the same word changes nothing
  })
  return serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }) as Server
}
