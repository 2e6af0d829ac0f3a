import type { RecordStore, SetOptions } from '../../public/store.ts'
import { changeHints } from '../change-hints.ts'
import { checkOptions, isFunction, type OptionRules } from '../check-options.ts'
import { isCodec, withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isStore, withFallback } from '../fallback.ts'
import { indexedDBConnection } from './connection.ts'
import { isWhole, keysUnder, recordsOf, versionOf, type Row } from './layout.ts'
import { indexedDBWriter, unexpired, type RowChange } from './writer.ts'
import { closedError, StoreError } from '../store-error.ts'
import { webLock } from '../web-lock.ts'

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
   * Keeps records where the browser blocks IndexedDB (private mode, blocked cookies) or has no room for new ones:
   * `memoryStore()`, for example. The store is weak then: what is kept there does not survive a reload, no other tab
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

/** Settled records held at a time, at most. */
const RECORDS_PER_PAGE = 256

/**
 * A store in the browser's IndexedDB, shared by all tabs and workers of the site, that survives reloads, crashes of
 * the tab and of the browser. A write that opens an operation resolves when it is on the disk (strict durability); all
 * writes of one turn of the event loop share one transaction. The browser may evict the site's data: Safari does after
 * seven days without a visit, others when the disk is full.
 *
 * The database is opened at the first use, and again where its connection died or does not answer. Operations reject
 * with a StoreError: `failed` where storage cannot be used now, with a `reason` that a page can show (`blocked`, `full`,
 * `busy` where another tab holds it for longer than `busyTimeout`, `lost`); `corrupt` where the database is another
 * application's or of a newer version, and then nothing in it is changed. A wrong option throws here.
 *
 * @example
 * const client = createClient({ store: indexedDBStore(), ... })
 */
export function indexedDBStore(options: IndexedDBStoreOptions = {}): RecordStore {
  checkOptions('indexedDBStore', options, RULES)
  const { name = 'stillonce', codec, busyTimeout = 10_000, fallback, now = Date.now } = options
  const plain = plainIndexedDBStore(name, busyTimeout, now)
  const store = codec ? withCodec(plain, codec) : plain
  return fallback ? withFallback(store, fallback) : store
}

function plainIndexedDBStore(name: string, busyTimeoutMs: number, now: () => number): ListingStore {
  const connection = indexedDBConnection(name, busyTimeoutMs)
  const hints = changeHints(`stillonce/indexed-db/${name}`)
  const writer = indexedDBWriter(connection, now, hints.tell)
  let closing: Promise<void> | undefined

  function use<T>(work: Parameters<typeof connection.use<T>>[0]): Promise<T> {
    return closing ? Promise.reject(closedError(`IndexedDB store "${name}"`)) : connection.use(work, 'read')
  }

  function write(...wanted: Parameters<typeof writer.write>): ReturnType<typeof writer.write> {
    return closing ? Promise.reject(closedError(`IndexedDB store "${name}"`)) : writer.write(...wanted)
  }

  function pageOf(range: IDBKeyRange | null): Promise<readonly Row[]> {
    return use(async db => recordsOf(db).getAll(range, RECORDS_PER_PAGE))
  }

  async function set(key: string, value: string, options: SetOptions): Promise<string | undefined> {
    const written = await write(key, durabilityOf(options), changeTo(key, value, options))
    return written === undefined || written === 'deleted' ? undefined : written.version
  }

  return {
    get: async key => {
      const row = unexpired(await use(async db => recordsOf(db).get(key)), now())
      if (row === undefined) return undefined
      if (!isWhole(row)) throw damaged(name, row)
      return { value: row.value, version: row.version }
    },
    set,
    delete: async (key, { expected }) =>
      (await write(key, 'relaxed', found =>
        found && versionOf(found) === expected ? 'deleted' : undefined,
      )) !== undefined,
    async *listOpen(prefix) {
      const rows = await use(async db => recordsOf(db).index('open').getAll(keysUnder(prefix)))
      for (const row of rows.toSorted((a, b) => placeOf(a) - placeOf(b))) yield listed(row)
    },
    async *listSettled(prefix) {
      let range = keysUnder(prefix)
      for (;;) {
        const page = await pageOf(range)
        for (const row of page) if (row.open === undefined && unexpired(row, now())) yield listed(row)
        const last = page.at(-1)
        if (last === undefined || page.length < RECORDS_PER_PAGE) return
        range = keysUnder(prefix, last.key)
      }
    },
    watch: hints.watch,
    ...webLock(`stillonce/indexed-db/${name}/`),
    close: () =>
      (closing ??= writer.idle().then(() => {
        hints.close()
        connection.close()
      })),
  }
}

/**
 * What opens an operation must be on the disk before anything is sent. A finish over an open record may be lost with
 * the machine's power: the record is open again then, under the same key, and asking settles it. What is settled
 * without an open record before it has nothing to fall back on.
 */
function durabilityOf({ open, expected }: SetOptions): 'strict' | 'relaxed' {
  return open || expected === null || expected.startsWith(SETTLED) ? 'strict' : 'relaxed'
}

/** A version begins with what it was a version of, so that a later write knows without reading. */
const OPEN = 'o'
const SETTLED = 's'

function changeTo(key: string, value: string, { expected, open, expiresAt }: SetOptions): RowChange {
  return (found, next) => {
    if ((found ? versionOf(found) : null) !== expected) return undefined
    const { place, version } = next()
    const row: Row = { key, value, version: `${open ? OPEN : SETTLED}${version}`, place }
    if (open)
      return { ...row, place: found?.open === undefined || !isWhole(found) ? place : found.place, open: key }
    return expiresAt === undefined || expiresAt === Infinity ? row : { ...row, expiresAt }
  }
}

/** One that is damaged is given without a value, which is no record, so that it does not hide the others. */
function listed(row: Row) {
  return { key: row.key, value: isWhole(row) ? row.value : '', version: versionOf(row) }
}

function placeOf(row: Row): number {
  return isWhole(row) ? row.place : 0
}

function damaged(name: string, row: Row): StoreError {
  return new StoreError(
    'corrupt',
    `The IndexedDB store "${name}" holds something else under "${row.key}": it was left as it is.`,
    { version: versionOf(row) },
  )
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTimeout(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 2_147_483_647
}
