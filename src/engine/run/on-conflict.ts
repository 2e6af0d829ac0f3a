import type { Lease } from '../../core/record/lease.ts'
import { anothersChange, isSettledAs, ownChange } from '../../core/stored/found-out.ts'
import { withOutcome } from '../../public/errors.ts'
import type { End } from '../../core/run/end.ts'
import { failureOf } from '../../core/record/stored-answer.ts'
import type { Performer } from './performer.ts'
import { changeRecord } from '../stored/changes.ts'
import { resultFromData } from '../answer/result-from-data.ts'
import { unkept } from '../../guards/data-as-json.ts'

/*
 * What `onConflict` found out about a conflict that proves nothing by itself: the conflicting change is the operation's
 * own, or another's. The run has already let go of the record, so both are written by a compare-and-set into the same
 * record.
 */

/** The change is the operation's own: it was executed, whatever else was stored meanwhile. */
export async function settledAs(x: Performer, end: End, data: unknown, path: string): Promise<End> {
  const { result: kept, fault } = resultFromData(data, x.engine.transport.parseJson)
  if (fault !== undefined) throw withOutcome(unkept(`${path}.executed`, fault), x.outcome)
  const result = data === undefined ? undefined : kept
  const key = x.record?.key
  await changeRecord(x.journal, stored => ownChange(stored, { key, result }, x.engine.runtime.now()))
  const { stored } = x.journal
  return isSettledAs(stored, key, 'succeeded') ? x.settleAs(stored) : end
}

/** The change is another's: nothing that was sent was executed. */
export async function notOurs(x: Performer): Promise<boolean> {
  const { record, lastAnswer } = x
  if (record === undefined || lastAnswer === undefined) return false
  const failure = failureOf(
    lastAnswer,
    'conflict',
    'the change that stood in the way is not its own',
    x.plan.keepResponseHeaders,
  )
  const left = { record, failure, isFree: (lease: Lease | undefined) => x.isFree(lease) }
  await changeRecord(x.journal, stored => anothersChange(stored, left, x.engine.runtime.now()))
  return isSettledAs(x.journal.stored, record.key, 'failed')
}
