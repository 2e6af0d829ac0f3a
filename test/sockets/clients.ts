import { expect, onTestFinished } from 'vitest'
import * as core from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import type { Client, ClientOptions, Operation, OperationDefinition } from '../../src/entries/index.ts'
import { createClient, defineProfile, ietf, memoryStore, noKeys } from '../../src/entries/index.ts'
import type { TestServer } from './server.ts'

export type Transport = 'ky' | 'fetch' | 'undici'

/**
 * The fetch of these tests where they run over undici, which has a project of its own (test/vitest.config.ts): with it
 * the same tests take a minute more, and every file of them loads undici.
 */
const overUndici =
  process.env['SOCKETS_OVER'] === 'undici' ? (await import('./over-undici.ts')).undiciFetch() : undefined

export const TRANSPORTS: readonly Transport[] = overUndici === undefined ? ['ky', 'fetch'] : ['undici']

/** All of them, for servers that honour keys and for those that do not. */
export const CLIENTS = TRANSPORTS.flatMap(transport => [
  { transport, keys: 'honours' } as const,
  { transport, keys: 'ignores' } as const,
])

/** What ends no test on a quiet machine, and is out of reach on a busy one. */
const QUICK = {
  scope: 'user-7',
  timeout: 10_000,
  deadline: 30_000,
  retry: { attempts: 3, backoff: { base: 1, cap: 2 } },
  poll: { interval: { min: 1, max: 5 }, deadline: 30_000 },
}

export type TestClientOptions = Partial<ClientOptions> & {
  readonly keys?: 'honours' | 'ignores'
  readonly headers?: Readonly<Record<string, string>>
  /** In place of the platform's, of all but ky. */
  readonly fetch?: core.Fetch | undefined
}

/** A client that retries at once. It is closed with the test. */
export function openClient(
  transport: Transport,
  origin: string,
  { keys, headers = {}, fetch = overUndici, ...options }: TestClientOptions = {},
): Client {
  if (transport === 'ky')
    return openKyClient({ baseUrl: `${origin}/`, headers }, { ...options, ...profileOf(keys) })
  return closedWithTest(
    core.createClient({
      ...QUICK,
      store: memoryStore(),
      profile: ietf,
      ...options,
      ...profileOf(keys),
      transport: fetchTransport({
        baseUrl: `${origin}/`,
        headers,
        fetch,
      }),
    }),
  )
}

type Http = NonNullable<Parameters<typeof createClient>[0]['http']>

/** A client over ky, with anything that ky takes. */
export function openKyClient(http: Http, { keys, ...options }: TestClientOptions = {}): Client {
  return closedWithTest(
    createClient({ ...QUICK, store: memoryStore(), profile: ietf, ...options, ...profileOf(keys), http }),
  )
}

/** A server that does not honour keys, and shows in its log which it got. */
const seesKeys = defineProfile({ ...noKeys, name: 'sees-keys', header: 'Idempotency-Key' })

function profileOf(keys: TestClientOptions['keys']) {
  return keys === undefined ? {} : { profile: keys === 'honours' ? ietf : seesKeys }
}

function closedWithTest(client: Client): Client {
  onTestFinished(() => client.close())
  return client
}

export type Cart = { readonly id: string; readonly item?: string }

export const CART: Cart = { id: 'cart-42', item: 'book' }

/** The operation of these tests: POST /orders. */
export function orders(client: Client, changes: Partial<OperationDefinition<Cart>> = {}): Operation<Cart> {
  return client.operation({
    name: 'place-order',
    id: cart => cart.id,
    request: cart => ({ method: 'post', url: 'orders', json: cart }),
    ...changes,
  })
}

export type Told = {
  readonly outcome: string
  readonly code?: string
  readonly data?: unknown
  readonly replayed?: boolean
}

/** What a run's end says; the error's own outcome must be the same word. */
export async function told(operation: Operation<Cart>, cart = CART): Promise<Told> {
  const end = await operation.start(cart).settled
  if (end.error === undefined) return { outcome: end.outcome, data: end.data }
  expect(end.error.outcome).toBe(end.outcome)
  return { outcome: end.outcome, code: end.error.code }
}

/** P1: all that arrived for an operation came with its key, and the same bytes. */
export async function expectOneKey(
  server: TestServer,
  operation: Operation<Cart>,
  cart = CART,
): Promise<void> {
  const snapshot = await operation.inspect(cart)
  for (const { key, body } of server.requests) {
    expect(key).toBe(snapshot?.key)
    expect(body).toBe(JSON.stringify(cart))
  }
}

/** A fetch that counts its calls, and that no signal stops: only the gate is left to refuse. */
export function countingFetch(): { readonly fetch: typeof fetch; readonly calls: () => number } {
  let calls = 0
  return {
    calls: () => calls,
    fetch: (input, init) => {
      calls += 1
      return fetch(input, { ...init, signal: null })
    },
  }
}
