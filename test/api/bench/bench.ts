import * as z from 'zod'
import type { Client } from '../../../src/client/client.ts'
import { buildClient } from '../../../src/client/client.ts'
import type { Profile } from '../../../src/core/answers/profile.ts'
import type { OperationDefinition } from '../../../src/client/definition.ts'
import { loadParts } from '../../../src/client/parts.ts'
import type { OperationError } from '../../../src/public/errors.ts'
import type { OperationEvent } from '../../../src/public/event-listener.ts'
import type { Operation } from '../../../src/client/operation.ts'
import type { ClientOptions } from '../../../src/client/options.ts'
import { defineProfile } from '../../../src/profiles/define-profile.ts'
import { ietf } from '../../../src/profiles/ietf.ts'
import type { RecordStore } from '../../../src/public/store.ts'
import { memoryStore } from '../../../src/stores/memory/memory-store.ts'
import { fetchTransport } from '../../../src/transports/fetch.ts'
import type { Transport } from '../../../src/public/transport.ts'
import type { ScriptedServer } from './scripted-server.ts'
import { scriptedServer } from './scripted-server.ts'
import type { TrialRunner } from './trial-runner.ts'
import { START, trialRunner } from './trial-runner.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { virtualClock } from './virtual-clock.ts'

export const BASE = 'https://shop.test/api/'

export type Cart = { readonly id: string; readonly total?: number }

export const Order = z.object({ order: z.number() })

export type OrderData = z.infer<typeof Order>

/** What a client is made of, where it differs from the ordinary. */
export type Setup = Partial<Omit<ClientOptions, 'onEvent'>> & {
  readonly baseUrl?: string
  readonly headers?: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>)
  readonly environment?: 'node' | 'other'
  /** The keys that are made: `key-1` and so on, or UUIDs that end so. */
  readonly keys?: 'short' | 'uuid'
  /** Its fetch goes on after an abort, and its answer comes late. */
  readonly ignoresAbort?: boolean
  /** Another http layer around the plain one. */
  readonly around?: (transport: Transport) => Transport | ((scope: string) => Transport)
  readonly onEvent?: (event: OperationEvent) => unknown
}

/** The draft says nothing of cancelling; these tests' server answers in the usual words. */
const ietfWithCancel: Profile = defineProfile({
  ...ietf,
  cancel: { executed: ['succeeded', 'done'], notExecuted: ['failed'] },
})

/** One process with a client in it. */
export type TrialClient = {
  readonly client: Client
  readonly runner: TrialRunner
  readonly events: OperationEvent[]
  /** Defines `place-order`, changed as the test needs it. */
  readonly placeOrder: (changes?: Partial<OperationDefinition<Cart, OrderData>>) => Operation<Cart, OrderData>
}

/** A world of one server, one store and one clock, and as many processes as a test wants. */
export type Bench = TrialClient & {
  readonly clock: VirtualClock
  readonly server: ScriptedServer
  readonly store: RecordStore
  /** Another process on the same store. */
  readonly another: (setup?: Setup) => TrialClient
  /** What is stored, parsed, by the records' own ids. */
  readonly records: () => Promise<readonly StoredShape[]>
  /** The one record that is stored. */
  readonly record: () => Promise<StoredShape | undefined>
  /** Writes a text in the place of the one record that is stored. */
  readonly overwrite: (value: string) => Promise<void>
}

export type StoredShape = Readonly<Record<string, unknown>> & { readonly state: string; readonly key: string }

// Loaded once, so that no test's time depends on it.
await loadParts()
// Whoever first watches loads it.
await import('../../../src/client/stored/watch-part.ts')
// Whoever first makes a fetch for an SDK loads it.
await import('../../../src/client/sdk/sdk-part.ts')

export function bench(setup: Setup = {}): Bench {
  const clock = virtualClock()
  const server = scriptedServer(() => clock.elapsed())
  const store = setup.store ?? memoryStore({ now: () => START + clock.elapsed() })
  let keys = 0
  let processes = 0
  const createKey = () =>
    setup.keys === 'uuid' ? `00000000-0000-4000-8000-${String(++keys).padStart(12, '0')}` : `key-${++keys}`

  const another = ({
    baseUrl = BASE,
    headers,
    environment,
    ignoresAbort = false,
    around = plain => plain,
    onEvent,
    keys: _keys,
    ...options
  }: Setup = {}): TrialClient => {
    const runner = trialRunner(clock, ++processes, createKey, environment)
    const events: OperationEvent[] = []
    const all: ClientOptions = {
      scope: 'user-7',
      profile: ietfWithCancel,
      onEvent: event => {
        events.push(event)
        return onEvent?.(event)
      },
      ...options,
      store: runner.store(store),
    }
    const transport = fetchTransport({
      baseUrl,
      fetch: runner.fetch((input, init) =>
        server.fetch(input, ignoresAbort ? { ...init, signal: null } : init),
      ),
      ...(headers !== undefined && { headers }),
    })
    const client = buildClient(all, 'transport', () => around(transport), runner.runtime)
    return {
      client,
      runner,
      events,
      placeOrder: (changes = {}) => client.operation<Cart, OrderData>({ ...orderDefinition, ...changes }),
    }
  }

  const listed = async () => {
    const found: { key: string; value: string; version: string; open: boolean }[] = []
    for await (const record of store.listOpen('')) found.push({ ...record, open: true })
    for await (const record of store.listSettled?.('') ?? []) found.push({ ...record, open: false })
    return found
  }
  const records = async () => (await listed()).map(({ value }) => JSON.parse(value) as StoredShape)

  return {
    ...another(setup),
    clock,
    server,
    store,
    another,
    records,
    record: async () => {
      const all = await records()
      if (all.length > 1) throw new Error('there is more than one record')
      return all[0]
    },
    async overwrite(value) {
      const [only] = await listed()
      if (only === undefined) throw new Error('there is no record to overwrite')
      await store.set(only.key, value, { expected: only.version, open: only.open })
    },
  }
}

export const orderDefinition: OperationDefinition<Cart, OrderData> = {
  name: 'place-order',
  id: cart => cart.id,
  request: cart => ({ method: 'post', url: 'orders', json: cart }),
  response: Order,
}

export const cart: Cart = { id: 'cart-42', total: 990 }

/** How a call ended, as a value: what it gave, or the error that it threw. */
export async function ending<Value>(
  call: Promise<Value>,
): Promise<{ readonly data: Value; readonly error?: undefined } | { readonly error: OperationError }> {
  try {
    return { data: await call }
  } catch (error) {
    return { error: error as OperationError }
  }
}
