import { configurationError } from '../../public/errors.ts'
import type { RecordStore, SetOptions } from '../../public/store.ts'
import { changeHints } from '../change-hints.ts'
import { checkOptions, isFunction, type OptionRules } from '../check-options.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { closedError, missingError, StoreError, type StoreFailureReason } from '../store-error.ts'
import { areLocksPolyfilled, siteLocks, webLock } from '../web-lock.ts'
import { webStorageTurns, type Turns } from './turns.ts'
import { webStorageRecords, type StorageEntry, type WebStorageRecords } from './entries.ts'

export type WebStorageStoreOptions = {
  /** The storage for the records. Default `localStorage`; with `sessionStorage` each tab has its own records. */
  readonly storage?: Storage | undefined
  /** The beginning of every key in the storage. Default `stillonce`. */
  readonly name?: string | undefined
  /**
   * Encrypts the values. Keys, times and whether a record is open stay readable. Default: values are stored as they
   * are.
   */
  readonly codec?: Codec | undefined
  /** Returns the time that `expiresAt` is compared with, epoch ms. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

const RULES: OptionRules = {
  storage: [isStorage, 'a Storage: localStorage or sessionStorage'],
  name: [isName, 'a text that is not empty'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
}

/** How many writes come between two checks of all records for expired ones. */
const WRITES_PER_PURGE = 64

/**
 * A weak store in the browser's web storage, for pages that cannot use IndexedDB; `indexedDBStore()` is the better
 * choice. The records survive reloads and crashes of the tab. Browsers write web storage to the disk some seconds
 * later, so an operation whose key was written just before the browser was killed may be executed again.
 *
 * Web storage has no compare-and-set, so writes take turns by the site's Web Locks. Without Web Locks (an insecure
 * page, an old browser), or with a polyfill of them, this function throws a `configuration` error. Operations reject
 * with a StoreError: `failed` if storage is blocked or full; `corrupt` if something else is stored in the record's
 * place.
 *
 * @example
 * const client = createClient({ store: webStorageStore({ storage: localStorage }), ... })
 */
export function webStorageStore(options: WebStorageStoreOptions = {}): RecordStore {
  checkOptions('webStorageStore', options, RULES)
  const locks = siteLocks()
  if (locks === undefined) {
    throw configurationError(
      'webStorageStore',
      'needs Web Locks, which are on secure pages only (https, localhost): without them two tabs would both send',
    )
  }
  if (areLocksPolyfilled()) {
    throw configurationError(
      'webStorageStore',
      'needs the Web Locks of the browser: with a polyfill of them two tabs would both send',
    )
  }
  const { storage, name = 'stillonce', codec, now = Date.now } = options
  const records = webStorageRecords(name, () => storage ?? siteStorage())
  const turns = webStorageTurns(name, locks, records.sequence, () => !isOfOneTab(storage))
  const store = plainWebStorageStore(name, records, turns, now)
  return codec ? { ...withCodec(store, codec), isWeak: true } : store
}

function plainWebStorageStore(
  name: string,
  records: WebStorageRecords,
  turns: Turns,
  now: () => number,
): ListingStore {
  const hints = changeHints(`stillonce/web-storage/${name}`)
  const writes = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  function find(key: string): StorageEntry | undefined {
    const entry = records.read(key)
    return entry?.expiresAt !== undefined && entry.expiresAt <= now() ? undefined : entry
  }

  /** Runs the work, and turns what the storage throws into a StoreError. */
  function guarded<T>(work: () => T): T {
    if (closing) throw closedError(`web storage store "${name}"`)
    try {
      return work()
    } catch (error) {
      throw storeErrorFrom(error, name)
    }
  }

  /** Nobody else writes during the work. */
  async function alone<T>(key: string, work: () => T): Promise<T> {
    guarded(() => {})
    const done = turns.take(work)
    writes.add(done)
    try {
      const result = await done
      hints.tell([key])
      return result
    } catch (error) {
      throw storeErrorFrom(error, name)
    } finally {
      writes.delete(done)
    }
  }

  function write(key: string, value: string, { expected, open, expiresAt }: SetOptions): string | undefined {
    const found = find(key)
    if ((found?.version ?? null) !== expected) {
      if (found?.damaged) throw found.damaged
      return undefined
    }
    const written = records.write(key, (next, epoch) => ({
      value,
      version: `${next.toString(36)}-${epoch}`,
      place: open && found?.open === true ? found.place : next,
      open,
      expiresAt: open || expiresAt === Infinity ? undefined : expiresAt,
    }))
    if (!open && written.place % WRITES_PER_PURGE === 0) purge()
    return written.version
  }

  function purge(): void {
    for (const key of records.keys()) if (find(key) === undefined) records.remove(key)
  }

  function* list(keys: readonly string[], prefix: string, isOpen: boolean) {
    for (const key of keys.filter(each => each.startsWith(prefix))) {
      const entry = guarded(() => find(key))
      if (entry?.open === isOpen) yield { key, value: entry.value, version: entry.version }
    }
  }

  return {
    isWeak: true,
    get: async key => {
      const entry = guarded(() => find(key))
      if (entry?.damaged) throw entry.damaged
      return entry && { value: entry.value, version: entry.version }
    },
    set: (key, value, options) => alone(key, () => write(key, value, options)),
    delete: (key, { expected }) =>
      alone(key, () => {
        if (find(key)?.version !== expected) return false
        records.remove(key)
        return true
      }),
    async *listOpen(prefix) {
      yield* list(guarded(records.openKeys), prefix, true)
    },
    async *listSettled(prefix) {
      yield* list(guarded(records.keys), prefix, false)
    },
    watch: hints.watch,
    ...webLock(`stillonce/web-storage/${name}/`),
    close: () =>
      (closing ??= Promise.allSettled(writes).then(() => {
        hints.close()
      })),
  }
}

function storeErrorFrom(error: unknown, name: string): StoreError {
  if (error instanceof StoreError) return error
  const [what, reason] = explain(error instanceof Error ? error.name : '')
  return new StoreError('failed', `The web storage store "${name}" ${what} Nothing was written.`, {
    cause: error,
    reason,
  })
}

function explain(errorName: string): readonly [what: string, reason?: StoreFailureReason] {
  switch (errorName) {
    case 'QuotaExceededError':
      return ['has no room: the quota of this site is used up.', 'full']
    case 'SecurityError':
      return ['may not be used: the browser blocks the data of this site.', 'blocked']
    case 'TypeError':
      return ['cannot be used: there is no web storage here.', 'blocked']
    default:
      return ['could not be used.']
  }
}

function isStorage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { getItem, setItem, removeItem, key } = value as Partial<Record<keyof Storage, unknown>>
  return [getItem, setItem, removeItem, key].every(isFunction)
}

/**
 * Read at each use: a browser that blocks the site's data throws here or returns null (an Android web view whose app
 * did not request storage).
 */
function siteStorage(): Storage {
  const found: Storage | null | undefined = globalThis.localStorage
  if (found) return found
  if (found === null) throw new TypeError('localStorage is null')
  throw missingError('webStorageStore', 'localStorage', undefined)
}

function isOfOneTab(storage: Storage | undefined): boolean {
  return storage !== undefined && storage === globalThis.sessionStorage
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
