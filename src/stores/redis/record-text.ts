import { StoreError } from '../store-error.ts'

/** The text that Redis holds for a record, as the script `SET` writes it. */
type RecordOfText = {
  readonly version: string
  /** Only open records have a place. */
  readonly place: number | undefined
  readonly value: string
}

const VERSION_LENGTH = 36
const PLACE_LENGTH = 16

/**
 * Undefined if there is no record. A text that cannot be understood throws, because it must not be taken for an
 * absent record.
 */
export function recordOfText(text: unknown): RecordOfText | undefined {
  if (text === null || text === undefined) return undefined
  if (typeof text !== 'string')
    throw unreadable('is no text: give it a client without a type mapping (RESP_TYPES) for texts')
  const version = text.slice(0, VERSION_LENGTH)
  const mark = text[VERSION_LENGTH]
  const rest = VERSION_LENGTH + 1
  if (mark === '0') return { version, place: undefined, value: text.slice(rest) }
  if (mark !== '1') throw unreadable('this store did not write')
  const place = Number(text.slice(rest, rest + PLACE_LENGTH))
  return { version, place, value: text.slice(rest + PLACE_LENGTH) }
}

function unreadable(why: string): StoreError {
  return new StoreError('failed', `The Redis store got a record that ${why}.`)
}
