import type { Complete, NoMore, Unlisted } from './complete.ts'
import type { Lease } from './lease.ts'
import { isOpen, movedRequest } from './operation-record.ts'
import type {
  FailedRecord,
  OpenRecord,
  OperationRecord,
  PendingRecord,
  ProcessingRecord,
  StoredFailure,
  StoredRequest,
  StoredResult,
  SucceededRecord,
  Target,
} from './operation-record.ts'
import { isSameTarget } from './target-fault.ts'
import type { Verdict } from '../answers/verdict.ts'

/*
 * The life of one generation of an operation, as its record shows it:
 *
 *   (absent) --begin--> pending <--> processing --> succeeded
 *                          |             |              ^
 *                          +-------------+--> failed ---+   (a late proof of success absorbs)
 *
 * begin      an attempt is written ahead: the first one creates the record, with its key
 * withdraw   that attempt is proven never to have left
 * observe    an attempt's verdict: counts what may have executed, settles on proof
 * claim      a runner takes the operation; an attempt that the last holder left open may have executed
 * learn      a status query, a cancel or the caller reports what became of the operation
 * suspect    something may have left beside the gate: counts as one more doubt
 * release    the runner lets the operation go
 *
 * What each counter means: `attempts` were written ahead; `sent` of these may have reached the server; `ambiguous` of
 * those may have executed. `inFlight` is the attempt whose end is not known yet. `succeeded` absorbs: no event leads
 * out of it. `failed` is left only for `succeeded`, by a proof that came late, and by a new generation, which is a new
 * record under the same name.
 */

export type RecordEvent =
  | {
      readonly kind: 'begin'
      readonly at: number
      readonly lease: Lease
      /**
       * The server's time, if it is known, and how long the server is said to remember a key. Both are kept with the
       * first send.
       */
      readonly serverAt?: number | undefined
      readonly retentionMs?: number | undefined
      /** Where the attempt is sent. An operation of which nothing was ever sent takes over this target. */
      readonly target?: Target | undefined
      /** Kept from now on, if the definition keeps requests and the record has none (any more). */
      readonly request?: StoredRequest | undefined
    }
  | { readonly kind: 'withdraw' }
  | {
      readonly kind: 'observe'
      readonly verdict: Verdict
      /** The transport may have delivered the request more than once unseen, as browsers do. */
      readonly transportResends: boolean
      /** The server's time when the key was first sent, if that is known by now. */
      readonly firstSentServerAt?: number | undefined
      /** The server's clock minus ours, if the answer gave the time. */
      readonly serverOffsetMs?: number | undefined
      readonly result?: StoredResult | undefined
      readonly failure?: StoredFailure | undefined
      readonly statusUrl?: string | undefined
      readonly statusIsMonitor?: true | undefined
    }
  | { readonly kind: 'claim'; readonly lease: Lease }
  | { readonly kind: 'learn'; readonly told: Told }
  /** Something may have left beside the gate. `at`: the earliest time at which it can have left. */
  | { readonly kind: 'suspect'; readonly at: number }
  | {
      readonly kind: 'release'
      /** The callers got "not executed". From then on only a new call may send the operation. */
      readonly drops?: 'request' | undefined
    }

export type Told =
  | { readonly kind: 'executed'; readonly result: StoredResult | undefined }
  | { readonly kind: 'not-executed'; readonly failure: StoredFailure }
  | { readonly kind: 'processing' }
  /** A "not found" that is proof: none of the ambiguous attempts executed. The key stays. */
  | { readonly kind: 'absent' }

/** The one function that changes a record. It never goes back from `succeeded`, and forgets a doubt only on proof. */
export function transition(record: OperationRecord, event: RecordEvent, nowAt: number): OperationRecord {
  const highestSeenAt = Math.max(record.highestSeenAt, nowAt)
  if (isOpen(record)) {
    // Every call has these two events, so each of them copies the record only once.
    if (event.kind === 'begin') return begun(record, event, nowAt, highestSeenAt)
    if (event.kind === 'observe') return observed(record, event, nowAt, highestSeenAt)
    return changed({ ...record, updatedAt: nowAt, highestSeenAt }, event, nowAt)
  }
  const seen = { ...record, updatedAt: nowAt, highestSeenAt }
  return lateProof(seen, event, nowAt) ?? reread(seen, event) ?? record
}

function changed(
  seen: OpenRecord,
  event: Exclude<RecordEvent, { kind: 'begin' | 'observe' }>,
  nowAt: number,
): OperationRecord {
  switch (event.kind) {
    case 'withdraw':
      return notSent(seen)
    case 'claim':
      return { ...abandoned(seen), lease: event.lease }
    case 'learn':
      return learned(seen, event.told, nowAt)
    case 'suspect':
      return {
        ...seen,
        sent: seen.sent + 1,
        ambiguous: seen.ambiguous + 1,
        firstSentAt: seen.firstSentAt ?? event.at,
      }
    case 'release':
      return { ...seen, lease: undefined, request: event.drops === 'request' ? undefined : seen.request }
    default:
      return event satisfies never
  }
}

