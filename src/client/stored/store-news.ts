import type { RecordStore } from '../../public/store.ts'

/** Receives the live key of the operation that was changed; undefined if any may have been. */
type HearNews = (liveKey: string | undefined) => void

/* Listeners per store, in this process: clients that share a store get each other's changes. */
const listeners = new WeakMap<RecordStore, Set<HearNews>>()

/** Passes on what calls of this process change in the store from now on. Returns a function that ends this. */
export function whenChanged(store: RecordStore, listener: HearNews): () => void {
  const all = listeners.get(store) ?? new Set()
  listeners.set(store, all.add(listener))
  return () => all.delete(listener)
}

/** Reports that a call of this process has changed a stored record other than through an operation's run. */
export function tellChanged(store: RecordStore, liveKey?: string): void {
  for (const listener of listeners.get(store) ?? []) listener(liveKey)
}
