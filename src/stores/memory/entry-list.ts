import type { StoredRecord } from '../../public/store.ts'

/** What a memory store holds for one record, linked to its neighbours in a list. */
export type Entry = {
  readonly key: string
  /** Replaced, never changed, so that it can be handed out as it is once its value is a text. */
  record: { readonly value: string | object; readonly version: string }
  /** The record's place in the order in which records became open. Undefined while the record is settled. */
  openedAs: number | undefined
  /** Epoch ms; Infinity if the record never expires. */
  expiresAt: number
  before: Entry | undefined
  after: Entry | undefined
}

/** The record with its value as a text, which is made at the first request. */
export function textOf(entry: Entry): StoredRecord {
  const { value, version } = entry.record
  if (typeof value === 'string') return entry.record as StoredRecord
  const record = { value: JSON.stringify(value), version }
  entry.record = record
  return record
}

/** Entries in the order in which they were appended. A Map would be slow at removing its oldest entry over and over. */
export type EntryList = { oldest: Entry | undefined; newest: Entry | undefined; count: number }

export function emptyList(): EntryList {
  return { oldest: undefined, newest: undefined, count: 0 }
}

export function append(list: EntryList, entry: Entry): void {
  entry.before = list.newest
  entry.after = undefined
  if (list.newest) list.newest.after = entry
  else list.oldest = entry
  list.newest = entry
  list.count += 1
}

export function unlink(list: EntryList, entry: Entry): void {
  if (entry.before) entry.before.after = entry.after
  else list.oldest = entry.after
  if (entry.after) entry.after.before = entry.before
  else list.newest = entry.before
  entry.before = undefined
  entry.after = undefined
  list.count -= 1
}

/** Copies the entries under the prefix, so that a listing does not see later changes of the list. */
export function pushUnder(found: Entry[], list: EntryList | undefined, prefix: string): void {
  for (let entry = list?.oldest; entry; entry = entry.after)
    if (entry.key.startsWith(prefix)) found.push(entry)
}
