import type { RecordStore } from '../../public/store.ts'

/** Gets the live key of the operation that was changed; undefined where any may have been. */
type HearNews = (liveKey: string | undefined) => void

/* Who watches what lies in a store, in this process: clients that share a store get each other's changes. */
const listeners = new WeakMap<RecordStore, Set<HearNews>>()

/** From now on what a call of this process changes in the store is passed on; returns what ends that. */
export function whenChanged(store: RecordStore, listener: HearNews): () => void {
  const all = listeners.get(store) ?? new Set()
  listeners.set(store, all.add(listener))
  return () => all.delete(listener)
}

/** A call of this process has changed what is stored, and not as the run of an operation does. */
export function tellChanged(store: RecordStore, liveKey?: string): void {
  for (const listener of listeners.get(store) ?? []) listener(liveKey)
}
