import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createClient, ietf, memoryStore } from '../../src/entries/index.ts'

/* A server faked by msw patches the platform's fetch: the client finds it there at each call. */

const API = 'https://api.example.test'
const server = setupServer()

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

function payments(retry: { readonly attempts?: number } = {}) {
  const client = createClient({
    http: { baseUrl: `${API}/` },
    store: memoryStore(),
    scope: 'user-7',
    profile: ietf,
    retry: { ...retry, backoff: { base: 1, cap: 1 } },
    poll: { interval: { min: 1, max: 1 } },
  })
  return client.operation({
    name: 'pay',
    id: (invoice: { id: string }) => invoice.id,
    request: invoice => ({ method: 'post', url: 'payments', json: invoice }),
  })
}

test('a double click on a server that fails once is one key and one payment', async () => {
  const keys: (string | null)[] = []
  server.use(
    http.post(`${API}/payments`, ({ request }) => {
      keys.push(request.headers.get('idempotency-key'))
      return keys.length === 1
        ? new HttpResponse(null, { status: 503 })
        : HttpResponse.json({ paid: true }, { status: 201 })
    }),
  )
  const pay = payments()

  const results = await Promise.all([pay.run({ id: 'invoice-1' }), pay.run({ id: 'invoice-1' })])

  expect(results).toEqual([{ paid: true }, { paid: true }])
  expect(keys).toHaveLength(2)
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
  expect(keys[1]).toBe(keys[0])
})

test('a 202 is polled where it says, until the server is done', async () => {
  let polls = 0
  server.use(
    http.post(
      `${API}/payments`,
      () => new HttpResponse(null, { status: 202, headers: { location: '/jobs/1' } }),
    ),
    http.get(`${API}/jobs/1`, () =>
      HttpResponse.json(++polls < 3 ? { status: 'running' } : { status: 'done', result: { paid: true } }),
    ),
  )

  expect(await payments().run({ id: 'invoice-2' })).toEqual({ paid: true })
  expect(polls).toBe(3)
})

test('a network that fails under a mock proves nothing: the outcome is unknown', async () => {
  server.use(http.post(`${API}/payments`, () => HttpResponse.error()))

  const end = await payments({ attempts: 2 }).start({ id: 'invoice-3' }).settled

  expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'unresolved', attempts: 2 } })
})
