import type { OperationRecord } from './operation-record.ts'
import { isOpen } from './operation-record.ts'
import type { Outcome } from './outcome.ts'
import { outcomeOf } from './outcome.ts'
import { isTombstone } from './tombstone.ts'

/*
 * Whether "not executed" may be said of an operation: `mayBeSaid` is the one function that lets it through. What a record
 * says by itself is in outcome.ts. A record is a note of a moment, and each of these doubts makes "unknown" of it:
 *
 *   isUnread          the store could not be read, or what it holds is not understood: it may be an executed operation
 *   isUnacknowledged  a write has gone without an answer for a second: its lease may not be there, so that another runner
 *                     may have begun; or it failed when its lease had run out: another may have taken up what it left
 *   hasLeftBeside     something left beside the gate, under a key that is not this operation's any more
 *   isHeld            somebody else holds the record, and may be about to send
 *   isKept            the store keeps the request: a `resume` would send it without a new call
 *   isForgotten       the record was dropped, and nobody knows what it said
 *   isOld             the record was read a second ago or more, and nothing has kept others from it since
 *
 * Everybody who says an outcome answers each of them, so that a doubt that is added is a type error until it is answered
 * everywhere. A run gathers its answers in core/run/run-outcome.ts, a `cancel` in core/stored/cancelling.ts, whoever has
 * only read a record below.
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

/** What may be said where a record says `outcome`. */
export function mayBeSaid(outcome: Outcome, doubts: Doubts): Outcome {
  return outcome === 'not-executed' && Object.values(doubts).includes(true) ? 'unknown' : outcome
}

/** A record that was read just now: nothing was written or sent by whoever read it. */
const READ_JUST_NOW = {
  isUnread: false,
  isUnacknowledged: false,
  hasLeftBeside: false,
  isOld: false,
} as const

/** What may be said of a record that was read just now. Whoever holds a lease on it, run out or not, may be about to send. */
export function saidOfRead(record: OperationRecord): Outcome {
  return mayBeSaid(outcomeOf(record), {
    ...READ_JUST_NOW,
    isHeld: isOpen(record) && record.lease !== undefined,
    isKept: keepsRequest(record),
    isForgotten: isTombstone(record),
  })
}

/** The same of a call that has changed nothing and looked at nothing else: an open record may be anybody's by now. */
export function saidInPassing(record: OperationRecord): Outcome {
  return mayBeSaid(outcomeOf(record), {
    ...READ_JUST_NOW,
    isHeld: isOpen(record),
    isKept: keepsRequest(record),
    isForgotten: isTombstone(record),
  })
}

/** The operation was enqueued: somebody will send it, whatever the calls meanwhile came to. */
export function isQueued(record: OperationRecord | undefined): boolean {
  return record !== undefined && isOpen(record) && record.request?.isQueued === true
}

/** The store has a request that a `resume` may send. */
export function keepsRequest(record: OperationRecord | undefined): boolean {
  return record !== undefined && isOpen(record) && record.request !== undefined
}
