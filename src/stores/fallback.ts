import type { ListedRecord, RecordStore } from '../public/store.ts'
import type { ListingStore } from './codec.ts'
import { StoreError } from './store-error.ts'

/** Reasons that mean that the store cannot be used here at all. */
const CLOSED_OFF = new Set<StoreError['reason']>(['blocked', 'missing'])

/**
 * Uses the first store, and another store where the first one refuses: for everything if the first store is blocked
 * or missing and was never open, and for new records if the first store is full. A record stays in the store where it
 * was begun. If the first store fails in any other way, it may hold records that cannot be read now, so the other
 * store is not used. The result is weak: what the other store holds may be gone after a reload, and no other tab sees
 * it.
 */
export function withFallback(first: ListingStore, other: RecordStore): ListingStore & { isWeak: true } {
  let isBlocked = false
  let hasWorked = false

  /** The result of the first store, or of `instead` if the first store is blocked. */
  async function unlessBlocked<T>(work: () => Promise<T>, instead: () => Promise<T>): Promise<T> {
    if (isBlocked) return instead()
    try {
      const result = await work()
      hasWorked = true
      return result
    } catch (error) {
      if (hasWorked || !CLOSED_OFF.has(reasonOf(error))) throw error
      isBlocked = true
      return instead()
    }
  }

  async function* both(
    name: 'listOpen' | 'listSettled',
    prefix: string,
  ): AsyncGenerator<ListedRecord, void, undefined> {
    const iterator = first[name](prefix)[Symbol.asyncIterator]()
    const nothing = { done: true, value: undefined } as const
    for (;;) {
      const next = await unlessBlocked<IteratorResult<ListedRecord, unknown>>(
        () => iterator.next(),
        async () => nothing,
      )
      if (next.done === true) break
      yield next.value
    }
    yield* other[name]?.(prefix) ?? []
  }

  return {
    ...first,
    isWeak: true,
    ...((first.isBounded ?? other.isBounded) && { isBounded: true }),
    ...([first, other].some(store => store.onDrop !== undefined) && {
      onDrop: listener => {
        const ends = [first.onDrop?.(listener), other.onDrop?.(listener)]
        return () => {
          for (const end of ends) end?.()
        }
      },
    }),
    // The other store may have lost what it held earlier.
    ...([first, other].some(store => store.since !== undefined) && {
      since: async () => Math.max((await first.since?.()) ?? 0, (await other.since?.()) ?? 0),
    }),
    get: async key =>
      (await other.get(key)) ??
      unlessBlocked(
        () => first.get(key),
        async () => undefined,
      ),
    set: async (key, value, options) => {
      const there = () => other.set(key, value, options)
      if ((await other.get(key)) !== undefined) return there()
      try {
        return await unlessBlocked(() => first.set(key, value, options), there)
      } catch (error) {
        // Nothing was written, and no record was there before.
        if (reasonOf(error) === 'full' && options.expected === null) return there()
        throw error
      }
    },
    delete: async (key, options) =>
      (await other.get(key)) === undefined
        ? unlessBlocked(
            () => first.delete(key, options),
            async () => false,
          )
        : other.delete(key, options),
    listOpen: prefix => both('listOpen', prefix),
    listSettled: prefix => both('listSettled', prefix),
    close: async () => {
      await Promise.all([first.close?.(), other.close?.()])
    },
  }
}

function reasonOf(error: unknown): StoreError['reason'] {
  return error instanceof StoreError ? error.reason : undefined
}
