import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Clocks } from '../record/key-horizon.ts'
import { whyExpired } from '../record/key-horizon.ts'
import type { OpenRecord, OperationRecord, StoredRequest, Target } from '../record/operation-record.ts'
import { isOpen, lineAfter } from '../record/operation-record.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import { compareBytes, isOfAnotherPayload } from '../record/same-payload.ts'
import { targetFault } from '../record/target-fault.ts'
import type { Advice } from '../run/advice.ts'
import type { ErrorCode } from '../run/error-code.ts'

/*
 * What `enqueue` does about what is stored of its operation:
 *
 *   nothing, or a proven failure   begin: a new generation that nobody has sent yet
 *   another payload                refuse
 *   open, and no worker of this    refuse, as a `run` of the same input would be refused: the caller's transaction
 *   caller may ever send or ask    would commit rows whose operation nobody performs
 *   open                           keep: from now on it is sent, whoever has begun it and whatever became of that call
 *   succeeded, or enqueued before  there: nothing is written
 *
 * Only proof rotates a key. For a key that was sent, and under which nothing can have executed, there is no proof: a 401
 * or a 429 is none. Once such a key is too old, `conclude` or `cancel` brings the proof.
 */

export type Enqueuing =
  | { readonly kind: 'begin'; readonly generation: number; readonly line: string | undefined }
  | { readonly kind: 'keep'; readonly record: OpenRecord }
  | { readonly kind: 'there'; readonly record: OperationRecord }
  | { readonly kind: 'refuse'; readonly record: OperationRecord; readonly why: WhyRefused }

export type WhyRefused = {
  readonly code: ErrorCode
  readonly reason: string
  readonly advice?: Advice | undefined
}

/** What is enqueued, for whom, and when. */
export type EnqueueFacts = {
  readonly fingerprint: string
  readonly target: Target
  readonly horizon: HorizonPolicy
  readonly clocks: Clocks
}

export function enqueuing(record: OperationRecord | undefined, facts: EnqueueFacts): Enqueuing {
  if (record === undefined || record.state === 'failed')
    return { kind: 'begin', generation: (record?.generation ?? 0) + 1, line: lineAfter(record) }
  if (isOfAnotherPayload(record, facts.fingerprint)) return { kind: 'refuse', record, why: OTHER_PAYLOAD }
  if (!isOpen(record)) return { kind: 'there', record }
  const why = whyNeverSent(record, facts)
  if (why !== undefined) return { kind: 'refuse', record, why }
  return record.request?.isQueued === true ? { kind: 'there', record } : { kind: 'keep', record }
}

const OTHER_PAYLOAD: WhyRefused = {
  code: 'payload-mismatch',
  reason: 'the operation was begun with another payload',
}

/** Why nobody may send with the key for this caller, nor has anything to ask; undefined if somebody may. */
function whyNeverSent(record: OpenRecord, { target, horizon, clocks }: EnqueueFacts): WhyRefused | undefined {
  if (!hasLeft(record)) return undefined
  const elsewhere = targetFault(record.target, { ...target, carriage: target.carriage ?? '' })
  if (elsewhere !== undefined) return { code: 'unresolved', ...elsewhere }
  // What may have executed is asked about, or settled from outside, however old its key is.
  const expired = mayHaveExecuted(record) ? undefined : whyExpired(record, horizon, clocks)
  if (expired === undefined) return undefined
  return { code: 'key-expired', reason: `the server may have forgotten the key${expired}` }
}

/** Whether a request with the key may have reached a server. */
function hasLeft(record: OpenRecord): boolean {
  return record.sent > 0 || mayHaveExecuted(record)
}

/** The request as it is enqueued now, and for whom. */
export type Enqueued = {
  readonly request: StoredRequest
  readonly bodyHash: string
  readonly target: Target
  readonly comparesBytes: boolean
}

/**
 * An open record that is sent from now on. If nothing has left with its key, the operation is the caller's of now: its
 * bytes, its account, its profile. Otherwise the bytes that were sent before are sent again; if these are not stored,
 * the bytes of now, or the reason why the server would refuse those.
 */
export function keptToSend(record: OpenRecord, now: Enqueued, nowAt: number): OpenRecord | WhyRefused {
  const { request, bodyHash, target, comparesBytes } = now
  const queued = (kept: StoredRequest) => ({
    ...record,
    request: { ...kept, isQueued: true as const },
    updatedAt: nowAt,
    highestSeenAt: Math.max(record.highestSeenAt, nowAt),
  })
  if (!hasLeft(record)) {
    const { account, profile, carriage } = target
    return { ...queued(request), bodyHash, target: { ...record.target, account, profile, carriage } }
  }
  if (record.request !== undefined) return queued(record.request)
  if (compareBytes(record.bodyHash, bodyHash, comparesBytes) !== 'refused')
    return { ...queued(request), bodyHash }
  return {
    code: 'unresolved',
    reason: 'the bytes of the request have changed, and the server compares bytes',
    advice: mayHaveExecuted(record) ? 'conclude' : 'conclude-then-run',
  }
}
