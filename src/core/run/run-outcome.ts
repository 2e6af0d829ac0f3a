import { isQueued, keepsRequest, mayBeSaid } from '../record/may-be-said.ts'
import { isOpen } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import { mayHaveExecuted, outcomeOf } from '../record/outcome.ts'
import type { End } from './end.ts'
import { isLookOld, holdsLease, writesLong } from './knowledge.ts'
import type { Now } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-look.ts'

/*
 * What a run may report of its operation: which of the doubts of core/record/may-be-said.ts are true of it now. A run
 * removes two of them before it ends, so they are not answered here: it has the store drop a kept request (`release`
 * with `drops`) unless the request was enqueued, and it looks once more if its look is old (`needsNewLook`).
 */

/** The outcome that may be reported now. */
export function outcomeNow(
  knows: Pick<RunKnowledge, 'record' | 'isStoreRead' | 'hasLeftBehind' | 'mayBeTaken' | 'writingSince'>,
  now: Pick<Now, 'wallAt' | 'nowAt'>,
  { runner }: Pick<RunPolicy, 'runner'>,
): Outcome {
  const outcome = outcomeOf(knows.record)
  // The usual case: any other outcome needs no doubts.
  if (outcome !== 'not-executed') return outcome
  return mayBeSaid(outcome, {
    isUnread: !knows.isStoreRead,
    isUnacknowledged: knows.mayBeTaken || writesLong(knows, now),
    hasLeftBeside: knows.hasLeftBehind,
    isHeld: isHeldElsewhere(knows, now, runner),
    isKept: isQueued(knows.record),
    // If the record was forgotten during the run, the run ends for that reason. If it was forgotten before, the run
    // began as if nothing were stored.
    isForgotten: false,
    isOld: false,
  })
}

/** The outcome if the store fails: the kept request cannot be dropped any more, and the record cannot be read again. */
export function outcomeWithoutStore(
  knows: RunKnowledge,
  { isCorrupt }: Pick<StoreFault, 'isCorrupt'>,
  now: Now,
  policy: Pick<RunPolicy, 'runner'>,
): Outcome {
  const { holding, heard } = knows
  return mayBeSaid(outcomeNow(knows, now, policy), {
    isUnread: isCorrupt,
    isUnacknowledged: false,
    hasLeftBeside: false,
    isHeld: false,
    isKept: !holding && keepsRequest(heard.stored),
    isForgotten: false,
    isOld: !holding && isLookOld(knows, now),
  })
}

/**
 * The outcome if the run ends without the operation: the runner that holds it may send it, and so may a `resume` that
 * finds its request.
 */
export function outcomeForOthers(
  outcome: Outcome,
  { holding, record }: RunKnowledge,
  runner: string,
): Outcome {
  const lease = record !== undefined && isOpen(record) ? record.lease : undefined
  return mayBeSaid(outcome, {
    isUnread: false,
    isUnacknowledged: false,
    hasLeftBeside: false,
    isHeld: !holding && lease !== undefined && lease.runner !== runner,
    isKept: !holding && keepsRequest(record),
    isForgotten: false,
    isOld: false,
  })
}

/** Another runner holds the record, and may be about to send. */
function isHeldElsewhere(
  { record }: Pick<RunKnowledge, 'record'>,
  now: Pick<Now, 'wallAt'>,
  runner: string,
): boolean {
  if (record === undefined || !isOpen(record) || record.lease === undefined) return false
  return record.lease.runner !== runner && record.lease.until > now.wallAt
}

/**
 * Whether "not executed" rests on an old look and no proof. Others may have begun the operation since, so the store is
 * read once more. A record that `cancel` left where nothing was sent has no key, and proves nothing about what follows.
 */
export function needsNewLook(
  knows: Pick<RunKnowledge, 'record' | 'lease' | 'heard'>,
  end: End,
  now: Pick<Now, 'wallAt' | 'ms'>,
): boolean {
  if (end.kind === 'executed' || (end.kind === 'stopped' && end.outcome !== 'not-executed')) return false
  const isProven = knows.record?.state === 'failed' && knows.record.key !== ''
  return !isProven && !holdsLease(knows, now) && isLookOld(knows, now)
}

/** Whether a `resume` that knows only what is stored would send the kept request. */
export function mayBeSentOn(
  stored: RunKnowledge['record'],
  { honoursKeys }: Pick<RunPolicy, 'honoursKeys'>,
): boolean {
  if (stored === undefined || !keepsRequest(stored)) return false
  return !mayHaveExecuted(stored) || honoursKeys
}
