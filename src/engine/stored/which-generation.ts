import type { OperationRecord } from '../../core/record/operation-record.ts'
import { configurationError } from '../../public/errors.ts'

/**
 * Which of an operation's keys is meant, told by the key itself or by the number of its generation. A webhook
 * may be late or come twice: without a key it speaks of whatever is stored by then.
 */
export type WhichGeneration = {
  /** The idempotency key, as `inspect`, errors and events give it. */
  readonly key?: string
  /** 1 for the operation's first key. */
  readonly generation?: number
}

/**
 * What the caller said of the generation, checked. A `key` that is there and undefined is a mistake: the
 * webhook that should have brought it would speak of another one.
 */
export function whichGeneration(given: WhichGeneration & object, path: string): WhichGeneration {
  const { key, generation } = given as Partial<Record<string, unknown>>
  if ('key' in given && (typeof key !== 'string' || key === ''))
    throw configurationError(`${path}.key`, 'must be the idempotency key that is meant, or left out')
  if ('generation' in given && !(Number.isSafeInteger(generation) && Number(generation) >= 1))
    throw configurationError(`${path}.generation`, 'must be a whole number of at least 1, or left out')
  return {
    ...(typeof key === 'string' && { key }),
    ...(typeof generation === 'number' && { generation }),
  }
}

export function namesOne({ key, generation }: WhichGeneration): boolean {
  return key !== undefined || generation !== undefined
}

/** Whether a record is the one that is meant; anything is, where nothing was said. */
export function isMeant(record: OperationRecord, { key, generation }: WhichGeneration): boolean {
  return (
    (key === undefined || record.key === key) &&
    (generation === undefined || record.generation === generation)
  )
}
