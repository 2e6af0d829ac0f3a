import type { Engine } from '../../engine/engine.ts'
import { hintsOf } from '../../guards/hints-of.ts'
import type { ClientCore } from '../client-core.ts'
import type { Named } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'
import { whenChanged } from './store-news.ts'

/** What other tabs and processes leave behind is found by listing the store again, ms: a minute costs it nothing. */
const LIST_AGAIN_MS = 60_000

/** Focus, visibility and `online` come in bursts, ms: the store is listed once for them. */
const BURST_MS = 1_000

export type News = {
  /** Somebody is back at the page, or the network is: each signal of that. */
  readonly woken: () => void
  /** The store is to be listed again: for all, or within a burst of signals where another user is logged in by now. */
  readonly round: (whose: 'all' | 'of-another-user') => void
  /** A call of this process changed what is stored; of any operation where none is named. */
  readonly changed: (liveKey: string | undefined) => void
}

/** Listens to what brings news to the watches of a client; returns what ends that. */
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

/** Listens for another tab, or a call of this process, that wrote the record of one operation, where the store says so. */
export function hearHints(core: ClientCore, operation: Named, heard: () => void): () => void {
  return hintsOf(core.engine.store, () => patientJournal(core, operation).place(), heard)
}
