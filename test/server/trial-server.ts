import { keyPath } from '../../src/core/names/key-path.ts'
import { systemDigest } from '../../src/runtime/digest.ts'
import type { Idempotency } from '../../src/server/idempotency.ts'
import { buildIdempotency } from '../../src/server/idempotency.ts'
import { MEMORY_PLACE } from '../../src/server/keys/memory-keeper.ts'
import type { KeyNotice } from '../../src/server/events.ts'
import type { Handler } from '../../src/server/execution.ts'
import type { IdempotencyOptions } from '../../src/server/options.ts'
import type { RecordStore, SetOptions } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import type { VirtualClock } from '../api/bench/virtual-clock.ts'
import { virtualClock } from '../api/bench/virtual-clock.ts'

export const BEGIN = Date.UTC(2026, 0, 1)

/** A server on virtual time, with a store that can be made to fail. */
export type TrialServer = {
  readonly clock: VirtualClock
  readonly now: () => number
  readonly store: FaultyStore
  readonly events: KeyNotice['type'][]
  /** One process that serves; each has its own memory. */
  readonly process: (options?: Partial<IdempotencyOptions>) => Idempotency
}

export function trialServer(): TrialServer {
  const clock = virtualClock()
  const now = () => BEGIN + clock.elapsed()
  const store = faultyStore(memoryStore({ now, maxSettled: Infinity }))
  const events: KeyNotice['type'][] = []
  let processes = 0
  return {
    clock,
    now,
    store,
    events,
    process(options = {}) {
      const runnerId = `process-${(processes += 1)}`
      return buildIdempotency(
        { store, scope: 'shop', onEvent: ({ type }) => events.push(type), ...options },
        () => ({
          runnerId,
          now,
          after: clock.after,
          digest: systemDigest(),
        }),
      )
    },
  }
}

export type StoreCall = 'get' | 'set' | 'delete'

export type FaultyStore = RecordStore & {
  /** What happens to the next calls of a kind; `lost`: it is done, and its reply is lost. */
  readonly fail: (call: StoreCall, ...faults: readonly ('refused' | 'lost' | 'passes')[]) => void
  /** All calls fail until this is called with false. */
  readonly down: (isDown: boolean) => void
  readonly calls: StoreCall[]
}

function faultyStore(store: RecordStore): FaultyStore {
  const faults: Record<StoreCall, ('refused' | 'lost' | 'passes')[]> = { get: [], set: [], delete: [] }
  const calls: StoreCall[] = []
  let isDown = false
  const through = async <Value>(call: StoreCall, key: string, work: () => Promise<Value>): Promise<Value> => {
    // Since when the store remembers is no key's: it is told of once, before all else.
    if (key === MEMORY_PLACE && !isDown) return work()
    calls.push(call)
    const fault = isDown ? 'refused' : faults[call].shift()
    if (fault === 'refused') throw new Error('the store is down')
    const value = await work()
    if (fault === 'lost') throw new Error('the reply was lost')
    return value
  }
  return {
    get: key => through('get', key, () => store.get(key)),
    set: (key: string, value: string, options: SetOptions) =>
      through('set', key, () => store.set(key, value, options)),
    delete: (key, options) => through('delete', key, () => store.delete(key, options)),
    listOpen: prefix => store.listOpen(prefix),
    fail: (call, ...next) => void faults[call].push(...next),
    down: value => {
      isDown = value
    },
    calls,
  }
}

export function post(key: string | undefined, init: PostInit = {}): Request {
  const { url = 'https://shop.example/orders', headers, body = '{"item":"tea"}', ...rest } = init
  return new Request(url, {
    method: 'POST',
    body,
    ...rest,
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(key !== undefined && { 'idempotency-key': key }),
    },
  })
}

type PostInit = {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit | null
  readonly signal?: AbortSignal
  readonly duplex?: 'half'
}

export function atKey(key: string, method = 'GET'): Request {
  return new Request(`https://shop.example/orders/by-key/${keyPath(key)}`, { method })
}

/** A handler that counts what it did. */
export function shop(): { readonly handler: Handler; readonly orders: string[] } {
  const orders: string[] = []
  return {
    orders,
    handler: async request => {
      orders.push(await request.text())
      return Response.json({ order: orders.length }, { status: 201 })
    },
  }
}

export type Told = {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
  /** Of a problem. */
  readonly code: unknown
  readonly replayed: boolean
}

export async function told(answer: Promise<Response> | Response): Promise<Told> {
  const response = await answer
  const text = await response.text()
  const body: unknown = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
  return {
    status: response.status,
    headers: response.headers,
    body,
    code: (body as { readonly code?: unknown } | null)?.code,
    replayed: response.headers.get('idempotent-replayed') === 'true',
  }
}

/** A handler whose end the test decides. */
export function heldHandler(): {
  readonly handler: Handler
  readonly runs: { readonly answer: (response: Response) => void; readonly fail: (error: unknown) => void }[]
} {
  const runs: { answer: (response: Response) => void; fail: (error: unknown) => void }[] = []
  return {
    runs,
    handler: () => new Promise((answer, fail) => runs.push({ answer, fail })),
  }
}

/** All that it gives, in turn. */
export async function listed<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = []
  for await (const value of values) all.push(value)
  return all
}
