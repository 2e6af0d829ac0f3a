import type { OperationRecord } from '../../core/record/operation-record.ts'
import { isOpen, LONGEST_RECORD } from '../../core/record/operation-record.ts'

/** JSON writes one character as up to six. */
const LONGEST_IN_JSON = 6

/** What is left for fields that have a length of their own, and for names. */
const REST = 100_000

/**
 * Whether the text of a record is known to be short enough without making it, and whether the record holds nothing that a
 * user could change afterwards, as an id that is an object. False also where that would have to be looked at.
 */
export function isSurelyShort(record: OperationRecord): boolean {
  const { id, scope, name, key, target } = record
  if (
    (typeof id !== 'string' && typeof id !== 'number') ||
    record.request !== undefined ||
    record.state === 'failed'
  )
    return false
  const told = isOpen(record) ? record.statusUrl : record.result?.text
  const { origin, path, method, account } = target
  const length =
    String(id).length +
    scope.length +
    name.length +
    key.length +
    origin.length +
    path.length +
    method.length +
    account.length +
    (told?.length ?? 0)
  return length * LONGEST_IN_JSON < LONGEST_RECORD - REST
}
