import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import type { Handler } from '../../src/server/execution.ts'
import { buildIdempotency } from '../../src/server/idempotency.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/** A client with the profile `stillonce`, and a server of stillonce that has this handler, on a socket. */
async function pair(
  handler: Handler,
  options: { serverAheadMs?: number; key?: string; deadline?: number } = {},
) {
  const { serverAheadMs = 0, key, deadline = 3_000 } = options
  const runtime = systemRuntime()
  const idempotency = buildIdempotency(
    { store: memoryStore({ maxSettled: Infinity }), scope: 'shop' },
    () => ({
      ...runtime,
      now: () => runtime.now() + serverAheadMs,
    }),
  )
  const seen: { readonly method: string; readonly firstSent: string | null }[] = []
  const server = createServer(
    nodeListener(request => {
      seen.push({
        method: request.method,
        firstSent: request.headers.get('idempotency-first-sent'),
      })
      if (request.method === 'GET') return idempotency.status(request)
      return request.method === 'DELETE' ? idempotency.seal(request) : idempotency.handle(request, handler)
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createClient({
    transport: fetchTransport({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }),
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
    retry: { attempts: 3, backoff: { base: 1, cap: 2 } },
    poll: { interval: { min: 1, max: 5 } },
    timeout: 5_000,
    deadline,
  })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const place = client.operation({
    name: 'place',
    id: (cart: { id: string; item: string }) => cart.id,
    request: ({ item }) => ({ method: 'post', url: 'orders', json: { item } }),
    status: { request: asked => ({ url: `orders/by-key/${asked.key}` }) },
    cancel: { request: asked => ({ method: 'delete', url: `orders/by-key/${asked.key}` }) },
    ...(key !== undefined && { key: () => key }),
  })
  return { idempotency, place, seen }
}

/** For what no answer ends: it is asked about until the deadline, which a busy machine must not reach before the first byte. */
const IN_VAIN = { deadline: 2_000 }

const cart = { id: 'cart-1', item: 'tea' }

describe('a client with the profile stillonce', () => {
  test('sends when it first sent the key, the same with each attempt', async () => {
    let runs = 0
    const { place, seen } = await pair(
      () => {
        runs += 1
        return Response.json({ run: runs }, { status: runs === 1 ? 503 : 201 })
      },
      { deadline: 50_000 },
    )
    place.start(cart)
    const posts = () => seen.filter(({ method }) => method === 'POST')
    await vi.waitUntil(() => posts().length > 1, { timeout: 50_000 })
    const times = posts().map(({ firstSent }) => firstSent)
    expect(times[0]).toMatch(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/)
    expect(new Set(times).size).toBe(1)
    expect(runs).toBe(1)
  })

  test('takes a handler that threw for unknown, and is told what was concluded', async () => {
    let runs = 0
    const { place, idempotency, seen } = await pair(() => {
      runs += 1
      throw new Error('half done')
    }, IN_VAIN)
    const end = await place.start(cart).settled
    expect(end).toMatchObject({ outcome: 'unknown' })
    expect(await place.settle(cart)).toMatchObject({ outcome: 'unknown' })
    expect(runs).toBe(1)
    expect(seen.filter(({ method }) => method === 'POST').length).toBeLessThanOrEqual(3)

    await idempotency.conclude((await place.inspect(cart))!.key!, {
      scope: 'shop',
      outcome: 'executed',
      response: Response.json({ order: 7 }, { status: 201 }),
    })
    expect(await place.settle(cart)).toMatchObject({ outcome: 'executed', data: { order: 7 } })
  })

  test('seals a key before its request arrives: it is proven not executed, and the late request is refused', async () => {
    let runs = 0
    const { idempotency, place } = await pair(
      () => {
        runs += 1
        return new Response(null, { status: 201 })
      },
      { key: 'key-1' },
    )
    const byKey = new Request('http://shop.example/orders/by-key/key-1', { method: 'DELETE' })
    expect((await idempotency.seal(byKey)).status).toBe(200)

    expect(await place.start(cart).settled).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'rejected', response: { status: 410, problem: { type: 'urn:stillonce:sealed' } } },
    })
    expect(runs).toBe(0)
  })

  test('cancels what the server never saw', async () => {
    const { place } = await pair(() => {
      throw new Error('half done')
    })
    expect(await place.cancel(cart)).toMatchObject({ outcome: 'not-executed', error: { code: 'sealed' } })
  })

  test('cannot cancel what may have happened', async () => {
    const { place } = await pair(() => {
      throw new Error('half done')
    }, IN_VAIN)
    await place.start(cart).settled
    expect(await place.cancel(cart)).toMatchObject({ outcome: 'unknown' })
  })

  test('is told of another payload under its key', async () => {
    const { place } = await pair(() => Response.json({ order: 1 }, { status: 201 }), { key: 'key-1' })
    await place.run(cart)
    expect(await place.start({ id: 'cart-2', item: 'coffee' }).settled).toMatchObject({
      error: { code: 'payload-mismatch' },
    })
  })

  test('whose clock is two days behind learns the time from the refusal, and executes once', async () => {
    let runs = 0
    const { place } = await pair(
      () => {
        runs += 1
        return new Response(null, { status: 201 })
      },
      { serverAheadMs: 2 * 86_400_000 },
    )
    expect(await place.start(cart).settled).toMatchObject({ outcome: 'executed' })
    expect(runs).toBe(1)
  })
})
