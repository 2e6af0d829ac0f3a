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
  /** The storage has a text on the disk, through a crash of the device, before its `set` resolves. Default: the store is weak. */
  readonly durable?: boolean | undefined
  /** What every key in the storage begins with; stores of one name take turns. Default `stillonce`. */
  readonly name?: string | undefined
  /** Seals the values; keys, times and what is open stay readable. Default: values are kept as they are. */
  readonly codec?: Codec | undefined
  /** Epoch ms, for `expiresAt`. Default `Date.now`. */
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

/** How many writes that settle a record come between two lists of all keys; each of them looks at some of a list. */
const WRITES_PER_PURGE = 64
const LOOKED_AT_PER_WRITE = 2

/**
 * A store in the storage of an app that is one runtime: AsyncStorage, MMKV, Capacitor Preferences, Electron, extensions. The
 * storage needs no compare-and-set: all accesses of this runtime take turns, and where there are Web Locks those of all
 * who share them. **A second runtime on the same storage without these (another process, another device) is outside the
 * promise: both would send.** Weak, unless `durable: true` says that the storage has a text on the disk before `set` resolves.
 *
 * Operations reject with a StoreError: `failed` where the storage throws, gives what is no text, or does not
 * answer for 5 s while others wait; `corrupt` where something else lies in the record's place. A missing function throws
 * a `configuration` error here.
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

  /** Nobody else reads or writes meanwhile: what is not kept yet is seen by nobody. */
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
    // The write is done, whatever becomes of this.
    if (!open) await purge().catch(() => {})
    return written.version
  }

  /** A look at some records, at others each time: what has expired goes. */
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

/** Half a surrogate pair and NUL come back changed from storages that keep UTF-8. */
function isStorable(text: string): boolean {
  return !/[\0\uD800-\uDFFF]/u.test(text)
}

function unstorable(name: string): StoreError {
  return new StoreError(
    'failed',
    `The key-value store "${name}" holds text without NUL and without half a surrogate pair: nothing was written.`,
  )
}
