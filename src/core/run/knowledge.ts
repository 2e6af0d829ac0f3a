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

/* How the knowledge of a run changes: each function takes the knowledge before and returns the knowledge after. */

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

/** The knowledge of a run that has not looked at anything yet. */
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

/** What stays known when a call begins again with another payload, after a conflict. */
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
 * Takes another record in hand. A success that this run has proven stays, whatever the run reads or writes afterwards,
 * because its callers must get that success and nothing else. A new generation starts an empty course, because nothing
 * seen of the earlier one (where to ask, what was in doubt) holds for it.
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

/** Changes part of the run's course. */
export function onCourse(knows: RunKnowledge, changes: Partial<Course>): RunKnowledge {
  return { ...knows, course: { ...knows.course, ...changes } }
}

/**
 * Whether `next` replaces a doubtful record without descending from it. The doubtful key was never stored, so the
 * runner that began `next` did not know of the doubt.
 */
function isLeftBehind(record: OperationRecord | undefined, next: OperationRecord): boolean {
  if (record === undefined || record.key === next.key || !mayHaveExecuted(record)) return false
  return lineOf(next) !== lineOf(record)
}

/** Applies an event to the record, in memory. */
export function afterEvent(
  knows: RunKnowledge,
  event: RecordEvent,
  now: Now,
  policy: RunPolicy,
): RunKnowledge {
  if (knows.record === undefined) return knows
  const after = transition(knows.record, event, now.wallAt)
  const next = withRecord(knows, after)
  // Another runner may have stored the success already. This run's own evidence still proves it independently.
  const isFirstProof = !isProven(next) && after.state === 'succeeded' && provesSuccess(event)
  const proof = isFirstProof ? 'stands' : next.proof
  // From the first processing answer of this run on, the poll deadline replaces the deadline.
  if (next.record?.state !== 'processing' || next.isPolling || !cameOfRequest(event))
    return isFirstProof ? { ...next, proof } : next
  return { ...next, proof, isPolling: true, deadlineMs: now.ms + policy.pollDeadlineMs }
}

/** The run has proven the success: its callers get that success, and nothing else. */
export function isProven({ proof }: Pick<RunKnowledge, 'proof'>): boolean {
  return proof !== 'none'
}

function provesSuccess(event: RecordEvent): boolean {
  if (event.kind === 'observe') return event.verdict.kind === 'succeeded'
  return event.kind === 'learn' && event.told.kind === 'executed'
}

/** Whether a request brought the event. A send that the gate refused gives the run no more time. */
function cameOfRequest(event: RecordEvent): boolean {
  return event.kind === 'observe' ? event.verdict.kind !== 'not-sent' : event.kind === 'learn'
}

/** A lease that begins now. */
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
 * Remembers a written lease on both clocks, counted from before the write. The lease does not decide whether the run
 * holds the operation: during the write, another part of this process may have concluded the operation.
 */
export function leased(knows: RunKnowledge, leasing: Leasing, policy: RunPolicy): RunKnowledge {
  return { ...knows, lease: ownLease(leasing, policy) }
}

/**
 * Whether the lease of a write has run out, so that other runners may have taken up what was written (if the write
 * arrived at all).
 */
export function isRunOut(leasing: Leasing, now: Now, policy: RunPolicy): boolean {
  return !isHeld(ownLease(leasing, policy), now.wallAt, now.ms)
}

function ownLease({ lease, begun }: Leasing, { timeoutMs }: RunPolicy): OwnLease {
  return { until: lease.until, monotonicUntil: begun.monotonicMs + leaseMs(timeoutMs) }
}

/**
 * The record to go on with: the record in hand, with what this run has observed since, if the store still shows that
 * very record; otherwise the stored record. See rebased.ts.
 */
export function inHand({ record, heard: { stored } }: Pick<RunKnowledge, 'record' | 'heard'>): typeof stored {
  if (stored === undefined || record === undefined || !isOpen(stored) || !isOpen(record)) return stored
  return record.key === stored.key && isSameWriter(record.writer, stored.writer) ? record : stored
}

/** Whether the run still holds the operation, by the same lease, after another write came first. */
export function isStillOwn(knows: RunKnowledge, { runner }: Pick<RunPolicy, 'runner'>): boolean {
  const { record, heard, holding } = knows
  if (!holding || record === undefined || !isOpen(record) || record !== inHand(knows)) return false
  return leaseOf(heard.stored)?.runner === runner
}

/** Another runner wrote, so the stored record is now the true one. */
export function claimLost(knows: RunKnowledge): RunKnowledge {
  return takeStored({ ...knows, holding: false, lease: undefined })
}

/** Goes on with the stored record. If the record was dropped, the run's end remains about its earlier generation. */
export function takeStored(knows: RunKnowledge): RunKnowledge {
  const stored = inHand(knows)
  const isAbout = stored !== undefined && !isTombstone(stored) && !isOfAnotherLine(stored, knows.seen)
  return isAbout ? withRecord(knows, stored) : knows
}

/** No other runner holds the open record. */
export function isClaimable(record: OpenRecord, now: Now, policy: RunPolicy): boolean {
  return isFree(record.lease, policy.runner, now.wallAt, lease => now.isGone(lease))
}

export function remainingMs(knows: RunKnowledge, now: Now): number {
  return knows.deadlineMs - now.ms
}

/** The run's lease has run out on neither clock. */
export function holdsLease(knows: Pick<RunKnowledge, 'lease'>, now: Pick<Now, 'wallAt' | 'ms'>): boolean {
  return isHeld(knows.lease, now.wallAt, now.ms)
}

/**
 * A store that keeps a run waiting this long gives another runner time to take over what the run holds or has released.
 */
const LONG_MS = 1_000

/**
 * Whether the last look at the store is so old that another runner may since have taken up what this one does not hold.
 * Time before `freeSinceMs`, when the operation became free for others, does not count. The age is the greater of both
 * clocks, because one of them may sleep.
 */
export function isLookOld(
  { heard }: Pick<RunKnowledge, 'heard'>,
  now: Pick<Now, 'wallAt' | 'ms'>,
  freeSinceMs = Number.NEGATIVE_INFINITY,
): boolean {
  const ageMs = Math.max(now.ms - heard.since.monotonicMs, now.wallAt - heard.since.nowAt)
  return Math.min(ageMs, now.ms - freeSinceMs) >= LONG_MS
}

/**
 * Whether the store has long left a write unacknowledged. The lease of that write may not be stored, or may have ended
 * for others by now.
 */
export function writesLong(
  { writingSince }: Pick<RunKnowledge, 'writingSince'>,
  now: Pick<Now, 'nowAt'>,
): boolean {
  return writingSince !== undefined && now.nowAt >= writingSince + LONG_MS
}

/** Why nothing may be sent now: the request was made for another target, or an earlier send went to another one. */
export function faultToSend(knows: RunKnowledge, now: Now, policy: RunPolicy): TargetFault | undefined {
  const made = policy.payload === undefined ? undefined : faultOf(policy.payload.target, now, policy)
  if (made !== undefined || knows.record === undefined || knows.record.sent === 0) return made
  return faultOf(knows.record.target, now, policy)
}

/** Why nothing may be asked or cancelled now: the key belongs to another account, or means something else. */
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

/** Whether the stored record contains everything that this record contains. */
export function isWrittenDown(stored: OperationRecord | undefined, record: SucceededRecord): boolean {
  if (stored?.state !== 'succeeded' || stored.key !== record.key) return false
  return stored.result !== undefined || record.result === undefined
}
