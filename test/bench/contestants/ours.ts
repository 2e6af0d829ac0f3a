import { join } from 'node:path'
import type { Client, Fetch, RecordStore } from 'stillonce/core'
import { createClient as createCoreClient, ietf, memoryStore } from 'stillonce/core'
import { fetchTransport } from 'stillonce/fetch'
import type { Contestant, Order, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'

/* Each order is an operation of its own: claimed, written ahead, sent, settled. Options are the defaults. */
export type Store = 'memory' | 'sqlite'

export async function openWithKy(surroundings: Surroundings, store: Store): Promise<Contestant> {
  // Its chunk brings ky, which the plain-fetch client is measured without.
  const { createClient } = await import('stillonce')
  const shared = await optionsOf(surroundings, store)
  return contestantOf(createClient({ ...shared, http: { baseUrl: surroundings.baseUrl } }), shared.store)
}

export async function openWithFetch(
  surroundings: Surroundings,
  store: Store,
  fetch?: Fetch,
): Promise<Contestant> {
  const shared = await optionsOf(surroundings, store)
  const transport = fetchTransport({ baseUrl: surroundings.baseUrl, fetch })
  return contestantOf(createCoreClient({ ...shared, transport }), shared.store)
}

async function optionsOf(surroundings: Surroundings, store: Store) {
  const { timeoutMs } = surroundings
  return {
    store: await opened(store, surroundings),
    scope: () => 'user-1',
    profile: ietf,
    ...(timeoutMs !== undefined && { timeout: timeoutMs, deadline: timeoutMs }),
  }
}

async function opened(store: Store, { folder }: Surroundings): Promise<RecordStore> {
  if (store === 'memory') return memoryStore()
  const { sqliteStore } = await import('stillonce/sqlite')
  return sqliteStore(join(folder, 'operations.db'))
}

function contestantOf(client: Client, store: RecordStore): Contestant {
  const placeOrder = client.operation({
    name: 'place-order',
    id: (order: Order) => String(order.number),
    request: order => ({ method: 'post', url: PATH, json: order }),
  })
  return {
    place: number => placeOrder.run(orderOf(number)),
    async close() {
      await client.close()
      await store.close?.()
    },
  }
}
