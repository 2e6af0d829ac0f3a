import type { OperationRecord } from '../record/operation-record.ts'

/**
 * Which of an operation's keys is meant, given by the key itself or by the number of its generation. A webhook may come
 * late or twice: without a key, it is about whatever is stored by then.
 */
export type WhichGeneration = {
  /** The idempotency key, as `inspect`, errors and events show it. */
  readonly key?: string
  /** 1 for the operation's first key. */
  readonly generation?: number
}

export function namesOne({ key, generation }: WhichGeneration): boolean {
  return key !== undefined || generation !== undefined
}

/** Whether a record is the one that is meant. Without a key and a generation, every record is. */
export function isMeant(record: OperationRecord, { key, generation }: WhichGeneration): boolean {
  return (
    (key === undefined || record.key === key) &&
    (generation === undefined || record.generation === generation)
  )
}
