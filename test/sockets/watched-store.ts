import { memoryStore } from '../../src/entries/index.ts'
import type { RecordStore } from '../../src/entries/index.ts'

/** What is stored of an operation, as far as sending depends on it. */
export type StoredAttempt = {
  readonly key: string
  readonly state: string
  readonly attempts: number
  readonly inFlight: boolean
}

/** A store, and what its last finished write says: what is written ahead is there before the byte arrives. */
export function watchedStore(): {
  readonly store: RecordStore
  readonly last: () => StoredAttempt | undefined
} {
  const store = memoryStore()
  let last: StoredAttempt | undefined
  return {
    last: () => last,
    store: {
      ...store,
      set: async (key, value, options) => {
        const version = await store.set(key, value, options)
        const record = JSON.parse(value) as {
          key: string
          state: string
          attempts: number
          inFlight?: object
        }
        last = {
          key: record.key,
          state: record.state,
          attempts: record.attempts,
          inFlight: record.inFlight !== undefined,
        }
        return version
      },
    },
  }
}
