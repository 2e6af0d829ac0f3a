import { isFree, isHeld, leaseMs } from '../record/lease.ts'
import type { Lease, OwnLease } from '../record/lease.ts'
import type { TargetFault } from '../record/target-fault.ts'
import { targetFault } from '../record/target-fault.ts'
import type { OpenRecord, OperationRecord, SucceededRecord, Target } from '../record/operation-record.ts'
import { isOpen, lineOf } from '../record/operation-record.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import type { RecordEvent } from '../record/transition.ts'
import { transition } from '../record/transition.ts'
import { isTombstone } from '../record/tombstone.ts'
import { isOfAnotherLine } from './finding.ts'
import { isSameWriter } from '../record/own-write.ts'
import { startOfRun } from './run-progress.ts'
import type { Now } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { Course, RunKnowledge, Leasing } from './run-state.ts'
import type { StoreLook } from './store-look.ts'

/* What a run knows, and how that changes: each function takes the knowledge of before and gives that of after. */

const NEVER: StoreLook = {
  stored: undefined,
  since: { nowAt: Number.NEGATIVE_INFINITY, monotonicMs: Number.NEGATIVE_INFINITY },
}

const START_OF_COURSE: Course = {
  key: undefined,
  isNext: false,
  progress: startOfRun,
  unfit: undefined,
  lastAnswer: undefined,
  misread: undefined,
}

/** A run that has looked at nothing yet. */
export function nothingKnown(deadlineMs: number): RunKnowledge {
  return {
    record: undefined,
    course: START_OF_COURSE,
    mistake: undefined,
    lastCause: undefined,
    holding: false,
    lease: undefined,
    heard: NEVER,
    isStoreRead: false,
    hasLeftBehind: false,
    mayBeTaken: false,
    writingSince: undefined,
    begunGeneration: Number.POSITIVE_INFINITY,
    seen: undefined,
    recalled: false,
    proof: 'none',
    alarmed: undefined,
    deadlineMs,
    offline: undefined,
    isPolling: false,
    stop: undefined,
  }
}

/** What is left of it for a call that begins over with another payload, after a conflict. */
export function begunOver(knows: RunKnowledge): RunKnowledge {
  return {
    ...knows,
    course: START_OF_COURSE,
    holding: false,
    begunGeneration: Number.POSITIVE_INFINITY,
    seen: undefined,
  }
}

/**
 * Another record in hand. A success that this run proved stays, whatever it reads or writes afterwards: its callers get
 * that success and nothing else. Of another generation nothing holds that was seen of the one before: where to ask, what was doubtful.
 */
export function withRecord(before: RunKnowledge, next: OperationRecord | undefined): RunKnowledge {
  const knows =
    next !== undefined && isLeftBehind(before.record, next) ? { ...before, hasLeftBehind: true } : before
  if (isProven(knows) && (next?.state !== 'succeeded' || next.key !== knows.record?.key)) return knows
  const { course } = knows
  if (next === undefined || !isOpen(next) || next.key === course.key)
    return next === knows.record ? knows : { ...knows, record: next }
  const { key } = next
  if (course.key === undefined) return { ...knows, record: next, course: { ...course, key } }
  return { ...knows, record: next, course: { ...START_OF_COURSE, key, isNext: true } }
}

/** With more of how it got on. */
export function onCourse(knows: RunKnowledge, changes: Partial<Course>): RunKnowledge {
  return { ...knows, course: { ...knows.course, ...changes } }
}

/** A doubt under a key that was never stored: whoever began in its place knew nothing of it. */
function isLeftBehind(record: OperationRecord | undefined, next: OperationRecord): boolean {
  if (record === undefined || record.key === next.key || !mayHaveExecuted(record)) return false
  return lineOf(next) !== lineOf(record)
}

/** Takes what happened into the record, in memory. */
export function afterEvent(
  knows: RunKnowledge,
  event: RecordEvent,
  now: Now,
  policy: RunPolicy,
): RunKnowledge {
  if (knows.record === undefined) return knows
  const after = transition(knows.record, event, now.wallAt)
  const next = withRecord(knows, after)
  // Also where another's word was stored before: this run's own evidence proves it by itself.
  const isFirstProof = !isProven(next) && after.state === 'succeeded' && provesSuccess(event)
  const proof = isFirstProof ? 'stands' : next.proof
  // From the first processing answer of this run the poll deadline takes the deadline's place.
  if (next.record?.state !== 'processing' || next.isPolling || !cameOfRequest(event))
    return isFirstProof ? { ...next, proof } : next
  return { ...next, proof, isPolling: true, deadlineMs: now.ms + policy.pollDeadlineMs }
}

/** The callers get that success, and nothing else. */
export function isProven({ proof }: Pick<RunKnowledge, 'proof'>): boolean {
  return proof !== 'none'
}

function provesSuccess(event: RecordEvent): boolean {
  if (event.kind === 'observe') return event.verdict.kind === 'succeeded'
  return event.kind === 'learn' && event.told.kind === 'executed'
}

/** What the gate refused brings no more time. */
function cameOfRequest(event: RecordEvent): boolean {
  return event.kind === 'observe' ? event.verdict.kind !== 'not-sent' : event.kind === 'learn'
}

/** A lease from now on. */
export function newLeasing(now: Now, policy: RunPolicy): Leasing {
  return {
    lease: {
      runner: policy.runner,
      until: now.wallAt + leaseMs(policy.timeoutMs),
      holder: policy.holder,
      locked: now.isSeen || undefined,
      trace: policy.trace,
    },
    begun: { nowAt: now.wallAt, monotonicMs: now.ms },
  }
}

