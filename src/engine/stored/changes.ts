import pRetry from 'p-retry'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { RefusedChange, StoredChange } from '../../core/stored/refused-change.ts'
import type { Journal } from './journal.ts'
import { StoreFailure } from './journal.ts'

/*
 * What is changed in a record from outside of a run: conclude, seal, forget. Each is one compare-and-set, tried again when
 * another write came first; a run that is under way finds out at its next write, which then fails. What may be written:
 * core/stored.
 */

/** More races than this for one record are not a race. */
const MOST_TRIES = 50

type Change = (record: OperationRecord | undefined) => StoredChange

/** Reads, decides, writes; again while others write in between. Undefined from `change` means: leave it as it is. */
export function changeRecord(journal: Journal, change: Change): Promise<RefusedChange | undefined> {
  const raced = new StoreFailure('the record is written by others all the time', false)
  // Only a race is tried again, and at once: whoever won it is done. What else is thrown comes out as it is.
  return pRetry(() => tried(journal, change, raced), {
    retries: MOST_TRIES - 1,
    minTimeout: 0,
    shouldRetry: ({ error }) => error === raced,
  })
}

async function tried(
  journal: Journal,
  change: Change,
  raced: StoreFailure,
): Promise<RefusedChange | undefined> {
  const before = await journal.read()
  const after = change(before)
  if (after === undefined || after === before) return undefined
  if ('refused' in after) return after
  if ((await journal.write(after)) === undefined) throw raced
  return undefined
}
