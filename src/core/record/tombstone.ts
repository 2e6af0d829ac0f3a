import type { OperationRecord, StoredFailure } from './operation-record.ts'
import { isOpen } from './operation-record.ts'
import { newRecord } from './new-record.ts'
import { factOf, transition } from './transition.ts'

/*
 * What is left of an operation that was dropped, or cancelled before anything of it was sent: a settled record without
 * a key. The record keeps only the number of the generation, which the next run raises, and proves nothing about what
 * was there before.
 */

/** The record that `forget` leaves: settled, without key or result. */
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

/**
 * The record that `cancel` leaves if nothing was ever sent. The generation that another runner may be about to begin is
 * over.
 */
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

/** The record that `cancel` makes of an open one of which nothing ever left. */
export function closedUnsent(record: OperationRecord, nowAt: number): OperationRecord {
  const failure: StoredFailure = {
    code: 'sealed',
    reason: 'the operation was cancelled before anything was sent',
  }
  return transition(record, { kind: 'learn', told: { kind: 'not-executed', failure } }, nowAt)
}

/** Whether `forget` left this record. */
export function isTombstone(record: OperationRecord): boolean {
  return record.state === 'failed' && record.failure.code === 'forgotten'
}

/** An open record without anything that a user may have typed, or a settled one without its result. */
export function shrunk(record: OperationRecord): OperationRecord {
  if (!isOpen(record)) return factOf(record)
  const { request: _request, statusUrl: _statusUrl, statusIsMonitor: _isMonitor, ...rest } = record
  return rest
}
