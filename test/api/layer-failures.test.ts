import type { Options } from 'ky'
import { expect, test } from 'vitest'
import { createClient as createBareClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import type { FetchTransportOptions } from '../../src/entries/fetch.ts'
import { createClient, ietf, memoryStore, noKeys } from '../../src/entries/index.ts'
import { ending } from './bench/bench.ts'

/* What fails in the http layer before anything leaves is named, as far as it can be known; nothing was executed. */

const baseUrl = 'https://shop.test/api/'
const common = { scope: 'user-1', profile: ietf, retry: { attempts: 1 } } as const

/** How a call ends, and how many requests left. */
async function endOf(make: (fetch: typeof globalThis.fetch) => ReturnType<typeof createClient>) {
  let sent = 0
  const client = make(() => {
    sent += 1
    return Promise.resolve(Response.json({ order: 1 }, { status: 201 }))
  })
  const operation = client.operation<string>({
    name: 'place-order',
    id: id => id,
    request: () => ({ method: 'post', url: 'orders', json: { sku: 'kettle' } }),
  })
  return { ...(await ending(operation.run('a'))), sent }
}

const byKy = (http: Options) =>
  endOf(fetch => createClient({ ...common, store: memoryStore(), http: { baseUrl, fetch, ...http } }))
const byFetch = (options: FetchTransportOptions) =>
  endOf(fetch => {
    const transport = fetchTransport({ baseUrl, fetch, ...options })
    return createBareClient({ ...common, store: memoryStore(), transport })
  })

const noToken = () => {
  throw new TypeError('no token today')
}

test.each<[string, () => ReturnType<typeof endOf>, string, string]>([
  [
    '`headers` that throws',
    () => byFetch({ headers: noToken }),
    '`fetchTransport.headers` failed',
    'TypeError',
  ],
  [
    '`headers` that rejects',
    () => byFetch({ headers: () => Promise.reject(new RangeError('no token today')) }),
    '`fetchTransport.headers` failed',
    'RangeError',
  ],
  [
    'a `signal` that has fired',
    () => byKy({ signal: AbortSignal.abort() }),
    'the `signal` of the http layer has fired',
    'GateRefusal',
  ],
  [
    'a value that is none of a header',
    () => byKy({ headers: { 'x-user': 'Zoë\n€' } }),
    'a hook or an option of the http layer failed',
    'TypeError',
  ],
  [
    'a hook that throws',
    () => byKy({ hooks: { beforeRequest: [noToken] } }),
    'a hook or an option of the http layer failed',
    'TypeError',
  ],
])('%s', async (_, end, why, cause) => {
  const { error, sent } = await end()
  expect(sent).toBe(0)
  expect([error?.outcome, error?.code, String(error?.cause)]).toEqual([
    'not-executed',
    'unresolved',
    `Error: ${cause}`,
  ])
  expect(error?.message.split('. ')[0]).toBe(`1 attempt is used up; the last: nothing was sent: ${why}`)
})

/** What cannot be looked at: a Proxy of a mocking library, an object of a realm that has gone. */
const unreadable: [string, () => unknown][] = [
  ['a Proxy whose traps throw', () => new Proxy(new TypeError('x'), { get: noToken })],
  ['a `cause` that throws', () => Object.defineProperty(new TypeError('x'), 'cause', { get: noToken })],
  [
    'a list of errors that was revoked',
    () => {
      const { proxy, revoke } = Proxy.revocable<Error[]>([], {})
      revoke()
      return new TypeError('x', { cause: Object.assign(new Error('y'), { errors: proxy }) })
    },
  ],
]

test.each(unreadable)('an error of fetch that cannot be read proves nothing: %s', async (_, error) => {
  let sent = 0
  const fetch = () => {
    sent += 1
    return Promise.reject(error())
  }
  const client = createBareClient({
    ...common,
    store: memoryStore(),
    profile: noKeys,
    retry: { attempts: 3 },
    transport: fetchTransport({ baseUrl, fetch }),
  })
  const pay = client.operation<string>({
    name: 'pay',
    id: id => id,
    request: () => ({ method: 'post', url: 'pay', json: {} }),
  })
  const end = await pay.start('a').settled

  expect([end.outcome, end.error?.code, sent]).toEqual(['unknown', 'unresolved', 1])
})
