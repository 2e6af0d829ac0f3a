import type { OperationRecord, StoredFailure } from './operation-record.ts'
import { isOpen } from './operation-record.ts'
import { newRecord } from './new-record.ts'
import { factOf, transition } from './transition.ts'

/*
 * What is left of an operation that was dropped, or cancelled before anything was sent of it: a settled record without a
 * key. It only counts the generations, so that the next run raises the number, and proves nothing of what was there before.
 */

/** A settled place without key or result: it only counts the generations, so that the next run raises it. */
export function tombstone(record: OperationRecord, nowAt: number): OperationRecord {
  const seed = {
    v: record.v,
    scope: record.scope,
    name: record.name,
    id: record.id,
    generation: record.generation,
    key: '',
    fingerprint: '',
    bodyHash: '',
    target: record.target,
    at: nowAt,
  }
  const failure: StoredFailure = { code: 'forgotten', reason: 'the operation was forgotten' }
  return transition(newRecord(seed), { kind: 'learn', told: { kind: 'not-executed', failure } }, nowAt)
}

/** What `cancel` leaves where nothing was ever sent: the generation that somebody may be about to begin is over. */
export function neverSent(
  before: OperationRecord | undefined,
  identity: Pick<OperationRecord, 'scope' | 'name' | 'id'>,
  nowAt: number,
): OperationRecord {
  const { scope, name, id } = identity
  const target = before?.target ?? {
    method: '',
    origin: '',
    path: '',
    queryHash: '',
    profile: '',
    account: '',
  }
  const seed = { v: 1 as const, scope, name, id, generation: (before?.generation ?? 0) + 1, at: nowAt }
  return closedUnsent(newRecord({ ...seed, key: '', fingerprint: '', bodyHash: '', target }), nowAt)
}

/** What `cancel` makes of an open record of which nothing ever left. */
export function closedUnsent(record: OperationRecord, nowAt: number): OperationRecord {
  const failure: StoredFailure = {
    code: 'sealed',
    reason: 'the operation was cancelled before anything was sent',
  }
  return transition(record, { kind: 'learn', told: { kind: 'not-executed', failure } }, nowAt)
}

/** Whether a record is what `forget` left. */
export function isTombstone(record: OperationRecord): boolean {
  return record.state === 'failed' && record.failure.code === 'forgotten'
}

/** An open record without what a user may have typed; a settled one without its result. */
export function shrunk(record: OperationRecord): OperationRecord {
  if (!isOpen(record)) return factOf(record)
  const { request: _request, statusUrl: _statusUrl, statusIsMonitor: _isMonitor, ...rest } = record
  return rest
}
