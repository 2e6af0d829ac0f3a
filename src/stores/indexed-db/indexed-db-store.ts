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
  /** Seals the values; keys, times and what is open stay readable. Default: values are kept as they are. */
  readonly codec?: Codec | undefined
  /**
   * For how long opening waits for other tabs that upgrade or delete the database, and (a second at least) any
   * transaction for its end, ms. Default 10,000.
   */
  readonly busyTimeout?: number | undefined
  /**
   * Keeps records where the browser blocks IndexedDB (private mode, blocked cookies), has none, or has no room for new
   * ones: `memoryStore()`, for example. The store is weak then: what is kept there does not survive a reload, no other tab
   * sees it, and what was executed can be executed again. Default: nothing is sent, and the run ends as `store-failed`.
   */
  readonly fallback?: RecordStore | undefined
  /** Epoch ms, for `expiresAt`. Default `Date.now`. */
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
 * A store in the browser's IndexedDB, shared by all tabs and workers of the site, that survives reloads, crashes of
 * the tab and of the browser. A write that opens an operation resolves when it is on the disk (strict durability); all
 * writes of one turn of the event loop share one transaction. The browser may evict the site's data: Safari does after
 * seven days without a visit, others when the disk is full.
 *
 * The database is opened at the first use, and again where its connection died or does not answer. Operations reject
 * with a StoreError: `failed` where storage cannot be used now, with a `reason` that a page can show (`blocked`, `full`,
 * `busy` where another tab holds it for longer than `busyTimeout`, `lost`; `missing` where the runtime has no IndexedDB,
 * which ends calls as `configuration`); `corrupt` where the database is another application's or of a newer version, and
 * then nothing in it is changed. A wrong option throws here.
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

/** What a client asks at once, before the code of the database is there, of a store that may have to use the other one. */
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
