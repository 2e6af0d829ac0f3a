import type { OperationRecord } from './operation-record.ts'
import { isOpen } from './operation-record.ts'
import type { Outcome } from './outcome.ts'
import { outcomeOf } from './outcome.ts'
import { isTombstone } from './tombstone.ts'

/*
 * Whether an operation may be reported as "not executed": only `mayBeSaid` lets that outcome pass. outcome.ts gives the
 * outcome that the record alone shows. A record describes a past moment, so each of these doubts turns "not executed"
 * into "unknown":
 *
 *   isUnread          the store could not be read, or its content is not understood: that may be an executed operation
 *   isUnacknowledged  a write has had no answer for a second: its lease may not be stored, so another runner may have
 *                     begun; or the write failed when its lease had run out: another may have taken up what it left
 *   hasLeftBeside     something bypassed the gate, under a key that is not this operation's any more
 *   isHeld            another runner holds the record, and may be about to send
 *   isKept            the store keeps the request: a `resume` would send it without a new call
 *   isForgotten       the record was dropped, and nobody knows what it contained
 *   isOld             the record was read a second ago or earlier, and nothing has kept others from it since
 *
 * Every place that reports an outcome has to state each doubt, so a new doubt is a type error until each of these
 * places states it. A run does so in core/run/run-outcome.ts, a `cancel` in core/stored/cancelling.ts, and a caller
 * that has only read a record uses the functions below.
 */
export type Doubts = {
  readonly isUnread: boolean
  readonly isUnacknowledged: boolean
  readonly hasLeftBeside: boolean
  readonly isHeld: boolean
  readonly isKept: boolean
  readonly isForgotten: boolean
  readonly isOld: boolean
}

/** The outcome to report for a record whose own outcome is `outcome`. */
export function mayBeSaid(outcome: Outcome, doubts: Doubts): Outcome {
  return outcome === 'not-executed' && Object.values(doubts).includes(true) ? 'unknown' : outcome
}

/** The doubts that a caller excludes by reading the record just now, without writing or sending anything. */
const READ_JUST_NOW = {
  isUnread: false,
  isUnacknowledged: false,
  hasLeftBeside: false,
  isOld: false,
} as const

/**
 * The outcome to report for a record that was read just now. A runner that has a lease on the record, run out or not,
 * may be about to send.
 */
export function saidOfRead(record: OperationRecord): Outcome {
  return mayBeSaid(outcomeOf(record), {
    ...READ_JUST_NOW,
    isHeld: isOpen(record) && record.lease !== undefined,
    isKept: keepsRequest(record),
    isForgotten: isTombstone(record),
  })
}

/**
 * The outcome to report from a call that has changed nothing and has looked at nothing but the record. By now any
 * runner may hold an open record.
 */
export function saidInPassing(record: OperationRecord): Outcome {
  return mayBeSaid(outcomeOf(record), {
    ...READ_JUST_NOW,
    isHeld: isOpen(record),
    isKept: keepsRequest(record),
    isForgotten: isTombstone(record),
  })
}

/** The operation was enqueued: it will be sent, whatever became of the calls in the meantime. */
export function isQueued(record: OperationRecord | undefined): boolean {
  return record !== undefined && isOpen(record) && record.request?.isQueued === true
}

/** The store holds a request that a `resume` may send. */
export function keepsRequest(record: OperationRecord | undefined): boolean {
  return record !== undefined && isOpen(record) && record.request !== undefined
}
