import type {
  FailedRecord,
  OpenRecord,
  OperationRecord,
  SucceededRecord,
} from '../record/operation-record.ts'
import { isOpen, lineOf } from '../record/operation-record.ts'
import { isOfAnotherPayload } from '../record/same-payload.ts'
import type { Advice } from './advice.ts'
import { isTombstone } from '../record/tombstone.ts'

/*
 * What a run finds where its operation lies, and what follows from it:
 *
 *   nothing stored           run: a first generation, in memory until its first write-ahead; else: not executed
 *   nothing stored any more  forgotten: it was dropped by force while this run was at it
 *   one of another line      forgotten: dropped, and another call began where nothing was
 *   succeeded                its result again; only the fact left: ask for the result
 *   failed, seen at once     run: the next generation; else: that failure
 *   failed, after waiting    that failure: it is the one that this run was waiting for
 *   open                     claim it, or wait for the runner that holds it
 *
 * A payload that does not fit the record is refused before anything else is done (P5).
 */

/** Who looks: what the run wants, and what it knows from before. */
export type Seeker = {
  /** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
  readonly mode: 'run' | 'resume' | 'ask'
  /** Of what it would send; undefined where it has no request. */
  readonly fingerprint: string | undefined
  /** Where its request goes. */
  readonly origin?: string | undefined
  /** The record that it had in hand. */
  readonly before: OperationRecord | undefined
  /** The open record that it last saw in the store. */
  readonly seen: OpenRecord | undefined
  /** What fails now is what it was at: it has sent or asked, or was at an earlier generation. */
  readonly hasActed: boolean
  /** From this generation on it began what is there, or took it up. */
  readonly begunGeneration: number
  /** How often it has looked, waiting for another runner. */
  readonly looks: number
  readonly isStopped: boolean
  readonly nowAt: number
  readonly remainingMs: number
  /** Nobody else holds the record that is there. */
  readonly isFree: boolean
  readonly rememberMs: number
  /** The definition has a status request. */
  readonly hasStatus: boolean
}

export type Found =
  | { readonly kind: 'begin'; readonly after: FailedRecord | undefined }
  | { readonly kind: 'claim'; readonly record: OpenRecord }
  | { readonly kind: 'wait' }
  /** Executed, and its result is no longer stored. */
  | { readonly kind: 'ask-for-result'; readonly record: SucceededRecord }
  /** The run ends as the operation is stored. */
  | { readonly kind: 'settled' }
  /** Nobody will find out any more; the end is that of the generation that the run was about. */
  | { readonly kind: 'dropped'; readonly about: OperationRecord | undefined; readonly reason: string }
  | { readonly kind: 'sealed'; readonly reason: string }
  | { readonly kind: 'unresolved'; readonly reason: string; readonly advice?: Advice }
  | { readonly kind: 'mismatch'; readonly reason: string; readonly advice?: Advice }
  /** The callers have left before the run began here. */
  | { readonly kind: 'stopped'; readonly reason: string }

const NOTHING: Found = { kind: 'unresolved', reason: 'nothing is stored of this operation' }

export function find(record: OperationRecord | undefined, seeker: Seeker): Found {
  const { before, seen } = seeker
  // A record that this run saw and that has gone was dropped by force: a new key now could do it twice.
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
  if (isOfAnotherPayload(record, seeker.fingerprint)) return ofAnotherPayload(record, seeker.origin)
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

/** What a run saw under way was dropped, and this came to its place. A success there is a success of the operation. */
export function isOfAnotherLine(record: OperationRecord, seen: OpenRecord | undefined): boolean {
  return seen !== undefined && record.state !== 'succeeded' && lineOf(record) !== lineOf(seen)
}

/** The origin counts for the payload. Where it is another one, another id would do the same once more. */
function ofAnotherPayload(record: OperationRecord, origin: string | undefined): Found {
  const begunAt = record.target.origin
  if (origin === undefined || begunAt === '' || begunAt === origin)
    return { kind: 'mismatch', reason: 'the operation was begun with another payload' }
  const reason = `the operation was begun at ${begunAt}, and its request goes to ${origin} now`
  return { kind: isOpen(record) ? 'unresolved' : 'mismatch', reason, advice: 'same-origin' }
}

/** The operation's result is stored, and not older than results are kept. */
export function isRemembered(
  record: SucceededRecord,
  { nowAt, rememberMs }: Pick<Seeker, 'nowAt' | 'rememberMs'>,
): boolean {
  return record.result !== undefined && nowAt < record.settledAt + rememberMs
}

/** Only the fact is left: its result may be asked for, which needs no claim. */
function withoutResult(record: SucceededRecord, { hasStatus }: Seeker): Found {
  return hasStatus ? { kind: 'ask-for-result', record } : { kind: 'settled' }
}

/** A later call starts over; a call that was waiting for this very run gets its failure. */
function afterFailure(record: FailedRecord, seeker: Seeker): Found {
  const { code, reason } = record.failure
  // Begun here, ended by another: that is the failure of this very call, as if it had waited for it.
  const isOwn = seeker.hasActed || record.generation >= seeker.begunGeneration || seeker.looks > 0
  if (isOwn && code === 'forgotten') return { kind: 'dropped', about: seeker.before, reason }
  if (isOwn && code === 'sealed') return { kind: 'sealed', reason }
  if (isOwn) return { kind: 'settled' }
  if (isTombstone(record) && seeker.mode !== 'run') return NOTHING
  return seeker.mode === 'run' ? beginning(record, seeker) : { kind: 'settled' }
}

/** The first or the next generation, for who may begin one and has something to send. */
function beginning(after: FailedRecord | undefined, seeker: Seeker): Found {
  if (seeker.mode !== 'run' || seeker.fingerprint === undefined) return NOTHING
  return seeker.isStopped
    ? { kind: 'stopped', reason: 'the call was stopped before the operation was begun' }
    : { kind: 'begin', after }
}
