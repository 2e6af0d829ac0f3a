import { hearThrown } from '../../guards/synchronous.ts'
import { Part } from '../../runtime/part.ts'
import type { ListingStore } from '../codec.ts'
import { StoreError } from '../store-error.ts'
import type * as Database from './database-store.ts'

/** The code that reads and writes the database. */
export const databasePart = new Part(() => import('./database-store.ts'))

type DatabaseStore = ReturnType<typeof Database.databaseStore>
type Setting = Parameters<typeof Database.databaseStore>[0]

/**
 * A store whose code is loaded separately. Loading begins now, and the first uses wait for it. If the code cannot be
 * loaded (the page is offline), those uses reject, and the next use tries again.
 */
export function lateStore(setting: Setting): ListingStore {
  let store: DatabaseStore | undefined
  let closing: Promise<void> | undefined
  let isClosed = false

  async function loaded(): Promise<DatabaseStore> {
    try {
      const { databaseStore } = databasePart.now ?? (await databasePart.load())
      store ??= databaseStore(setting)
    } catch (cause) {
      hearThrown(cause)
      const message = 'The code of indexedDBStore could not be loaded: nothing was read or written.'
      throw new StoreError('failed', message, { cause })
    }
    if (isClosed) await store.close()
    return store
  }

  function use<Value>(work: (store: DatabaseStore) => Promise<Value>): Promise<Value> {
    return store === undefined ? loaded().then(work) : work(store)
  }

  async function* late(list: 'listOpen' | 'listSettled', prefix: string) {
    yield* (await loaded())[list](prefix)
  }

  databasePart.load().catch(hearThrown)
  return {
    get: key => use(its => its.get(key)),
    set: (key, value, options) => use(its => its.set(key, value, options)),
    delete: (key, options) => use(its => its.delete(key, options)),
    listOpen: prefix => (store === undefined ? late('listOpen', prefix) : store.listOpen(prefix)),
    listSettled: prefix => (store === undefined ? late('listSettled', prefix) : store.listSettled(prefix)),
    watch: (key, listener) => {
      if (store !== undefined) return store.watch(key, listener)
      let end: (() => void) | undefined
      let isOver = false
      loaded().then(its => {
        if (!isOver) end = its.watch(key, listener)
      }, hearThrown)
      return () => {
        isOver = true
        end?.()
      }
    },
    // Earlier requests are finished first.
    close: () =>
      (closing ??= loaded().then(
        its => its.close(),
        () => {
          isClosed = true
          return setting.fallback?.close?.()
        },
      )),
  }
}
