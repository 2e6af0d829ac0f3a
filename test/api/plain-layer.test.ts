import type { Options } from 'ky'
import ky from 'ky'
import { afterEach, expect, test, vi } from 'vitest'
import { createClient, ietf, memoryStore } from '../../src/entries/index.ts'

/* Where ky has nothing to do to a request, the request goes to the gate as it is: the same leaves. */

afterEach(() => {
  vi.unstubAllGlobals()
})

type Left = {
  readonly url: string
  readonly method: unknown
  readonly headers: unknown
  readonly body: unknown
}

async function left(http: Options | typeof ky, headers: Readonly<Record<string, string>> = {}) {
  const sent: Left[] = []
  let requests = 0
  vi.stubGlobal('fetch', (url: URL, init: RequestInit) => {
    const body = new TextDecoder().decode(init.body as Uint8Array)
    const told = Object.fromEntries(new Headers(init.headers))
    sent.push({ url: url.href, method: init.method, headers: told, body })
    return Promise.resolve(Response.json({ order: 1 }, { status: 201, headers: { 'content-length': '11' } }))
  })
  const Own = globalThis.Request
  vi.stubGlobal(
    'Request',
    class extends Own {
      constructor(...given: ConstructorParameters<typeof Request>) {
        super(...given)
        requests += 1
      }
    },
  )
  const client = createClient({ store: memoryStore(), scope: 'user-1', profile: ietf, http })
  const operation = client.operation({
    name: 'place-order',
    id: () => 'a',
    key: () => 'key-1',
    request: () => ({ method: 'post', url: 'orders', json: { sku: 'kettle' }, headers }),
  })
  expect(await operation.run('a')).toEqual({ order: 1 })
  return { sent, requests }
}

const baseUrl = 'https://shop.test/api/'
/** It sees the request, so that ky makes one. */
const seeing = { hooks: { beforeRequest: [() => {}] } } satisfies Options

test.each<[string, Options]>([
  ['a base URL alone', { baseUrl }],
  ['headers', { baseUrl, headers: { Authorization: 'Bearer a', 'X-Tenant': '7' } }],
  ['headers that are left out', { baseUrl, headers: { authorization: undefined, 'x-tenant': '7' } }],
  [
    'a prefix, a query, and what is the engine’s own',
    { prefix: baseUrl, searchParams: { a: 1 }, retry: 2, timeout: 5 },
  ],
])('a request of an instance without hooks is the same as one that ky makes: %s', async (_, options) => {
  const own = { ...options }
  const instance = ky.create(own)
  const plain = await left(instance)
  const byKy = await left(instance.extend(seeing))

  expect(plain.sent).toEqual(byKy.sent)
  expect([plain.requests, byKy.requests]).toEqual([0, 1])
})

test.each<[string, Options, Readonly<Record<string, string>>]>([
  ['a hook', { baseUrl, ...seeing }, {}],
  ['an option of fetch', { baseUrl, credentials: 'include' }, {}],
  ['a signal', { baseUrl, signal: new AbortController().signal }, {}],
  ['a header that both have', { baseUrl, headers: { 'X-Tenant': '7' } }, { 'x-tenant': '8' }],
])('ky makes the request where it has more to do: %s', async (_, options, headers) => {
  const { sent, requests } = await left(options, headers)
  expect(requests).toBe(1)
  expect(sent).toHaveLength(1)
})
