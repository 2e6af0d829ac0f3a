import { configurationError } from '../../public/errors.ts'
import type { RecordStore, SetOptions } from '../../public/store.ts'
import { checkOptions, isFunction, type OptionRules } from '../check-options.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { closedError, StoreError } from '../store-error.ts'
import { webLock } from '../web-lock.ts'
import { keyValueRecords, type FoundEntry, type KeyValueRecords } from './records.ts'
import { checkedStorage, type KeyValueStorage } from './storage.ts'
import { keyValueTurns, type KeyValueTurns } from './turns.ts'

export type KeyValueStoreOptions = KeyValueStorage & {
  /**
   * States that the storage has a text on the disk, safe from a crash of the device, before its `set` resolves.
   * Default: the store is weak.
   */
  readonly durable?: boolean | undefined
  /** The beginning of every key in the storage. Stores with the same name take turns. Default `stillonce`. */
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
  get: [isFunction, 'a function'],
  set: [isFunction, 'a function'],
  remove: [isFunction, 'a function'],
  keys: [isFunction, 'a function'],
  durable: [value => typeof value === 'boolean', 'true or false'],
  name: [value => typeof value === 'string' && value !== '', 'a text that is not empty'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
}

/**
 * How many writes that settle a record come between two listings of all keys. Each of them checks a few keys of a
 * listing.
 */
const WRITES_PER_PURGE = 64
const LOOKED_AT_PER_WRITE = 2

/**
 * A store in the storage of an app that runs as one runtime: AsyncStorage, MMKV, Capacitor Preferences, Electron,
 * extensions. The storage needs no compare-and-set: all accesses of this runtime take turns, and with Web Locks so do
 * those of all pages and workers that share the locks. **A second runtime on the same storage without shared locks
 * (another process, another device) is outside the promise: both would send.** The store is weak unless `durable:
 * true` states that the storage has a text on the disk before `set` resolves.
 *
 * Operations reject with a StoreError: `failed` if the storage throws, returns something other than text, or does not
 * answer for 5 s while other accesses wait; `corrupt` if something else is stored in the record's place. A missing
 * function throws a `configuration` error here.
 *
 * @example
 * const store = keyValueStore({
 *   get: key => AsyncStorage.getItem(key),
 *   set: (key, value) => AsyncStorage.setItem(key, value),
 *   remove: key => AsyncStorage.removeItem(key),
 *   keys: () => AsyncStorage.getAllKeys(),
 * })
 */
export function keyValueStore(storage: KeyValueStoreOptions): RecordStore {
  checkOptions('keyValueStore', storage, RULES)
  const { durable = false, name = 'stillonce', codec, now = Date.now } = storage
  const checked = checkedStorage(name, storage)
  if (typeof globalThis.crypto?.getRandomValues !== 'function')
    throw configurationError(
      'keyValueStore',
      'needs crypto.getRandomValues, which this runtime does not have: give it one (React Native: react-native-quick-crypto)',
    )
  const records = keyValueRecords(name, checked, now)
  const store = plainKeyValueStore(name, records, keyValueTurns(name), now)
  return { ...(codec ? withCodec(store, codec) : store), ...(!durable && { isWeak: true }) }
}

function plainKeyValueStore(
  name: string,
  records: KeyValueRecords,
  turns: KeyValueTurns,
  now: () => number,
): ListingStore {
  const accesses = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined
  let unseen: string[] = []
  let writesUntilPurge = 0

  /** Nobody else reads or writes during the work, so nobody sees a half-finished write. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (closing) throw closedError(`key-value store "${name}"`)
    const done = turns.take(work)
    accesses.add(done)
    try {
      return await done
    } finally {
      accesses.delete(done)
    }
  }

  async function find(key: string): Promise<FoundEntry | undefined> {
    const entry = await records.read(key)
    return isOver(entry) ? undefined : entry
  }

  function isOver(entry: FoundEntry | undefined): boolean {
    return entry?.expiresAt !== undefined && entry.expiresAt <= now()
  }

  async function write(
    key: string,
    value: string,
    { expected, open, expiresAt }: SetOptions,
  ): Promise<string | undefined> {
    if (![key, value].every(isStorable)) throw unstorable(name)
    const found = await find(key)
    if ((found?.version ?? null) !== expected) {
      if (found?.damaged) throw found.damaged
      return undefined
    }
    const written = await records.write(key, (next, epoch) => ({
      value,
      version: `${next.toString(36)}-${epoch}`,
      place: open && found?.open === true ? found.place : next,
      open,
      expiresAt: open || expiresAt === Infinity ? undefined : expiresAt,
    }))
    // The record is written, so a failure here must not fail the write.
    if (!open) await purge().catch(() => {})
    return written.version
  }

  /** Checks the next few keys, and removes the records that have expired. */
  async function purge(): Promise<void> {
    if (unseen.length === 0) {
      writesUntilPurge -= 1
      if (writesUntilPurge > 0) return
      writesUntilPurge = WRITES_PER_PURGE
      unseen = [...(await records.keys(''))]
    }
    for (const key of unseen.splice(-LOOKED_AT_PER_WRITE)) {
      const entry = await records.read(key)
      if (entry !== undefined && isOver(entry)) await records.remove(key, entry)
    }
  }

  return {
    get: async key => {
      const entry = await alone(() => find(key))
      if (entry?.damaged) throw entry.damaged
      return entry && { value: entry.value, version: entry.version }
    },
    set: (key, value, options) => alone(() => write(key, value, options)),
    delete: (key, { expected }) =>
      alone(async () => {
        const found = await find(key)
        if (found?.version !== expected) return false
        await records.remove(key, found)
        return true
      }),
    async *listOpen(prefix) {
      for (const [place, key] of await alone(() => records.openIndex(prefix))) {
        const entry = await alone(async () => {
          const found = await find(key)
          if (found?.open !== true) records.wasNotOpen(place, key)
          return found
        })
        if (entry?.open === true) yield { key, value: entry.value, version: entry.version }
      }
    },
    async *listSettled(prefix) {
      for (const key of await alone(() => records.keys(prefix))) {
        const entry = await alone(() => find(key))
        if (entry?.open === false) yield { key, value: entry.value, version: entry.version }
      }
    },
    since: () => alone(records.since),
    ...webLock(`stillonce/key-value/${name}/`),
    close: () => (closing ??= Promise.allSettled(accesses).then(() => {})),
  }
}

/** Storages that use UTF-8 return half a surrogate pair and NUL changed. */
function isStorable(text: string): boolean {
  return !/[\0\uD800-\uDFFF]/u.test(text)
}

function unstorable(name: string): StoreError {
  return new StoreError(
    'failed',
    `The key-value store "${name}" holds text without NUL and without half a surrogate pair: nothing was written.`,
  )
}
