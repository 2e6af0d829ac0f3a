import type {
  FailedRecord,
  OpenRecord,
  OperationRecord,
  SucceededRecord,
  Target,
} from '../record/operation-record.ts'
import { isOpen, lineOf } from '../record/operation-record.ts'
import { isOfAnotherPayload } from '../record/same-payload.ts'
import type { Advice } from './advice.ts'
import { isTombstone } from '../record/tombstone.ts'

/*
 * What a run finds stored of its operation, and what follows:
 *
 *   nothing                  run: a first generation, in memory until its first write-ahead; otherwise: not executed
 *   nothing any more         forgotten: the record was dropped by force during this run
 *   a record of another line forgotten: the record was dropped, and another call began from nothing
 *   succeeded                the stored result is returned again; if only the fact is left: ask for the result
 *   failed, seen at once     run: the next generation; otherwise: that failure
 *   failed, after waiting    that failure, because it is the one this run was waiting for
 *   open                     claim the record, or wait for the runner that holds it
 *
 * A payload that does not fit the record is refused before anything else is done (P5).
 */

/** What the looking run wants, and what it knows from before. */
export type Seeker = {
  /** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
  readonly mode: 'run' | 'resume' | 'ask'
  /** The fingerprint of the request that the run would send; undefined if the run has no request. */
  readonly fingerprint: string | undefined
  /** The method and URL to which that request goes. */
  readonly target?: Pick<Target, 'method' | 'origin' | 'path' | 'queryHash'> | undefined
  /** The record that the run had in hand. */
  readonly before: OperationRecord | undefined
  /** The open record that the run last saw in the store. */
  readonly seen: OpenRecord | undefined
  /** The run has sent or asked, or was at an earlier generation, so a failure found now is that of its own work. */
  readonly hasActed: boolean
  /** The first generation that the run began or took over. */
  readonly begunGeneration: number
  /** How many times the run has looked before, while it waited for another runner. */
  readonly looks: number
  readonly isStopped: boolean
  readonly nowAt: number
  readonly remainingMs: number
  /** No other runner holds the stored record. */
  readonly isFree: boolean
  readonly rememberMs: number
  /** The definition has a status request. */
  readonly hasStatus: boolean
}

export type Found =
  | { readonly kind: 'begin'; readonly after: FailedRecord | undefined }
  | { readonly kind: 'claim'; readonly record: OpenRecord }
  | { readonly kind: 'wait' }
  /** Executed, but the result is no longer stored. */
  | { readonly kind: 'ask-for-result'; readonly record: SucceededRecord }
  /** The operation is settled, and the run ends with the stored outcome. */
  | { readonly kind: 'settled' }
  /** Nobody can find out the outcome any more. The end is that of the generation on which the run was working. */
  | { readonly kind: 'dropped'; readonly about: OperationRecord | undefined; readonly reason: string }
  | { readonly kind: 'sealed'; readonly reason: string }
  | { readonly kind: 'unresolved'; readonly reason: string; readonly advice?: Advice }
  | { readonly kind: 'mismatch'; readonly reason: string; readonly advice?: Advice }
  /** The callers left before the run began or took over the operation. */
  | { readonly kind: 'stopped'; readonly reason: string }

const NOTHING: Found = { kind: 'unresolved', reason: 'nothing is stored of this operation' }

export function find(record: OperationRecord | undefined, seeker: Seeker): Found {
  const { before, seen } = seeker
  // A record that this run saw and that is gone was dropped by force. A new key could now execute the operation twice.
  if (record === undefined)
    return before === undefined
      ? beginning(undefined, seeker)
      : { kind: 'dropped', about: before, reason: 'the record was dropped' }
  if (isOfAnotherLine(record, seen))
    return {
      kind: 'dropped',
      about: seen,
      reason: 'the record was dropped, and the operation was begun again',
    }
  if (record.state === 'failed') return afterFailure(record, seeker)
  if (isOfAnotherPayload(record, seeker.fingerprint)) return ofAnotherPayload(record, seeker.target)
  if (!isOpen(record))
    return isRemembered(record, seeker) ? { kind: 'settled' } : withoutResult(record, seeker)
  if (seeker.isStopped)
    return { kind: 'stopped', reason: 'the call was stopped before it went on with the operation' }
  if (seeker.isFree) return { kind: 'claim', record }
  return seeker.remainingMs <= 0
    ? {
        kind: 'unresolved',
        reason: 'another tab or process is working on the operation, and the deadline has passed',
      }
    : { kind: 'wait' }
}

/**
 * Whether the record that the run saw open was dropped, and this one took its place. A success there is a success of
 * the operation all the same.
 */
export function isOfAnotherLine(record: OperationRecord, seen: OpenRecord | undefined): boolean {
  return seen !== undefined && record.state !== 'succeeded' && lineOf(record) !== lineOf(seen)
}

/**
 * Method and URL are part of the payload. If one of them differs, the advice may not be another id, which would execute
 * the same operation once more.
 */
function ofAnotherPayload(record: OperationRecord, now: Seeker['target']): Found {
  const begun = record.target
  const isAtSameUrl =
    now === undefined ||
    begun.origin === '' ||
    (['method', 'origin', 'path', 'queryHash'] as const).every(part => begun[part] === now[part])
  if (isAtSameUrl) return { kind: 'mismatch', reason: 'the operation was begun with another payload' }
  if (begun.origin === now.origin)
    return {
      kind: 'mismatch',
      reason: 'the operation was begun with another method or URL',
      advice: 'settle-or-other-id',
    }
  const reason = `the operation was begun at ${begun.origin}, and its request goes to ${now.origin} now`
  return { kind: isOpen(record) ? 'unresolved' : 'mismatch', reason, advice: 'same-origin' }
}

/** Whether the operation's result is stored, and not older than results are kept. */
export function isRemembered(
  record: SucceededRecord,
  { nowAt, rememberMs }: Pick<Seeker, 'nowAt' | 'rememberMs'>,
): boolean {
  return record.result !== undefined && nowAt < record.settledAt + rememberMs
}

/** Only the fact is left. Asking for the result needs no claim. */
function withoutResult(record: SucceededRecord, { hasStatus }: Seeker): Found {
  return hasStatus ? { kind: 'ask-for-result', record } : { kind: 'settled' }
}

/** A later call begins again; a call that was waiting for this very run gets its failure. */
function afterFailure(record: FailedRecord, seeker: Seeker): Found {
  const { code, reason } = record.failure
  // The run began this generation and another runner ended it. The failure belongs to this call, as if the call had
  // waited for that runner.
  const isOwn = seeker.hasActed || record.generation >= seeker.begunGeneration || seeker.looks > 0
  if (isOwn && code === 'forgotten') return { kind: 'dropped', about: seeker.before, reason }
  if (isOwn && code === 'sealed') return { kind: 'sealed', reason }
  if (isOwn) return { kind: 'settled' }
  if (isTombstone(record) && seeker.mode !== 'run') return NOTHING
  return seeker.mode === 'run' ? beginning(record, seeker) : { kind: 'settled' }
}

/** Begins the first or the next generation, if the run may begin one and has something to send. */
function beginning(after: FailedRecord | undefined, seeker: Seeker): Found {
  if (seeker.mode !== 'run' || seeker.fingerprint === undefined) return NOTHING
  return seeker.isStopped
    ? { kind: 'stopped', reason: 'the call was stopped before the operation was begun' }
    : { kind: 'begin', after }
}