/**
 * The first send settles whose operation it is. If nothing ever left, the operation may begin for another account or
 * profile.
 */
function begun(
  record: OpenRecord,
  event: Extract<RecordEvent, { kind: 'begin' }>,
  nowAt: number,
  highestSeenAt: number,
): OpenRecord {
  const lost = abandonedCount(record)
  const sent = record.sent + lost
  const isFirst = record.firstSentAt === undefined
  const { account, profile, carriage } = event.target ?? record.target
  const moves = sent === 0 && event.target !== undefined && !isSameTarget(event.target, record.target)
  return {
    ...record,
    updatedAt: nowAt,
    highestSeenAt,
    sent,
    ambiguous: record.ambiguous + lost,
    target: moves ? { ...record.target, account, profile, carriage } : record.target,
    request: moves ? movedRequest(record.request, event.request) : (record.request ?? event.request),
    attempts: record.attempts + 1,
    firstSentAt: isFirst ? event.at : record.firstSentAt,
    firstSentServerAt: isFirst ? event.serverAt : record.firstSentServerAt,
    keyRetentionMs: isFirst ? event.retentionMs : record.keyRetentionMs,
    inFlight: { runner: event.lease.runner, at: event.at },
    lease: event.lease,
  }
}

/** A key that never left has no age. */
function notSent(record: OpenRecord): OpenRecord {
  const landed = { ...record, inFlight: undefined }
  if (record.sent > 0) return landed
  return { ...landed, firstSentAt: undefined, firstSentServerAt: undefined, keyRetentionMs: undefined }
}

/** An attempt whose end no runner has written down may have executed. */
function abandoned(record: OpenRecord): OpenRecord {
  const lost = abandonedCount(record)
  return { ...record, inFlight: undefined, sent: record.sent + lost, ambiguous: record.ambiguous + lost }
}

function abandonedCount({ inFlight }: OpenRecord): number {
  return inFlight === undefined ? 0 : 1
}

type Observation = Extract<RecordEvent, { kind: 'observe' }>

function observed(
  before: OpenRecord,
  event: Observation,
  nowAt: number,
  highestSeenAt: number,
): OperationRecord {
  const { verdict } = event
  const isSent = verdict.kind !== 'not-sent'
  const record: OpenRecord = {
    ...before,
    updatedAt: nowAt,
    highestSeenAt,
    // The server's time is learnt once and never replaced, because a later value could only make the key younger.
    serverOffsetMs: before.serverOffsetMs ?? event.serverOffsetMs,
    firstSentServerAt: before.firstSentServerAt ?? event.firstSentServerAt,
    inFlight: undefined,
    sent: before.sent + (isSent ? 1 : 0),
    firstSentAt: before.firstSentAt ?? (isSent ? before.createdAt : undefined),
  }
  if (verdict.kind === 'not-sent') return notSent(record)
  switch (verdict.kind) {
    case 'succeeded':
      return succeeded(record, event.result, nowAt)
    case 'unknown':
      return doubted(record)
    case 'processing':
      return processing(
        {
          ...(verdict.sure || event.transportResends ? doubted(record) : record),
          ...(event.statusUrl !== undefined && {
            statusUrl: event.statusUrl,
            statusIsMonitor: event.statusIsMonitor,
          }),
        },
        nowAt,
      )
    case 'rejected':
    case 'conflict':
    case 'mismatch':
    case 'try-again':
      if (verdict.conclusive && event.failure !== undefined) return failed(record, event.failure, nowAt)
      // A 409 without a sign was first taken for processing. Now it counts as a refusal.
      return backToPending(event.transportResends || verdict.doubtful ? doubted(record) : record, verdict)
    default:
      return verdict satisfies never
  }
}

function doubted(record: OpenRecord): OpenRecord {
  return { ...record, ambiguous: record.ambiguous + 1 }
}

/** A `processing` that was only assumed, from a 409 without a sign, ends with the next clear answer. */
function backToPending(record: OpenRecord, verdict: Verdict): OpenRecord {
  if (record.state !== 'processing' || record.ambiguous > 0 || verdict.kind !== 'conflict') return record
  return takenBack(record)
}

function learned(record: OpenRecord, told: Told, nowAt: number): OperationRecord {
  switch (told.kind) {
    case 'executed':
      return succeeded(record, told.result, nowAt)
    case 'not-executed':
      return failed(record, told.failure, nowAt)
    case 'processing':
      return processing(admitted(record), nowAt)
    case 'absent': {
      const { statusUrl: _, statusIsMonitor: _monitor, ...rest } = record
      return { ...(rest.state === 'pending' ? rest : takenBack(rest)), ambiguous: 0 }
    }
    default:
      return told satisfies never
  }
}

