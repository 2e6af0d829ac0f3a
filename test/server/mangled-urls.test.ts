import { describe, expect, test } from 'vitest'
import { createClient, keyPath } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import { createIdempotency } from '../../src/entries/server.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* What proxies make of a path. Measured: lighttpd, httpd and nginx decode; the others are seen at CDNs and gateways. */
const MANGLES: Readonly<Record<string, (path: string) => string>> = {
  'leaves it': path => path,
  'decodes it': path => decoded(path),
  'decodes it twice': path => decoded(decoded(path)),
  'merges slashes': path => decoded(path).replaceAll(/\/+/g, '/'),
  'cuts parameters': path => decoded(path).replace(/;.*/, ''),
  'cuts a query': path => decoded(path).replace(/[?#].*/, ''),
  'writes it small': path => path.toLowerCase(),
  'encodes what needs no encoding': path => path.replaceAll('~', '%7E').replaceAll('-', '%2D'),
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const KEYS = ['batch/7', 'x/../7', '7/', '7;v', '7?x', '7#x', 'a%2F7', '..', 'Cart-7', '~37', '0c7d-7']

/** A first attempt that is still on its way when its key is sealed, behind a proxy that changes paths. */
async function cancelled(key: string, mangle: (path: string) => string, url: (key: string) => string) {
  const once = createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })
  const executed: string[] = []
  const serve = once.wrap(async (_, execution) => {
    executed.push(String(execution.key))
    return Response.json({ order: executed.length }, { status: 201 })
  })
  const onTheWay: Request[] = []
  const client = createClient({
    transport: fetchTransport({
      baseUrl: 'https://shop.example/',
      fetch: async (...args: Parameters<typeof fetch>) => {
        const request = new Request(...args)
        if (request.method === 'POST') {
          onTheWay.push(request)
          throw new TypeError('the connection was lost')
        }
        const { origin, pathname } = new URL(request.url)
        return once.seal(new Request(`${origin}${mangle(pathname)}`, request))
      },
    }),
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
    retry: { attempts: 1 },
    deadline: 5_000,
    timeout: 1_000,
  })
  const place = client.operation({
    name: 'place',
    id: () => 'cart',
    key: () => key,
    request: () => ({ method: 'post', url: 'orders', json: {} }),
    cancel: { request: asked => ({ method: 'delete', url: `orders/by-key/${url(asked.key)}` }) },
  })
  await place.start({}).settled
  const end = await place.cancel({})
  for (const request of onTheWay) await serve(request)
  const other = new Request('https://shop.example/orders', {
    method: 'POST',
    headers: { 'idempotency-key': '7' },
  })
  const sealsAnother = (await serve(other)).status === 410
  await client.close()
  return { outcome: end.outcome, executed: executed.includes(key), sealsAnother }
}

describe.each(Object.entries(MANGLES))('behind a proxy that %s', (_, mangle) => {
  test.each(KEYS)('the key %s by keyPath is sealed, and nothing else', async key => {
    expect(await cancelled(key, mangle, keyPath)).toEqual({
      outcome: 'not-executed',
      executed: false,
      sealsAnother: false,
    })
  })

  test.each(KEYS)('the key %s by encodeURIComponent is never told as not executed untruly', async key => {
    const { outcome, executed } = await cancelled(key, mangle, encodeURIComponent)
    expect(outcome === 'not-executed' && executed).toBe(false)
  })
})
