import { saidOfRead } from '../core/record/may-be-said.ts'
import type { OperationRecord } from '../core/record/operation-record.ts'
import type { Phase } from '../core/run/run-commands.ts'
import type { Performer } from '../engine/run/performer.ts'
import type { Settled } from './settled.ts'
import type { Snapshot } from './snapshot.ts'

/** A stored record as a snapshot, for `inspect` and `pending`. */
export function snapshotOf(record: OperationRecord): Snapshot {
  return {
    id: record.id,
    name: record.name,
    scope: record.scope,
    generation: record.generation,
    key: record.key === '' ? undefined : record.key,
    state: record.state,
    phase: phaseOf(record),
    attempts: record.attempts,
    polls: 0,
    startedAt: record.createdAt,
    retryAt: undefined,
    isPaused: false,
    nextLookAt: undefined,
    data: undefined,
    error: undefined,
    outcome: saidOfRead(record),
    replayed: false,
  }
}

function phaseOf(record: OperationRecord): Phase {
  switch (record.state) {
    case 'succeeded':
    case 'failed':
      return 'settled'
    case 'processing':
      return 'polling'
    case 'pending':
      return record.inFlight === undefined ? 'waiting' : 'sending'
    default:
      return record satisfies never
  }
}

/** A snapshot of an operation while a run works on it, and at the run's end. */
export function liveSnapshot<Output>(
  about: Pick<Snapshot, 'id' | 'name' | 'scope' | 'outcome' | 'startedAt'>,
  performer: Pick<Performer, 'record' | 'shown' | 'progress'> | undefined,
  settled: Settled<Output> | undefined,
): Snapshot<Output> {
  const stored = performer?.record === undefined ? undefined : snapshotOf(performer.record)
  return Object.freeze({
    id: about.id,
    name: about.name,
    scope: about.scope,
    generation: stored?.generation ?? 1,
    key: stored?.key,
    state: stored?.state,
    phase: settled === undefined ? (performer?.shown.phase ?? 'claiming') : 'settled',
    attempts: stored?.attempts ?? 0,
    polls: performer?.progress.asks ?? 0,
    startedAt: stored?.startedAt ?? about.startedAt,
    retryAt: settled?.error?.retryAt ?? performer?.shown.retryAt,
    isPaused: settled === undefined && performer?.shown.isPaused === true,
    nextLookAt: undefined,
    data: settled?.outcome === 'executed' ? settled.data : undefined,
    error: settled?.error,
    outcome: settled?.outcome ?? about.outcome,
    replayed: settled?.outcome === 'executed' && settled.replayed,
  })
}
