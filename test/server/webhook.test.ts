import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { listen } from '../../examples/server/webhook.ts'
import { createClient, describe, keyPath } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A page before the server of examples/server/webhook.ts, whose provider charges, and loses its answer. */
async function page() {
  const charged: string[] = []
  server = listen(0, {
    charge: async reference => {
      charged.push(reference)
      throw new Error('the answer of the provider was lost')
    },
  })
  if (!server.listening) await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const client = createClient({
    transport: fetchTransport({ baseUrl: url }),
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
  })
  const pay = client.operation({
    name: 'pay',
    id: (payment: { id: string; amount: number }) => payment.id,
    request: payment => ({ method: 'post', url: 'payments', json: payment }),
    status: { request: ({ key }) => ({ url: `payments/by-key/${keyPath(key)}` }) },
  })
  const webhook = (event: object, signature = 'whsec-of-the-provider') =>
    fetch(`${url}webhooks/provider`, {
      method: 'POST',
      body: JSON.stringify(event),
      headers: { 'content-type': 'application/json', 'x-signature': signature },
    })
  return { client, pay, charged, webhook }
}

const payment = { id: 'invoice-42', amount: 1_999 }

test.each([
  ['paid', { type: 'paid', charge: 'ch_1' }, { outcome: 'executed', data: { charge: 'ch_1' } }],
  ['declined', { type: 'declined', reason: 'Your card was declined.' }, { outcome: 'not-executed' }],
])('a payment of which the server does not know is %s by its webhook', async (_, event, expected) => {
  const { client, pay, charged, webhook } = await page()
  const run = pay.start(payment)
  await expect.poll(() => charged, { timeout: 10_000 }).toHaveLength(1)
  run.abort() // the page is left
  const end = await run.settled
  expect(end.outcome).toBe('unknown')
  const [reference] = charged
  expect(reference).toBe(end.error?.key)

  expect((await webhook({ ...event, reference }, 'forged')).status).toBe(401)
  expect((await webhook({ ...event, reference })).status).toBe(204)
  expect((await webhook({ ...event, reference })).status).toBe(204)
  const told = await new Promise(resolve => {
    pay.watch(payment, (_snapshot, known) => known !== undefined && resolve(known))
  })
  expect(told).toMatchObject(expected)
  expect(describe(told as never).reason).toBe(event.type === 'declined' ? 'declined' : undefined)
  expect(charged).toHaveLength(1)
  await client.close()
})
