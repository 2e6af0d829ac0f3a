import type { ListedRecord, RecordStore, SetOptions } from '../../public/store.ts'
import { checkOptions, isFunction, type OptionRules } from '../check-options.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { append, emptyList, pushUnder, textOf, unlink, type Entry } from './entry-list.ts'
import { openEntries } from './open-entries.ts'
import { closedError } from '../store-error.ts'
import { keepsValues } from '../../runtime/value-store.ts'

export type MemoryStoreOptions = {
  /**
   * How many settled records are kept. Above this number the oldest are dropped and reported to `onDrop`. Default
   * 10,000; Infinity keeps all.
   */
  readonly maxSettled?: number | undefined
  /** Returns the time that `expiresAt` is compared with, epoch ms. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Encrypts the values. Default: values are stored as they are. */
  readonly codec?: Codec | undefined
}

const RULES: OptionRules = {
  maxSettled: [isCountOrInfinity, 'a whole number of at least 1, or Infinity'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
}

/**
 * One write deletes at most this many expired records: faster than they are added, and without making any write slow.
 */
const PURGED_PER_WRITE = 2

/**
 * A store that lasts as long as this process: for tests, demos, and services where a duplicate after a crash does no
 * harm. Nothing is shared with other processes or tabs. Open records are never dropped. At most `maxSettled` settled
 * records are kept, and an operation whose record was dropped is executed again when it is run again. A server needs
 * `maxSettled: Infinity`. After `close` every operation rejects with a StoreError of kind `failed`.
 *
 * @example
 * const client = createClient({ store: memoryStore(), ... })
 */
export function memoryStore(options: MemoryStoreOptions = {}): RecordStore {
  checkOptions('memoryStore', options, RULES)
  const { maxSettled = 10_000, now = Date.now, codec } = options
  const store = plainMemoryStore(maxSettled, now)
  return codec ? withCodec(store, codec) : store
}

function plainMemoryStore(maxSettled: number, now: () => number): ListingStore {
  const entries = new Map<string, Entry>()
  const open = openEntries()
  let settled = emptyList()
  const listeners = new Set<(key: string) => void>()
  // A worker's clock is 0 before its first request; `since` then sets the time at its first call.
  let bornAt = now()
  let lastVersion = 0
  let closed = false

  /** Finds a record, and removes it if it has expired, so that nobody sees an expired record. */
  function find(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt === Infinity || entry.expiresAt > now()) return entry
    remove(entry)
    return undefined
  }

  function remove(entry: Entry): void {
    if (entry.openedAs === undefined) unlink(settled, entry)
    else open.remove(entry)
    entries.delete(entry.key)
  }

  function create(key: string, record: Entry['record']): Entry {
    const entry = {
      key,
      record,
      openedAs: undefined,
      expiresAt: Infinity,
      before: undefined,
      after: undefined,
    }
    entries.set(key, entry)
    return entry
  }

  function makeRoom(): void {
    for (let dropped = 0; dropped < PURGED_PER_WRITE; dropped += 1) {
      const { oldest } = settled
      if (oldest === undefined || oldest.expiresAt > now()) break
      remove(oldest)
    }
    while (settled.count > maxSettled && settled.oldest) {
      const { key } = settled.oldest
      remove(settled.oldest)
      // Called later and separately, because the write is done whatever a listener does.
      for (const listener of listeners) queueMicrotask(() => listener(key))
    }
  }

  function set(
    key: string,
    value: string | object,
    { expected, open: opens, expiresAt = Infinity }: SetOptions,
  ): Promise<string | undefined> {
    if (closed) return Promise.reject(closedError('memory store'))
    let entry = find(key)
    if ((entry === undefined ? null : entry.record.version) !== expected) return Promise.resolve(undefined)

    lastVersion += 1
    const version = String(lastVersion)
    const record = { value, version }
    const isNew = entry === undefined
    if (entry === undefined) entry = create(key, record)
    else entry.record = record
    entry.expiresAt = opens ? Infinity : expiresAt

    const wasOpen = entry.openedAs !== undefined
    if (opens && !wasOpen) {
      if (!isNew) unlink(settled, entry)
      open.add(entry)
    } else if (!opens && (isNew || wasOpen)) {
      if (wasOpen) open.remove(entry)
      append(settled, entry)
      makeRoom()
    }
    return Promise.resolve(version)
  }

  async function* list(found: readonly Entry[], isOpen: boolean): AsyncGenerator<ListedRecord> {
    for (const { key } of found) {
      if (closed) throw closedError('memory store')
      const entry = find(key)
      if (entry && (entry.openedAs !== undefined) === isOpen) yield { key, ...textOf(entry) }
    }
  }

  const store: ListingStore = {
    ...(maxSettled !== Infinity && { isBounded: true }),
    since: () => {
      if (closed) return Promise.reject(closedError('memory store'))
      if (bornAt <= 0) bornAt = now()
      return Promise.resolve(bornAt)
    },
    get: key => {
      if (closed) return Promise.reject(closedError('memory store'))
      const entry = find(key)
      return Promise.resolve(entry && textOf(entry))
    },
    set: (key: string, value: string, options: SetOptions) => set(key, value, options),
    delete: (key, { expected }) => {
      if (closed) return Promise.reject(closedError('memory store'))
      const entry = find(key)
      if (entry === undefined || entry.record.version !== expected) return Promise.resolve(false)
      remove(entry)
      return Promise.resolve(true)
    },
    async *listOpen(prefix) {
      if (closed) throw closedError('memory store')
      yield* list(open.under(prefix), true)
    },
    async *listSettled(prefix) {
      if (closed) throw closedError('memory store')
      const found: Entry[] = []
      pushUnder(found, settled, prefix)
      yield* list(found, false)
    },
    onDrop: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      closed = true
      entries.clear()
      open.clear()
      settled = emptyList()
      return Promise.resolve()
    },
  }
  return keepsValues(store, set)
}

function isCountOrInfinity(value: unknown): boolean {
  return value === Infinity || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1)
}