/**
 * Takes away what only `processing` has. A field that is added there is a type error here until it is taken away too.
 */
function takenBack(record: ProcessingRecord): PendingRecord {
  const { processingSince: _, ...rest } = record
  const kept: NoMore<typeof rest, PendingRecord> = rest
  return { ...kept, state: 'pending' }
}

/** The server is at work, so something has reached it, whatever was observed here. Only proof takes that back. */
function admitted(record: OpenRecord): OpenRecord {
  if (record.ambiguous > 0) return record
  return {
    ...record,
    sent: Math.max(1, record.sent),
    ambiguous: 1,
    firstSentAt: record.firstSentAt ?? record.createdAt,
  }
}

function processing(record: OpenRecord, nowAt: number): ProcessingRecord {
  if (record.state === 'processing') return record
  return { ...record, state: 'processing', processingSince: nowAt }
}

function succeeded(
  record: OpenRecord | FailedRecord,
  result: StoredResult | undefined,
  nowAt: number,
): SucceededRecord {
  return settled(record, nowAt, result)
}

function failed(record: OpenRecord, failure: StoredFailure, nowAt: number): FailedRecord {
  const { result: _, ...common } = settled(record, nowAt, undefined)
  return { ...common, state: 'failed', failure }
}

/**
 * The fields that end with the settlement: the holder, the attempt in the air, where to ask, since when the server is
 * at work, and the request. A failure ends too, when a proof of success replaces it.
 */
export type EndsWithSettlement =
  | 'lease'
  | 'inFlight'
  | 'statusUrl'
  | 'statusIsMonitor'
  | 'processingSince'
  | 'request'
  | 'failure'

/**
 * A field that is neither kept below nor listed above makes this a type that no record has. That type names the field.
 */
type Before =
  Unlisted<OperationRecord, SucceededRecord, EndsWithSettlement> extends never
    ? OperationRecord
    : { readonly unlisted: Unlisted<OperationRecord, SucceededRecord, EndsWithSettlement> }

/**
 * The fields that outlive the settlement. A field that is added to records is a type error here until it is listed as
 * kept or as ended, so none is forgotten.
 */
function settled(
  record: Before,
  settledAt: number,
  result: StoredResult | undefined,
): Complete<Omit<SucceededRecord, EndsWithSettlement>> {
  return {
    state: 'succeeded',
    settledAt,
    result,
    v: record.v,
    scope: record.scope,
    name: record.name,
    id: record.id,
    generation: record.generation,
    key: record.key,
    line: record.line,
    fingerprint: record.fingerprint,
    bodyHash: record.bodyHash,
    target: record.target,
    createdAt: record.createdAt,
    firstSentAt: record.firstSentAt,
    firstSentServerAt: record.firstSentServerAt,
    keyRetentionMs: record.keyRetentionMs,
    updatedAt: record.updatedAt,
    highestSeenAt: record.highestSeenAt,
    serverOffsetMs: record.serverOffsetMs,
    attempts: record.attempts,
    sent: record.sent,
    ambiguous: record.ambiguous,
    writer: record.writer,
  }
}

/** A proof of success that comes after `failed` was written still counts: success is never lost. */
function lateProof(
  record: SucceededRecord | FailedRecord,
  event: RecordEvent,
  nowAt: number,
): OperationRecord | undefined {
  if (record.state !== 'failed') return undefined
  if (event.kind === 'observe' && event.verdict.kind === 'succeeded')
    return succeeded(record, event.result, nowAt)
  if (event.kind === 'learn' && event.told.kind === 'executed')
    return succeeded(record, event.told.result, nowAt)
  return undefined
}

/**
 * Executed, but the answer could not be read. Another reading counts as an attempt and adds the result. Nothing else
 * changes.
 */
function reread(record: SucceededRecord | FailedRecord, event: RecordEvent): OperationRecord | undefined {
  if (record.state !== 'succeeded') return undefined
  if (event.kind === 'begin') return { ...record, attempts: record.attempts + 1 }
  if (record.result !== undefined) return undefined
  if (event.kind === 'observe' && event.verdict.kind === 'succeeded' && event.result !== undefined) {
    return { ...record, result: event.result }
  }
  if (event.kind === 'learn' && event.told.kind === 'executed' && event.told.result !== undefined) {
    return { ...record, result: event.told.result }
  }
  return undefined
}

/** A settled record reduced to its fact: key, generation, fingerprint, outcome, times. */
export function factOf(record: SucceededRecord | FailedRecord): SucceededRecord | FailedRecord {
  if (record.state === 'succeeded') return { ...record, result: undefined }
  const { code, reason } = record.failure
  return { ...record, failure: { code, reason } }
}
