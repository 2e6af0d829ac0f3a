import type { RecordStore, SetOptions } from '../public/store.ts'

export type AgingStore = {
  readonly store: RecordStore
  /** Makes everything that was written through the store older by `ms`, as if that much time had passed. */
  readonly age: (ms: number) => Promise<void>
}

/**
 * A store whose records can be aged. Keys expire, leases run out and results are forgotten without any waiting in the
 * test. Age the store only while nothing runs, because a runner that holds a record loses it.
 *
 * @example
 * const { store, age } = agingStore(memoryStore())
 * await age(86_400_000)
 */
export function agingStore(inner: RecordStore): AgingStore {
  const written = new Map<string, SetOptions>()
  let agedMs = 0
  const since = inner.since?.bind(inner)
  const store: RecordStore = {
    ...optional(inner),
    ...(since && { since: async () => (await since()) - agedMs }),
    get: key => inner.get(key),
    set: async (key, value, options) => {
      const version = await inner.set(key, value, options)
      if (version !== undefined) written.set(key, options)
      return version
    },
    delete: (key, options) => inner.delete(key, options),
    listOpen: prefix => inner.listOpen(prefix),
  }
  return {
    store,
    age: async ms => {
      agedMs += ms
      for (const [key, { open, expiresAt }] of written) {
        const found = await inner.get(key)
        if (found === undefined) continue
        const aged = {
          expected: found.version,
          open,
          ...(expiresAt !== undefined && { expiresAt: expiresAt - ms }),
        }
        await store.set(key, JSON.stringify(older(JSON.parse(found.value), ms)), aged)
      }
    },
  }
}

/** Names of the times in records of clients and servers. Data of users never lies under these names. */
const INSTANTS = new Set([
  'at',
  'bornAt',
  'changedAt',
  'createdAt',
  'firstSentAt',
  'highestSeenAt',
  'leaseUntil',
  'processingSince',
  'settledAt',
  'until',
  'updatedAt',
])
const PARTS = new Set(['inFlight', 'lease'])
const LISTS = new Set(['earlier'])

function older(record: Readonly<Record<string, unknown>>, ms: number): Record<string, unknown> {
  const aged = Object.entries(record).map(([name, value]) => {
    if (PARTS.has(name)) return [name, older(value as Record<string, unknown>, ms)]
    if (Array.isArray(value) && LISTS.has(name))
      return [name, value.map(each => older(each as Record<string, unknown>, ms))]
    return [name, INSTANTS.has(name) && typeof value === 'number' ? value - ms : value]
  })
  return Object.fromEntries(aged) as Record<string, unknown>
}

function optional(inner: RecordStore): Partial<RecordStore> {
  const { isWeak, isBounded } = inner
  return {
    ...(inner.lock && { lock: inner.lock.bind(inner) }),
    ...(inner.watch && { watch: inner.watch.bind(inner) }),
    ...(inner.onDrop && { onDrop: inner.onDrop.bind(inner) }),
    ...(inner.openFolders && { openFolders: inner.openFolders.bind(inner) }),
    ...(inner.listSettled && { listSettled: inner.listSettled.bind(inner) }),
    ...(inner.close && { close: inner.close.bind(inner) }),
    ...(isWeak && { isWeak }),
    ...(isBounded && { isBounded }),
  }
}
