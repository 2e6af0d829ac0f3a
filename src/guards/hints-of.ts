import type { RecordStore } from '../public/store.ts'
import { hearThrown } from './synchronous.ts'

/*
 * Hints are not part of what is stored: a store whose `watch` or `watchAll` throws, or returns nothing to end it,
 * counts as one without hints.
 */

/**
 * Calls back when something else may have written the record at a place, if the store gives hints. Returns a function
 * that ends this.
 */
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

/** The same for all records. */
export function hintsOfAll(store: RecordStore, fire: () => void): () => void {
  if (store.watchAll === undefined) return () => {}
  return guarded(listener => store.watchAll?.(listener), fire)
}

function guarded(watch: (listener: () => void) => (() => unknown) | undefined, fire: () => void): () => void {
  let end: (() => unknown) | undefined
  // Some stores call the listener at once, for the current value. If each such call ended a wait, no time would be left
  // for anything else.
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
      // Throws too if `end` is no function.
      hearThrown(end?.())
    } catch (error) {
      hearThrown(error)
    }
  }
}
