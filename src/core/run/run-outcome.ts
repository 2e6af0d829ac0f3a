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
 * What a run may say of its operation: which of the doubts of core/record/may-be-said.ts are true of it now. Two of them are
 * answered by what a run does before it ends, and not here: it has the store give up a request that is kept (`release` with
 * `drops`), unless it was enqueued, and it looks once more where its look is old (`needsNewLook`).
 */

/** What is known of the operation now. */
export function outcomeNow(
  knows: Pick<RunKnowledge, 'record' | 'isStoreRead' | 'hasLeftBehind' | 'mayBeTaken' | 'writingSince'>,
  now: Pick<Now, 'wallAt' | 'nowAt'>,
  { runner }: Pick<RunPolicy, 'runner'>,
): Outcome {
  const outcome = outcomeOf(knows.record)
  // Most are asked for an outcome that needs no doubt.
  if (outcome !== 'not-executed') return outcome
  return mayBeSaid(outcome, {
    isUnread: !knows.isStoreRead,
    isUnacknowledged: knows.mayBeTaken || writesLong(knows, now),
    hasLeftBeside: knows.hasLeftBehind,
    isHeld: isHeldElsewhere(knows, now, runner),
    isKept: isQueued(knows.record),
    // What was forgotten while the run was at it ends by its own reason; what had been before is as if nothing were there.
    isForgotten: false,
    isOld: false,
  })
}

/** Where the store fails: nothing is given up there any more, and nothing is looked at again. */
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

/** Where the run ends without the operation: it may be sent by whoever holds it, or by a `resume` that finds its request. */
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
 * "Not executed" of what nobody has proven, by a look of a while ago: others may have begun it since, so that the store is
 * read once more. What a `cancel` left where nothing was sent has no key and proves nothing of what follows.
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

/** Whether a `resume` that knows no more than the store would send what is stored. */
export function mayBeSentOn(
  stored: RunKnowledge['record'],
  { honoursKeys }: Pick<RunPolicy, 'honoursKeys'>,
): boolean {
  if (stored === undefined || !keepsRequest(stored)) return false
  return !mayHaveExecuted(stored) || honoursKeys
}
