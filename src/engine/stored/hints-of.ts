import { hearThrown } from '../../guards/synchronous.ts'
import type { RecordStore } from '../../public/store.ts'

/**
 * Hears that something else may have written the record at a place, where the store tells; returns what ends it. A hint is
 * no part of the record: a store whose `watch` throws, or gives nothing that ends it, is one that tells nothing.
 */
export function hintsOf(store: RecordStore, place: () => Promise<string>, fire: () => void): () => void {
  if (store.watch === undefined) return () => {}
  let isOver = false
  let end: (() => unknown) | undefined
  const begin = (key: string) => {
    if (isOver) return
    // Some call at once, for what is there: a wait that each such call ends would leave no time for anything else.
    let isBeginning = true
    end = store.watch?.(key, () => isBeginning || fire())
    isBeginning = false
    hearThrown(end)
  }
  void place().then(begin).then(undefined, hearThrown)
  return () => {
    isOver = true
    try {
      // Where it is no function this throws too.
      hearThrown(end?.())
    } catch (error) {
      hearThrown(error)
    }
  }
}
