import type { RecordStore } from '../public/store.ts'
import { hearThrown } from './synchronous.ts'

/*
 * A hint is no part of what is stored: a store whose `watch` or `watchAll` throws, or gives nothing that ends it, is one that
 * gives no hints.
 */

/** Calls back when something else may have written the record at a place, for a store that gives hints; returns what ends it. */
export function hintsOf(store: RecordStore, place: () => Promise<string>, fire: () => void): () => void {
  if (store.watch === undefined) return () => {}
  let isOver = false
  let end = () => {}
  const begin = (key: string) => {
    if (!isOver) end = guarded(listener => store.watch?.(key, listener), fire)
  }
  void place().then(begin, hearThrown)
  return () => {
    isOver = true
    end()
  }
}

/** The same of all that is stored. */
export function hintsOfAll(store: RecordStore, fire: () => void): () => void {
  if (store.watchAll === undefined) return () => {}
  return guarded(listener => store.watchAll?.(listener), fire)
}

function guarded(watch: (listener: () => void) => (() => unknown) | undefined, fire: () => void): () => void {
  let end: (() => unknown) | undefined
  // Some call at once, for what is there: a wait that each such call ends would leave no time for anything else.
  let isBeginning = true
  try {
    end = watch(() => isBeginning || fire())
    isBeginning = false
    hearThrown(end)
  } catch (error) {
    hearThrown(error)
  }
  return () => {
    try {
      // Where it is no function this throws too.
      hearThrown(end?.())
    } catch (error) {
      hearThrown(error)
    }
  }
}
