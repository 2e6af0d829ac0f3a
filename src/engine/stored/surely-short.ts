import type { OperationRecord } from '../../core/record/operation-record.ts'
import { isOpen, LONGEST_RECORD } from '../../core/record/operation-record.ts'

/** JSON writes one character as up to six. */
const LONGEST_IN_JSON = 6

/** Space for the fields of bounded length, and for field names. */
const REST = 100_000

/**
 * Whether a record's text is known to be short enough without making it, and the record contains nothing that a user
 * could change later, such as an id that is an object. False if that would have to be examined.
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
