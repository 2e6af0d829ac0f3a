import type { RecordsWithin, SetOptions } from '../../public/store.ts'
import type { KeyRecord } from '../core/key-state.ts'
import { readRecord, writeRecord, type View } from './key-text.ts'

export type OptionsOfRecord = Omit<SetOptions, 'expected'>

/**
 * Keys inside a transaction of a handler. Nothing is tried again: the transaction's owner repeats the whole
 * transaction.
 */
export type KeysWithin = {
  readonly read: (place: string) => Promise<View>
  /**
   * Returns whether the record that was seen was still there. Then `next` is stored once the transaction has
   * committed.
   */
  readonly write: (place: string, seen: View, next: KeyRecord) => Promise<boolean>
  /** Makes the transaction unable to commit. */
  readonly fail: (why: string) => Promise<void>
}

export function keysWithin(
  records: RecordsWithin,
  optionsOf: (record: KeyRecord) => OptionsOfRecord,
): KeysWithin {
  return {
    read: async place => {
      const found = await records.get(place)
      return found === undefined
        ? { record: undefined, version: null }
        : { record: readRecord(found.value), version: found.version }
    },
    write: async (place, { version: expected }, next) => {
      const options = { expected, ...optionsOf(next) }
      return (await records.set(place, writeRecord(next), options)) !== undefined
    },
    fail: why => records.fail(why),
  }
}
