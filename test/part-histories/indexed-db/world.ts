import { AsyncResource } from 'node:async_hooks'
import {
  SimCursor,
  SimDatabase,
  SimIndex,
  SimKeyRange,
  SimObjectStore,
  SimRequest,
  SimTransaction,
} from './sim-indexed-db.ts'
import { currentTab, type Site } from './sim-site.ts'

/* What a page finds in its global scope, for this process only: IndexedDB and timers of the history that runs. */

let site: Site | undefined

export function enter(history: Site): void {
  site = history
}

function here(): Site {
  if (site === undefined) throw new Error('no history runs')
  return site
}

const timers = new Map<number, () => void>()
let lastTimer = 0

Object.assign(globalThis, {
  IDBRequest: SimRequest,
  IDBDatabase: SimDatabase,
  IDBTransaction: SimTransaction,
  IDBObjectStore: SimObjectStore,
  IDBIndex: SimIndex,
  IDBCursor: SimCursor,
  IDBKeyRange: SimKeyRange,
  indexedDB: { open: (_name: string, version: number) => here().open(version) },
  // Hints are for speed, and each of them would be a message of Node's.
  BroadcastChannel: undefined,
  addEventListener: (type: string, listener: (event: Event) => void) => {
    const listeners = currentTab.getStore()?.listeners
    listeners?.set(type, (listeners.get(type) ?? new Set()).add(listener))
  },
  removeEventListener: (type: string, listener: (event: Event) => void) => {
    currentTab.getStore()?.listeners.get(type)?.delete(listener)
  },
  setTimeout: (run: () => void, delayMs: number) => {
    const id = (lastTimer += 1)
    const inContext = AsyncResource.bind(run)
    const tab = currentTab.getStore()
    timers.set(
      id,
      here().time.in(delayMs, () => {
        here().tell(
          tab,
          () => {
            if (timers.delete(id)) inContext()
          },
          'timers',
        )
      }),
    )
    return id
  },
  clearTimeout: (id: number) => {
    timers.get(id)?.()
    timers.delete(id)
  },
})
