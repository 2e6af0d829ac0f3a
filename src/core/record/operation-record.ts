import type { Lease } from './lease.ts'

/*
 * What the store holds of an operation: a union by state, each member with what is true in its state. See
 * transition.ts.
 */

export type RecordIdentity = {
  /** Format version of the stored text. */
  readonly v: 1
  readonly scope: string
  readonly name: string
  /** The id, a JSON value. */
  readonly id: unknown
  readonly generation: number
  readonly key: string
  /**
   * Key of the first generation in the line of those that followed each other by proof; absent: this record's own key.
   * See `lineOf`.
   */
  readonly line?: string | undefined
  /** Hash of what must not change in the payload; empty if the operation was only concluded from outside. */
  readonly fingerprint: string
  /** Hash of the bytes that are sent. */
  readonly bodyHash: string
  readonly target: Target
}

type Times = {
  readonly createdAt: number
  /** When the first attempt that may have left was written ahead. The key's age counts from here. */
  readonly firstSentAt?: number | undefined
  /** The same moment by the server's own clock, if two of its answers agreed on the time. */
  readonly firstSentServerAt?: number | undefined
  /** How long the server was said to remember a key when this one was first sent, ms. */
  readonly keyRetentionMs?: number | undefined
  readonly updatedAt: number
  /** The latest wall time that any runner of this record has seen. */
  readonly highestSeenAt: number
  /** The server's clock minus ours, ms, by its first answer with a Date. The offset can only make a key older. */
  readonly serverOffsetMs?: number | undefined
}

type Counters = { readonly attempts: number; readonly sent: number; readonly ambiguous: number }

/** Identifies the write that stored this value, so that a writer whose acknowledgement was lost knows its own write. */
type Writer = { readonly runner: string; readonly write: number }

export type Target = {
  readonly method: string
  readonly origin: string
  readonly path: string
  /** Hash of the query, which may hold secrets; empty without one. */
  readonly queryHash: string
  readonly profile: string
  /** How the key goes to the server: see `carriageOf`. Absent in records of 0.1.0. */
  readonly carriage?: string | undefined
  /** The account whose credential is used, if `account` is given. Another account never re-sends. */
  readonly account: string
}

/** A request kept under `persist: 'request'`, so that a later process can send it. */
export type StoredRequest = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /**
   * A body that was made of a text: its bytes are the UTF-8 of this text. Unknown to 0.1.0, which sends no such
   * request.
   */
  readonly text?: string | undefined
  /** Any other body, in base64. */
  readonly body?: string | undefined
  /** The request was enqueued: it is sent however old it is, and the end of no call takes it back. */
  readonly isQueued?: true | undefined
}

/** Replaces a kept request. An enqueued operation stays enqueued, whoever begins it. */
export function movedRequest(
  before: StoredRequest | undefined,
  next: StoredRequest | undefined,
): StoredRequest | undefined {
  return before?.isQueued === true ? { ...(next ?? before), isQueued: true } : next
}

/** What the server answered, unchanged, so that a schema of a later deployment can read it anew. */
export type StoredResult = {
  /**
   * `body`: the answer's text, which the user's own reader of JSON reads; also what `read` returned of an answer with
   * numbers that JavaScript would round. `data`: a JSON value from `status.read`, `cancel.read` or `conclude`.
   */
  readonly form: 'body' | 'data'
  readonly status?: number | undefined
  /**
   * The headers that are kept of the operation's own answer; absent if anything else decided, and in records from
   * before 0.3.0.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly text: string
  /** The text is marked as a replay of an earlier execution. */
  readonly replayed: boolean
}

export type StoredFailure = {
  readonly code: 'rejected' | 'conflict' | 'sealed' | 'forgotten' | 'unresolved'
  readonly reason: string
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** JSON text of the error that `status.read` or `conclude` returned. */
  readonly error?: string | undefined
}

export type Common = RecordIdentity &
  Times &
  Counters & { readonly writer: Writer; readonly request?: StoredRequest | undefined }

type Open = Common & {
  readonly lease?: Lease | undefined
  readonly inFlight?: { readonly runner: string; readonly at: number } | undefined
  /** Where the server said to ask. A URL with a query is left out, because the query may be a credential. */
  readonly statusUrl?: string | undefined
  /**
   * The URL is that of a status monitor, which answers in words; absent: the URL may give the operation's own answer.
   */
  readonly statusIsMonitor?: true | undefined
}

export type PendingRecord = Open & { readonly state: 'pending' }
export type ProcessingRecord = Open & { readonly state: 'processing'; readonly processingSince: number }
export type SucceededRecord = Common & {
  readonly state: 'succeeded'
  readonly settledAt: number
  readonly result?: StoredResult | undefined
}
export type FailedRecord = Common & {
  readonly state: 'failed'
  readonly settledAt: number
  readonly failure: StoredFailure
}

export type OpenRecord = PendingRecord | ProcessingRecord
export type OperationRecord = OpenRecord | SucceededRecord | FailedRecord
export type RecordByState = {
  readonly [State in OperationRecord['state']]: Extract<OperationRecord, { readonly state: State }>
}

export function isOpen(record: OperationRecord): record is OpenRecord {
  return record.state === 'pending' || record.state === 'processing'
}

/**
 * The line of generations to which a record belongs: each generation began after the one before was proven not
 * executed. If a record was dropped before that was known, the next call begins another line, and proves nothing about
 * the dropped one.
 */
export function lineOf(record: RecordIdentity): string {
  return record.line ?? record.key
}

/**
 * The line of the next generation. A record that `forget` or `cancel` left has no key, and proves nothing about what
 * was there before.
 */
export function lineAfter(after: FailedRecord | undefined): string | undefined {
  return after === undefined || after.key === '' ? undefined : lineOf(after)
}

/** The longest text of a record, characters. A longer one is neither written nor read. */
export const LONGEST_RECORD = 32 * 1024 * 1024