/**
 * A lease that was written is remembered on both clocks, from before the write. Whether the run holds the operation is not
 * for the lease to say: while it was written somebody in this process may have concluded the operation.
 */
export function leased(knows: RunKnowledge, leasing: Leasing, policy: RunPolicy): RunKnowledge {
  return { ...knows, lease: ownLease(leasing, policy) }
}

/** Whether others may have taken up by now what was written with this lease, if that is there at all. */
export function isRunOut(leasing: Leasing, now: Now, policy: RunPolicy): boolean {
  return !isHeld(ownLease(leasing, policy), now.wallAt, now.ms)
}

function ownLease({ lease, begun }: Leasing, { timeoutMs }: RunPolicy): OwnLease {
  return { until: lease.until, monotonicUntil: begun.monotonicMs + leaseMs(timeoutMs) }
}

/**
 * What is stored, with what this run has observed since: where that very record is in hand, it goes on with it. See
 * rebased.ts.
 */
export function inHand({ record, heard: { stored } }: Pick<RunKnowledge, 'record' | 'heard'>): typeof stored {
  if (stored === undefined || record === undefined || !isOpen(stored) || !isOpen(record)) return stored
  return record.key === stored.key && isSameWriter(record.writer, stored.writer) ? record : stored
}

/** What another wrote took nothing from this run: the operation is still its own, by the same lease. */
export function isStillOwn(knows: RunKnowledge, { runner }: Pick<RunPolicy, 'runner'>): boolean {
  const { record, heard, holding } = knows
  if (!holding || record === undefined || !isOpen(record) || record !== inHand(knows)) return false
  return leaseOf(heard.stored)?.runner === runner
}

/** Another runner wrote: what it stored is the truth now. */
export function claimLost(knows: RunKnowledge): RunKnowledge {
  return takeStored({ ...knows, holding: false, lease: undefined })
}

/** Where the record was dropped, the run's end is about the generation that it was about before. */
export function takeStored(knows: RunKnowledge): RunKnowledge {
  const stored = inHand(knows)
  const isAbout = stored !== undefined && !isTombstone(stored) && !isOfAnotherLine(stored, knows.seen)
  return isAbout ? withRecord(knows, stored) : knows
}

/** Nobody else holds an open record. */
export function isClaimable(record: OpenRecord, now: Now, policy: RunPolicy): boolean {
  return isFree(record.lease, policy.runner, now.wallAt, lease => now.isGone(lease))
}

export function remainingMs(knows: RunKnowledge, now: Now): number {
  return knows.deadlineMs - now.ms
}

/** By a lease that has not run out on either clock. */
export function holdsLease(knows: Pick<RunKnowledge, 'lease'>, now: Pick<Now, 'wallAt' | 'ms'>): boolean {
  return isHeld(knows.lease, now.wallAt, now.ms)
}

/** While the store keeps a run waiting for so long, another runner may take over what this one holds, or let go. */
const LONG_MS = 1_000

/**
 * The last look at the store is so old that another run may have taken up since what this one does not hold; older than
 * `freeSinceMs`, when it became free for others, does not count. By the greater of both clocks: one may sleep.
 */
export function isLookOld(
  { heard }: Pick<RunKnowledge, 'heard'>,
  now: Pick<Now, 'wallAt' | 'ms'>,
  freeSinceMs = Number.NEGATIVE_INFINITY,
): boolean {
  const ageMs = Math.max(now.ms - heard.since.monotonicMs, now.wallAt - heard.since.nowAt)
  return Math.min(ageMs, now.ms - freeSinceMs) >= LONG_MS
}

/** A write that the store does not acknowledge: its lease may not be there, or may have ended for others by now. */
export function writesLong(
  { writingSince }: Pick<RunKnowledge, 'writingSince'>,
  now: Pick<Now, 'nowAt'>,
): boolean {
  return writingSince !== undefined && now.nowAt >= writingSince + LONG_MS
}

/** Why nothing may be sent now: the request was made for another target, or what was sent before was. */
export function faultToSend(knows: RunKnowledge, now: Now, policy: RunPolicy): TargetFault | undefined {
  const made = policy.payload === undefined ? undefined : faultOf(policy.payload.target, now, policy)
  if (made !== undefined || knows.record === undefined || knows.record.sent === 0) return made
  return faultOf(knows.record.target, now, policy)
}

/** Why nothing may be asked now, nor cancelled: the key is another account's, or means something else. */
export function faultToAsk(knows: RunKnowledge, now: Now, policy: RunPolicy): TargetFault | undefined {
  return knows.record === undefined ? undefined : faultOf(knows.record.target, now, policy)
}

function faultOf(target: Target, now: Now, policy: RunPolicy): TargetFault | undefined {
  return targetFault(target, {
    profile: policy.profile.name,
    carriage: policy.carriage,
    account: now.account,
    origin: policy.payload?.origin,
  })
}

/** The lease of an open record. */
export function leaseOf(record: OperationRecord | undefined): Lease | undefined {
  return record !== undefined && isOpen(record) ? record.lease : undefined
}

/** Whether what is stored says all that this record says. */
export function isWrittenDown(stored: OperationRecord | undefined, record: SucceededRecord): boolean {
  if (stored?.state !== 'succeeded' || stored.key !== record.key) return false
  return stored.result !== undefined || record.result === undefined
}
