import { saidOfRead } from '../core/record/may-be-said.ts'
import type { OperationRecord } from '../core/record/operation-record.ts'
import type { Phase } from '../core/run/run-commands.ts'
import type { Snapshot } from './snapshot.ts'

/** A stored record as a snapshot: what `inspect` and `pending` give. */
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
