import { isEntry, isOpenIndex, json, newEpoch, type KeptEntry, type OpenIndex } from '../kept-entry.ts'
import { StoreError } from '../store-error.ts'
import type { CheckedStorage } from './storage.ts'

/*
 * A record is one text of the storage. One more text is the index: the open records, and the last sequence number
 * used. Storages have no transactions, so the order of two writes must be right wherever the app dies: a record
 * enters the index before it opens, and leaves the index after it has settled. An entry too many in the index is
 * noticed when its record is read, and removed by a later write.
 */
export type KeyValueRecords = {
  readonly read: (key: string) => Promise<FoundEntry | undefined>
  /** Writes the entry that `make` returns for the next number of the sequence. */
  readonly write: (key: string, make: (next: number, epoch: string) => KeptEntry) => Promise<KeptEntry>
  readonly remove: (key: string, entry: KeptEntry) => Promise<void>
  /** The open records under a prefix, oldest first. */
  readonly openIndex: (prefix: string) => Promise<OpenIndex>
  /** Notes that the index names a record that is not open at that place. */
  readonly wasNotOpen: (place: number, key: string) => void
  readonly keys: (prefix: string) => Promise<readonly string[]>
  readonly since: () => Promise<number>
}

export type FoundEntry = KeptEntry & {
  /** Set if the text in the record's place is not a record. The text becomes the version, so that it can be deleted. */
  readonly damaged?: StoreError
}

type Index = {
  /** The last number of the sequence that was used. */
  readonly last: number
  readonly epoch: string
  /** The storage holds everything written from this time on, epoch ms. */
  readonly since: number
  readonly open: OpenIndex
}

export function keyValueRecords(name: string, storage: CheckedStorage, now: () => number): KeyValueRecords {
  const recordPrefix = `${name}/record/`
  const indexPlace = `${name}/index`
  let surplus: OpenIndex = []

  async function read(key: string): Promise<FoundEntry | undefined> {
    const text = await storage.get(recordPrefix + key)
    if (text === undefined) return undefined
    const found = json(text)
    if (isEntry(found)) return found
    const version = `damaged ${text}`
    const index = await storedIndex()
    const open = typeof index === 'string' || index.open.some(([, other]) => other === key)
    return { value: '', version, place: 0, open, damaged: damaged(name, recordPrefix + key, version) }
  }

  async function keys(prefix: string): Promise<readonly string[]> {
    const found = await storage.keys(recordPrefix + prefix)
    return found.map(place => place.slice(recordPrefix.length))
  }

  async function storedIndex(): Promise<Index | 'none' | 'damaged'> {
    const text = await storage.get(indexPlace)
    if (text === undefined) return 'none'
    const found = json(text)
    return isIndex(found) ? found : 'damaged'
  }

  /** Reads the open records from the records themselves: an index that is lost or unreadable hides none of them. */
  async function foundOpen(): Promise<OpenIndex> {
    const open: (readonly [number, string])[] = []
    for (const key of await keys('')) {
      const entry = await read(key)
      if (entry?.open === true) open.push([entry.place, key])
    }
    return open
  }

  /** The index for a write. An index that cannot be understood is left as it is, and the write fails. */
  async function usableIndex(): Promise<Index> {
    const found = await storedIndex()
    if (found === 'damaged') throw damaged(name, indexPlace)
    if (found !== 'none') return found
    const open = await foundOpen()
    return { last: Math.max(0, ...open.map(([place]) => place)), epoch: newEpoch(), since: now(), open }
  }

  async function keepIndex(next: Index): Promise<void> {
    await storage.set(indexPlace, JSON.stringify(next))
  }

  function without(open: OpenIndex, pairs: OpenIndex): OpenIndex {
    return pairs.length === 0
      ? open
      : open.filter(([place, key]) => !pairs.some(([other, its]) => place === other && key === its))
  }

  return {
    read,
    keys,
    write: async (key, make) => {
      const before = await usableIndex()
      const next = before.last + 1
      const entry = make(next, before.epoch)
      const dropped = surplus
      const kept = without(before.open, dropped)
      const open: OpenIndex = entry.open
        ? [...kept.filter(([, other]) => other !== key), [entry.place, key]]
        : kept
      await keepIndex({ ...before, last: next, open })
      surplus = without(surplus, dropped)
      await storage.set(recordPrefix + key, JSON.stringify(entry))
      if (!entry.open) surplus = [...surplus, ...open.filter(([, other]) => other === key)]
      return entry
    },
    remove: async (key, { place }) => {
      await storage.remove(recordPrefix + key)
      surplus = [...surplus, [place, key]]
    },
    openIndex: async prefix => {
      const found = await storedIndex()
      const open = typeof found === 'string' ? await foundOpen() : without(found.open, surplus)
      return open.filter(([, key]) => key.startsWith(prefix)).toSorted(([a], [b]) => a - b)
    },
    wasNotOpen: (place, key) => {
      surplus = [...surplus, [place, key]]
    },
    since: async () => {
      const found = await storedIndex()
      if (typeof found !== 'string') return found.since
      const made = await usableIndex()
      await keepIndex(made)
      return made.since
    },
  }
}

function isIndex(found: unknown): found is Index {
  if (typeof found !== 'object' || found === null) return false
  const { last, epoch, since, open } = found as Partial<Record<keyof Index, unknown>>
  return (
    Number.isSafeInteger(last) && typeof epoch === 'string' && typeof since === 'number' && isOpenIndex(open)
  )
}

function damaged(name: string, place: string, version?: string): StoreError {
  return new StoreError(
    'corrupt',
    `The key-value store "${name}" holds something else under "${place}": it was left as it is.`,
    { version },
  )
}
