import { isEntry, isOpenIndex, json, newEpoch, type KeptEntry, type OpenIndex } from '../kept-entry.ts'
import { StoreError } from '../store-error.ts'

/** What a web storage holds for one record. */
export type StorageEntry = KeptEntry & {
  /** Set if the text in the record's place is not a record. The text becomes the version, so that it can be deleted. */
  readonly damaged?: StoreError
}

/** A web storage as records, an index of the open ones, and the sequence that supplies places and versions. */
export type WebStorageRecords = {
  readonly read: (key: string) => StorageEntry | undefined
  /** Writes the entry that `make` returns for the next number of the sequence: all of it or nothing. */
  readonly write: (key: string, make: (next: number, epoch: string) => StorageEntry) => StorageEntry
  readonly remove: (key: string) => void
  /** The keys of the open records, oldest first. */
  readonly openKeys: () => readonly string[]
  readonly keys: () => readonly string[]
  /** The last number of the sequence that was used; undefined before the first. */
  readonly sequence: () => StorageSequence | undefined
}

export type StorageSequence = { readonly last: number; readonly epoch: string }

/** Every access may throw, because a browser that blocks the site's data refuses the storage itself. */
export function webStorageRecords(name: string, storageOf: () => Storage): WebStorageRecords {
  const recordPrefix = `${name}/record/`
  const openPlace = `${name}/open`
  const sequencePlace = `${name}/sequence`

  function parsed(place: string): unknown {
    const text = storageOf().getItem(place)
    return text === null ? undefined : json(text)
  }

  function read(key: string): StorageEntry | undefined {
    const text = storageOf().getItem(recordPrefix + key)
    if (text === null) return undefined
    const found = json(text)
    if (isEntry(found)) return found
    const error = damaged(name, recordPrefix + key, `damaged ${text}`)
    const open = listedOpen().some(([, other]) => other === key)
    return { value: '', version: `damaged ${text}`, place: 0, open, damaged: error }
  }

  /** For reading: an index that cannot be understood hides no record. */
  function listedOpen(): OpenIndex {
    const found = parsed(openPlace)
    if (found === undefined) return []
    if (isOpenIndex(found)) return found
    return keys().flatMap(key => {
      const entry = parsed(recordPrefix + key)
      if (!isEntry(entry)) return [[0, key] as const]
      return entry.open ? [[entry.place, key] as const] : []
    })
  }

  function keys(): readonly string[] {
    const storage = storageOf()
    const places = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
    return places
      .filter(place => place.startsWith(recordPrefix))
      .map(place => place.slice(recordPrefix.length))
  }

  function newSequence(): StorageSequence {
    return { last: 0, epoch: newEpoch() }
  }

  function sequence(): StorageSequence | undefined {
    const found = parsed(sequencePlace)
    if (found === undefined || isSequence(found)) return found
    throw damaged(name, sequencePlace)
  }

  /** Written last, so that a tab that sees the new number sees the rest too. */
  function sequenceItem(next: StorageSequence): readonly [string, string] {
    return [sequencePlace, JSON.stringify(next)]
  }

  function openIndex(): OpenIndex {
    const found = parsed(openPlace)
    if (found === undefined) return []
    if (isOpenIndex(found)) return found
    throw damaged(name, openPlace)
  }

  /** If one item finds no room, the items before it are restored. */
  function put(items: readonly (readonly [place: string, text: string | undefined])[]): void {
    const storage = storageOf()
    const before = items.map(([place]) => [place, storage.getItem(place) ?? undefined] as const)
    try {
      for (const [place, text] of items) setItem(storage, place, text)
    } catch (error) {
      for (const [place, text] of before) setItem(storage, place, text)
      throw error
    }
  }

  /** A record leaves the index after it has settled, and enters the index before it opens. */
  function indexed(key: string, entry: StorageEntry | undefined): readonly [string, string] {
    const others = openIndex().filter(([, other]) => other !== key)
    const next: OpenIndex = entry?.open === true ? [...others, [entry.place, key]] : others
    return [openPlace, JSON.stringify(next)]
  }

  return {
    read,
    write: (key, make) => {
      const { last, epoch } = sequence() ?? newSequence()
      const next = last + 1
      const entry = make(next, epoch)
      const record = [recordPrefix + key, JSON.stringify(entry)] as const
      const index = indexed(key, entry)
      put([...(entry.open ? [index, record] : [record, index]), sequenceItem({ last: next, epoch })])
      return entry
    },
    // A removal counts as a write, because other tabs must see it too.
    remove: key => {
      const { last, epoch } = sequence() ?? newSequence()
      put([[recordPrefix + key, undefined], indexed(key, undefined), sequenceItem({ last: last + 1, epoch })])
    },
    openKeys: () =>
      listedOpen()
        .toSorted(([a], [b]) => a - b)
        .map(([, key]) => key),
    keys,
    sequence,
  }
}

function setItem(storage: Storage, place: string, text: string | undefined): void {
  if (text === undefined) {
    storage.removeItem(place)
    return
  }
  storage.setItem(place, text)
  // A stand-in for a blocked storage accepts every text without an error and keeps none.
  if (storage.getItem(place) !== text) throw new Error('the storage does not keep what it is given')
}

function isSequence(found: unknown): found is StorageSequence {
  if (typeof found !== 'object' || found === null) return false
  const { last, epoch } = found as Partial<Record<keyof StorageSequence, unknown>>
  return Number.isSafeInteger(last) && typeof epoch === 'string'
}

function damaged(name: string, place: string, version?: string): StoreError {
  return new StoreError(
    'corrupt',
    `The web storage store "${name}" holds something else under "${place}": it was left as it is.`,
    { version },
  )
}
