import type { ListedRecord, RecordStore } from '../public/store.ts'
import { memoryStore } from '../stores/memory/memory-store.ts'
import { pageLocks } from './page-locks.ts'

/** Replaces `stillonce/browser` where there is no browser. */
export type FakeBrowser = {
  /**
   * A store that outlives the page: all stores with the same name share their data. Options other than `name` have no
   * effect.
   */
  readonly indexedDBStore: (options?: { readonly name?: string | undefined }) => RecordStore
  readonly webStorageStore: (options?: { readonly name?: string | undefined }) => RecordStore
  /**
   * Leaves the page: its work is cut off and its locks are released. Stores that are created from now on belong to
   * the next page and contain everything that was written. The test itself removes and renders what the page shows.
   */
  readonly reload: () => void
  /** Leaves the page and deletes the site's data: for use between two tests. */
  readonly reset: () => void
}

/** One page, shared by all stores that it created. */
type Page = { isGone: boolean }

/** The data of one store. */
type Site = { readonly records: RecordStore; readonly watchers: Map<string, Set<() => void>> }

/**
 * Stores for tests of components, in jsdom or anywhere else without IndexedDB.
 *
 * @example
 * const browser = await vi.hoisted(async () => (await import('stillonce/testing')).fakeBrowser())
 * vi.mock('stillonce/browser', () => browser)
 */
export function fakeBrowser(): FakeBrowser {
  let sites = new Map<string, Site>()
  let locks = pageLocks()
  let page: Page = { isGone: false }

  function open(kind: string, name: string): RecordStore {
    const place = `${kind}/${name}`
    let site = sites.get(place)
    if (site === undefined) sites.set(place, (site = newSite()))
    return storeOfPage(site, page, locks.of(page), `${place}/`)
  }

  function reload(): void {
    page.isGone = true
    locks.drop(page)
    page = { isGone: false }
  }

  return {
    indexedDBStore: ({ name = 'stillonce' } = {}) => open('indexed-db', name),
    webStorageStore: ({ name = 'stillonce' } = {}) => open('web-storage', name),
    reload,
    reset: () => {
      reload()
      sites = new Map()
      locks = pageLocks()
    },
  }
}

function newSite(): Site {
  // A browser drops settled records only when they have expired.
  return { records: memoryStore({ maxSettled: Infinity }), watchers: new Map() }
}

function storeOfPage(
  { records, watchers }: Site,
  page: Page,
  lock: NonNullable<RecordStore['lock']>,
  locksOf: string,
): RecordStore {
  const listSettled = records.listSettled?.bind(records)
  /** For a page that was left, no call returns. */
  const here = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    const value = page.isGone ? undefined : await work()
    return page.isGone ? new Promise<never>(() => {}) : (value as Value)
  }
  const tell = (key: string) => {
    for (const listener of watchers.get(key) ?? []) listener()
  }
  async function* listed(list: AsyncIterable<ListedRecord>): AsyncGenerator<ListedRecord> {
    for await (const record of list) yield await here(async () => record)
  }

  return {
    get: key => here(() => records.get(key)),
    set: (key, value, options) =>
      here(async () => {
        const version = await records.set(key, value, options)
        if (version !== undefined) tell(key)
        return version
      }),
    delete: (key, options) =>
      here(async () => {
        const isDeleted = await records.delete(key, options)
        if (isDeleted) tell(key)
        return isDeleted
      }),
    listOpen: prefix => listed(records.listOpen(prefix)),
    ...(listSettled && { listSettled: prefix => listed(listSettled(prefix)) }),
    lock: (key, work, options) => lock(`${locksOf}${key}`, work, options),
    watch: (key, listener) => {
      const own = () => {
        if (!page.isGone) listener()
      }
      const listeners = watchers.get(key) ?? new Set()
      watchers.set(key, listeners.add(own))
      return () => void listeners.delete(own)
    },
  }
}
