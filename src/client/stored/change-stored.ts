import type { OperationRecord } from '../../core/record/operation-record.ts'
import { changeRecord } from '../../engine/stored/changes.ts'
import type { Journal } from '../../engine/stored/journal.ts'
import type { OperationError } from '../../public/errors.ts'
import { errorOf } from '../error-of.ts'
import type { Named } from '../operation-context.ts'
import { storeError } from './store-errors.ts'

/**
 * Changes a record. Resolves with undefined if it was changed or needs no change; else with why the change was refused,
 * as the error to throw.
 */
export async function changeStored(
  operation: Named,
  journal: Journal,
  change: Parameters<typeof changeRecord>[1],
): Promise<{ readonly error: OperationError; readonly late: OperationRecord | undefined } | undefined> {
  const refused = await changeRecord(journal, change).catch((error: unknown) => {
    throw storeError(operation, error)
  })
  if (refused === undefined) return undefined
  return { error: errorOf(refused.refused, { ...operation, record: journal.stored }), late: refused.late }
}
