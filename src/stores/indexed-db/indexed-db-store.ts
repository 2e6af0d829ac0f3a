import type { RecordStore } from '../../public/store.ts'
import { checkOptions, isFunction, type OptionRules } from '../check-options.ts'
import type { Codec } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { isStore } from '../is-store.ts'
import { webLock } from '../web-lock.ts'
import { lateStore } from './late-store.ts'

export type IndexedDBStoreOptions = {
  /** The name of the database. Default `stillonce`. */
  readonly name?: string | undefined
  /**
   * Encrypts the values. Keys, times and whether a record is open stay readable. Default: values are stored as they
   * are.
   */
  readonly codec?: Codec | undefined
  /**
   * How long opening waits for other tabs that upgrade or delete the database, and how long a transaction may take
   * (at least a second), ms. Default 10,000.
   */
  readonly busyTimeout?: number | undefined
  /**
   * Holds the records if the browser blocks IndexedDB (private mode, blocked cookies), has none, or has no room for
   * new records: for example `memoryStore()`. The store is then weak: the fallback's records do not survive a reload,
   * no other tab sees them, and an operation that was executed may be executed again. Default: nothing is sent, and
   * the run ends as `store-failed`.
   */
  readonly fallback?: RecordStore | undefined
  /** Returns the time that `expiresAt` is compared with, epoch ms. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

const RULES: OptionRules = {
  name: [isName, 'a text that is not empty'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
  busyTimeout: [isTimeout, 'milliseconds, from 0 to 2147483647'],
  fallback: [isStore, 'a store: memoryStore(), for example'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
}

/**
 * A store in the browser's IndexedDB, shared by all tabs and workers of the site. The records survive reloads and
 * crashes of the tab and of the browser. A write that opens an operation resolves when it is on the disk (strict
 * durability). All writes of one turn of the event loop share one transaction. The browser may evict the site's data:
 * Safari does so after seven days without a visit, other browsers when the disk is full.
 *
 * The database is opened at the first use, and again if its connection died or does not answer. Operations reject
 * with a StoreError. `failed` means that storage cannot be used now, with a `reason` that a page can show: `blocked`,
 * `full`, `busy` (another tab holds it for longer than `busyTimeout`), `lost`, or `missing` (the runtime has no
 * IndexedDB, and the calls end as `configuration`). `corrupt` means that the database belongs to another application
 * or a newer version, and then it is left as it is. A wrong option throws here.
 *
 * @example
 * const client = createClient({ store: indexedDBStore(), ... })
 */
export function indexedDBStore(options: IndexedDBStoreOptions = {}): RecordStore {
  checkOptions('indexedDBStore', options, RULES)
  const { name = 'stillonce', codec, busyTimeout = 10_000, fallback, now = Date.now } = options
  return {
    ...lateStore({ name, busyTimeoutMs: busyTimeout, now, codec, fallback }),
    ...webLock(`stillonce/indexed-db/${name}/`),
    ...(fallback && likeFallback(fallback)),
  }
}

/**
 * What a client reads from the store at once, before the database's code is loaded. Any record may end up in the
 * fallback.
 */
function likeFallback(fallback: RecordStore): Pick<RecordStore, 'isWeak' | 'isBounded' | 'onDrop' | 'since'> {
  return {
    isWeak: true,
    ...(fallback.isBounded && { isBounded: true }),
    ...(fallback.onDrop && { onDrop: listener => fallback.onDrop?.(listener) ?? (() => {}) }),
    ...(fallback.since && { since: async () => (await fallback.since?.()) ?? 0 }),
  }
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTimeout(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 2_147_483_647
}
