import type { FoldersOptions, ListedRecord, RecordStore } from '../public/store.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { hearThrown } from '../guards/synchronous.ts'

/** Does some work of a store and returns its result after `look` has checked it. Work that takes too long fails. */
export type Patience = <Value>(work: () => Promise<Value>, look?: (value: Value) => void) => Promise<Value>

export function patienceOf(runtime: Pick<Runtime, 'after'>, patienceMs: number): Patience {
  return (work, look) =>
    new Promise((resolve, reject) => {
      const begun = work()
      const cancel = runtime.after(patienceMs, () => reject(new Error('the store has not answered')))
      begun.then(
        value => {
          cancel()
          try {
            look?.(value)
            resolve(value)
          } catch (error) {
            reject(error)
          }
        },
        (error: unknown) => {
          cancel()
          reject(error)
        },
      )
    })
}

/**
 * The same store, for calls without a deadline (inspect, conclude, forget, cancel, pending, clear): a store that does
 * not answer within `patienceMs` counts as failed (P6). A run has its own deadline.
 */
export function patientStore(
  store: RecordStore,
  runtime: Pick<Runtime, 'after'>,
  patienceMs: number,
): RecordStore {
  const patient = patienceOf(runtime, patienceMs)

  async function* listed(records: AsyncIterable<ListedRecord>): AsyncGenerator<ListedRecord> {
    // A user's own store may declare a listing as `async`, and so return a promise where it must return an iterable.
    hearThrown(records)
    const iterator = records[Symbol.asyncIterator]()
    for (;;) {
      const next = await patient(() => iterator.next())
      if (next.done === true) return
      yield next.value
    }
  }

  const settled = store.listSettled?.bind(store)
  const since = store.since?.bind(store)
  const folders = store.openFolders?.bind(store)
  return {
    get: key => patient(() => store.get(key)),
    set: (key, value, options) => patient(() => store.set(key, value, options)),
    delete: (key, options) => patient(() => store.delete(key, options)),
    listOpen: prefix => listed(store.listOpen(prefix)),
    ...(folders !== undefined && {
      openFolders: (prefix: string, options: FoldersOptions) => patient(() => folders(prefix, options)),
    }),
    ...(since !== undefined && { since: () => patient(() => since()) }),
    ...(settled !== undefined && { listSettled: prefix => listed(settled(prefix)) }),
  }
}
