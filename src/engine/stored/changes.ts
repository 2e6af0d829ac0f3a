import pRetry from 'p-retry'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { RefusedChange, StoredChange } from '../../core/stored/refused-change.ts'
import type { Journal } from './journal.ts'
import { StoreFailure } from './journal.ts'

/*
 * Changes to a record from outside of a run: conclude, seal, forget. Each is one compare-and-set, which is repeated if
 * another write came first. A run that is under way notices at its next write, which then fails. core/stored decides
 * what may be written.
 */

/** More than this many lost races in a row have another cause than a race. */
const MOST_TRIES = 50

type Change = (record: OperationRecord | undefined) => StoredChange

/**
 * Reads, decides and writes, repeatedly while others write in between. `change` returns undefined to leave the record
 * as it is.
 */
export function changeRecord(journal: Journal, change: Change): Promise<RefusedChange | undefined> {
  const raced = new StoreFailure('the record is written by others all the time', false)
  // Only a lost race is repeated, and at once, because the winner has finished. Any other error is passed on unchanged.
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
