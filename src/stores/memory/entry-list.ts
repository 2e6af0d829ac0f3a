import type { StoredRecord } from '../../public/store.ts'

/** What a memory store keeps of a record, linked to its neighbours in the list that it is in. */
export type Entry = {
  readonly key: string
  /** Replaced, never changed, so that it can be handed out as it is, once its value is a text. */
  record: { readonly value: string | object; readonly version: string }
  /** When it became open: its place in the order of a listing. Undefined while it is settled. */
  openedAs: number | undefined
  /** Epoch ms; Infinity for what never expires. */
  expiresAt: number
  before: Entry | undefined
  after: Entry | undefined
}

/** The record as a text, which is made when it is first asked for. */
export function textOf(entry: Entry): StoredRecord {
  const { value, version } = entry.record
  if (typeof value === 'string') return entry.record as StoredRecord
  const record = { value: JSON.stringify(value), version }
  entry.record = record
  return record
}

/** Entries in the order in which they were appended; a Map would be slow at dropping its oldest over and over. */
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

/** Copies what lies under the prefix, so that a listing does not see what happens to the list after it. */
export function pushUnder(found: Entry[], list: EntryList | undefined, prefix: string): void {
  for (let entry = list?.oldest; entry; entry = entry.after)
    if (entry.key.startsWith(prefix)) found.push(entry)
}
