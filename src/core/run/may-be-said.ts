import { isOpen } from '../record/operation-record.ts'
import type { Outcome } from '../record/outcome.ts'
import { mayHaveExecuted, outcomeOf } from '../record/outcome.ts'
import { adviceInDoubt } from './advice-in-doubt.ts'
import type { End, StoppedEnd } from './end.ts'
import { isLookOld, holdsLease, writesLong } from './knowledge.ts'
import type { Now } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { StopRequest } from './run-mode.ts'
import type { RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-look.ts'

/*
 * What may be said of an operation: the one place where "not executed" is let through.
 *
 * "Executed" and "unknown" are the outcome of the record (core/record/outcome.ts). "Not executed" is said only
 *
 *  - where the record could be read from the store: what could not be read may be an executed operation;
 *  - while no write of this run has gone unacknowledged for a second: its lease may not be there, so that another
 *    runner may have begun;
 *  - where nothing left beside the gate under a key that is not this operation's any more;
 *  - while no other runner holds the record, which may be about to send;
 *  - of a request that the store keeps, only once the store has given the request up (`release` with `drops`):
 *    a `resume` would send what is stored (see `isLeftToOthers`);
 *  - by a look that is less than a second old, or while the lease holds: else the run looks once more
 *    (see `isSaidLate`).
 */

/** What is known of the operation now. */
export function outcomeNow(
  knows: Pick<RunKnowledge, 'record' | 'isStoreRead' | 'hasLeftBehind' | 'writingSince'>,
  now: Pick<Now, 'wallAt' | 'nowAt'>,
  { runner }: Pick<RunPolicy, 'runner'>,
): Outcome {
  const outcome = outcomeOf(knows.record)
  if (outcome !== 'not-executed') return outcome
  const isSure =
    knows.isStoreRead &&
    !knows.hasLeftBehind &&
    !writesLong(knows, now) &&
    !isHeldElsewhere(knows, now, runner)
  return isSure ? outcome : 'unknown'
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

/** The operation may be sent without this run, which does not hold it: by whoever does, or by a `resume` that finds its request. */
export function isLeftToOthers({ holding, record }: RunKnowledge, runner: string): boolean {
  if (holding || record === undefined || !isOpen(record)) return false
  const isOthers = record.lease !== undefined && record.lease.runner !== runner
  return isOthers || record.request !== undefined
}

/**
 * "Not executed" of what nobody has proven, by a look of a while ago: others may have begun it since. What a `cancel` left
 * where nothing was sent has no key and proves nothing of what follows.
 */
export function isSaidLate(
  knows: Pick<RunKnowledge, 'record' | 'lease' | 'heard'>,
  end: End,
  now: Pick<Now, 'wallAt' | 'ms'>,
): boolean {
  if (end.kind === 'executed' || (end.kind === 'stopped' && end.outcome !== 'not-executed')) return false
  const isProven = knows.record?.state === 'failed' && knows.record.key !== ''
  return !isProven && !holdsLease(knows, now) && isLookOld(knows, now)
}

/** An end in the light of what the store holds. */
export function honest(knows: RunKnowledge, end: End, now: Now, policy: RunPolicy): End {
  if (end.kind === 'failed' && !knows.isStoreRead)
    return stopped(
      knows,
      'store-failed',
      'the server refused the operation, but the store could neither keep nor confirm that',
      now,
      policy,
    )
  if (end.kind === 'failed' && knows.hasLeftBehind)
    return stopped(
      knows,
      'unresolved',
      'the server refused the operation, but a hook sent the request under another key too',
      now,
      policy,
      { advice: 'find-out-before-run' },
    )
  if (end.kind !== 'stopped' || end.outcome !== 'not-executed') return end
  return { ...end, outcome: outcomeNow(knows, now, policy) }
}

export function unsure(end: End): End {
  return end.kind === 'stopped' && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
}

/** The end of a settled record. */
export function settledEnd(knows: RunKnowledge, now: Now, policy: RunPolicy): End {
  const { record } = knows
  if (record?.state === 'succeeded') {
    const replayed = knows.recalled || record.result?.replayed === true
    return { kind: 'executed', record, replayed }
  }
  if (record?.state === 'failed') return { kind: 'failed', record }
  return stopped(knows, 'unresolved', 'nothing is known of this operation', now, policy)
}

/** An end beside which stands what is known of the operation. */
export function stopped(
  knows: RunKnowledge,
  code: StoppedEnd['code'],
  reason: string,
  now: Now,
  policy: Pick<RunPolicy, 'runner' | 'honoursKeys' | 'hasStatus'>,
  { retryAt, advice }: Pick<StoppedEnd, 'retryAt' | 'advice'> = {},
): StoppedEnd {
  const outcome = outcomeNow(knows, now, policy)
  const { honoursKeys, hasStatus } = policy
  return {
    kind: 'stopped',
    code,
    reason,
    outcome,
    retryAt,
    about: code === 'unresolved' && !now.online ? 'offline' : undefined,
    advice: advice ?? adviceInDoubt({ code, outcome }, { record: knows.record, honoursKeys, hasStatus }),
    cause: code === 'aborted' ? undefined : knows.lastCause,
  }
}

/** A mistake in options or definition. It was made without knowing the operation, so its own outcome is none. */
export function configured(
  knows: RunKnowledge,
  mistake: { readonly message: string; readonly cause?: unknown },
  now: Now,
  policy: RunPolicy,
): StoppedEnd {
  return {
    kind: 'stopped',
    code: 'configuration',
    reason: mistake.message,
    outcome: outcomeNow(knows, now, policy),
    cause: mistake.cause,
  }
}

/** The store failed: what is known of the operation is what was read before. */
export function storeEnd(knows: RunKnowledge, fault: StoreFault, now: Now, policy: RunPolicy): StoppedEnd {
  const isLate = !knows.holding && isLookOld(knows, now)
  return {
    kind: 'stopped',
    code: fault.isCorrupt ? 'store-corrupt' : 'store-failed',
    reason: fault.reason,
    advice: fault.advice,
    // A record that cannot be understood may be that of an executed operation.
    outcome: fault.isCorrupt || mayBeResumed(knows) || isLate ? 'unknown' : outcomeNow(knows, now, policy),
    cause: fault.cause,
  }
}

/** A request that is stored, and that this run could not drop, may be sent by a resume. */
function mayBeResumed({ holding, heard: { stored } }: RunKnowledge): boolean {
  return !holding && stored !== undefined && isOpen(stored) && stored.request !== undefined
}

/** Whether a `resume` that knows no more than the store would send what is stored. */
export function mayBeSentOn(
  stored: RunKnowledge['record'],
  { honoursKeys }: Pick<RunPolicy, 'honoursKeys'>,
): boolean {
  if (stored === undefined || !isOpen(stored) || stored.request === undefined) return false
  return !mayHaveExecuted(stored) || honoursKeys
}

/** A run that yields to one that may send tells its callers nothing: they are carried over. */
export function stopCode(request: StopRequest): 'aborted' | 'forgotten' | 'sealed' {
  return request === 'forgotten' || request === 'sealed' ? request : 'aborted'
}

export function stopReason(request: StopRequest): string {
  switch (request) {
    case 'closed':
      return 'the client was closed'
    case 'forgotten':
      return 'the operation was forgotten while it ran'
    case 'sealed':
      return 'the operation was cancelled while it ran'
    default:
      return 'the caller aborted'
  }
}
