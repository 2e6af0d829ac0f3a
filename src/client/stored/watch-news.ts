import type { Engine } from '../../engine/engine.ts'
import { hintsOf } from '../../guards/hints-of.ts'
import type { ClientCore } from '../client-core.ts'
import type { Named } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'
import { whenChanged } from './store-news.ts'

/** How often the store is listed again, to find what other tabs and processes left open, ms: once a minute is cheap. */
const LIST_AGAIN_MS = 60_000

/** Focus, visibility and `online` events come in bursts: the store is listed only once within this time, ms. */
const BURST_MS = 1_000

export type News = {
  /** Somebody has returned to the page, or the network is back: called for each such signal. */
  readonly woken: () => void
  /**
   * The store must be listed again: for all watchers, or, within a burst of signals, only if another user has logged
   * in.
   */
  readonly round: (whose: 'all' | 'of-another-user') => void
  /** A call of this process changed a stored record; undefined means any operation. */
  readonly changed: (liveKey: string | undefined) => void
}

/** Listens for everything that brings news to the watches of a client. Returns a function that ends this. */
export function hearNews({ runtime, store }: Pick<Engine, 'runtime' | 'store'>, news: News): () => void {
  let backMs = Number.NEGATIVE_INFINITY
  let cancelRound = () => {}
  const ends = [
    whenChanged(store, news.changed),
    runtime.whenBack(() => {
      const ms = runtime.monotonic()
      const isFirst = ms - backMs >= BURST_MS
      if (isFirst) backMs = ms
      news.woken()
      news.round(isFirst ? 'all' : 'of-another-user')
    }),
    () => cancelRound(),
  ]
  const roundLater = () => {
    cancelRound = runtime.afterwards(LIST_AGAIN_MS, () => {
      roundLater()
      news.round('all')
    })
  }
  roundLater()
  return () => {
    for (const end of ends) end()
  }
}

/**
 * Listens for writes to one operation's record by another tab or by a call of this process, if the store reports them.
 */
export function hearHints(core: ClientCore, operation: Named, heard: () => void): () => void {
  return hintsOf(core.engine.store, () => patientJournal(core, operation).place(), heard)
}
