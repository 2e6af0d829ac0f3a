import { describe, expect, test } from 'vitest'
import { createClient } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import type { OperationDefinition } from '../../../src/entries/index.ts'
import { defineProfile, memoryStore, noKeys } from '../../../src/entries/index.ts'
import type { Reply } from '../../api/bench/scripted-server.ts'
import { answer, scriptedServer } from '../../api/bench/scripted-server.ts'

/*
 * In a page one send is up to seven deliveries, so that the refusal of a server without keys proves nothing by itself.
 * Each way to a proven end is walked here as it is in Node (test/api/unproven-conflicts.test.ts).
 */

type Cart = { readonly id: string; readonly version: number }
type Definition = Partial<OperationDefinition<Cart>>

const cart: Cart = { id: 'cart-42', version: 1 }
const requests: Readonly<Record<string, OperationDefinition<Cart>['request']>> = {
  PUT: ({ version }) => ({
    method: 'put',
    url: 'cart',
    json: { version },
    headers: { 'if-match': `"${version}"` },
  }),
  DELETE: ({ id }) => ({ method: 'delete', url: `carts/${id}` }),
  POST: json => ({ method: 'post', url: 'orders', json }),
}

function page(method: string, changes: Definition, ...replies: readonly Reply[]) {
  const server = scriptedServer(() => performance.now())
  server.script(...replies)
  const client = createClient({
    transport: fetchTransport({ baseUrl: 'https://shop.test/', fetch: server.fetch }),
    store: memoryStore(),
    scope: 'ada',
    profile: noKeys,
    poll: { interval: { min: 1, max: 5 } },
  })
  const order = client.operation<Cart>({
    name: 'order',
    id: ({ id }) => id,
    request: requests[method]!,
    ...changes,
  })
  return { order, server, end: order.start(cart).settled }
}

const refusals = [
  ['PUT', 412],
  ['PUT', 404],
  ['DELETE', 404],
  ['DELETE', 410],
  ['POST', 400],
  ['POST', 409],
  ['POST', 422],
] as const

describe.each(refusals)('a %s that is answered %i', (method, code) => {
  const said = answer(code, { code: 'refused' })

  test('may have been executed by a delivery that nobody saw', async () => {
    const { end, server } = page(method, {}, said)
    expect((await end).outcome).toBe('unknown')
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([undefined])
  })

  test("nor does delivers: 'once' say what a browser does", async () => {
    const profile = defineProfile({ ...noKeys, name: 'acme', delivers: 'once' })
    expect((await page(method, { profile }, said).end).outcome).toBe('unknown')
  })

  test('is proof by a rule that speaks of every delivery', async () => {
    const rule = {
      status: code,
      code: 'refused',
      means: 'rejected',
      everyDelivery: true,
      source: 'test',
    } as const
    const profile = defineProfile({ ...noKeys, name: 'acme', rules: [rule] })
    expect((await page(method, { profile }, said).end).outcome).toBe('not-executed')
  })

  test('is found out by the status request', async () => {
    const status = {
      request: ({ id }: { id: unknown }) => ({ url: `orders/${String(id)}` }),
      read: () => ({ outcome: 'executed' as const, data: 'found' }),
    }
    expect(await page(method, { status }, said, answer(200, {})).end).toMatchObject({
      outcome: 'executed',
      data: 'found',
    })
  })
})

describe.each([
  ['PUT', 412],
  ['PUT', 409],
  ['DELETE', 409],
  ['POST', 409],
] as const)('onConflict, for a %s that is answered %i', (method, status) => {
  test('finds its own change', async () => {
    const { end, server } = page(
      method,
      { onConflict: ({ proven }) => ({ executed: { proven } }) },
      answer(status, {}),
    )
    expect(await end).toMatchObject({ outcome: 'executed', data: { proven: false } })
    expect(server.requests).toHaveLength(1)
  })

  test('finds the change of another, and goes on', async () => {
    const { end, server } = page(
      method,
      { onConflict: ({ input }) => ({ notMine: true, next: { ...input, version: 2 } }) },
      answer(status, {}),
      answer(200, { done: 1 }),
    )
    expect(await end).toMatchObject({ outcome: 'executed', data: { done: 1 } })
    expect(server.requests).toHaveLength(2)
  })
})

test.each([411, 413, 414, 415, 417, 431])(
  'a %i is said of the request, before anything is done',
  async status => {
    expect((await page('PUT', {}, answer(status)).end).outcome).toBe('not-executed')
  },
)
