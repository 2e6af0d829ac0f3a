import type { Lease } from './lease.ts'

/* What the store holds of an operation: a union by state, each with what is true in it. See transition.ts. */

export type RecordIdentity = {
  /** Format version of the stored text. */
  readonly v: 1
  readonly scope: string
  readonly name: string
  /** The id, a JSON value. */
  readonly id: unknown
  readonly generation: number
  readonly key: string
  /** Key of the first of the generations that followed each other by proof; absent: its own. See `lineOf`. */
  readonly line?: string | undefined
  /** Hash of what must not change; empty where the operation was only concluded from outside. */
  readonly fingerprint: string
  /** Hash of the bytes that are sent. */
  readonly bodyHash: string
  readonly target: Target
}

type Times = {
  readonly createdAt: number
  /** When the first attempt that may have left was written ahead: the key's age counts from here. */
  readonly firstSentAt?: number | undefined
  /** The same moment by the server's own clock, where two of its answers agreed on it. */
  readonly firstSentServerAt?: number | undefined
  /** How long the server was said to remember a key when this one was first sent, ms. */
  readonly keyRetentionMs?: number | undefined
  readonly updatedAt: number
  /** The highest wall time that any runner of this record has seen. */
  readonly highestSeenAt: number
  /** The server's clock less ours, ms, by its first answer with a Date. It can only make a key older. */
  readonly serverOffsetMs?: number | undefined
}

type Counters = { readonly attempts: number; readonly sent: number; readonly ambiguous: number }

/** Who wrote this value, so that a writer whose acknowledgement was lost knows its own write. */
type Writer = { readonly runner: string; readonly write: number }

export type Target = {
  readonly method: string
  readonly origin: string
  readonly path: string
  /** Hash of the query, which may hold secrets; empty without one. */
  readonly queryHash: string
  readonly profile: string
  /** How its key went to the server: see `carriageOf`. Absent in records of 0.1.0. */
  readonly carriage?: string | undefined
  /** Whose credential it is, where `account` is given: another account never re-sends. */
  readonly account: string
}

/** A request kept under `persist: 'request'`, so that a later process can send it. */
export type StoredRequest = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The body, where it was made of a text: its bytes are the UTF-8 of this. Unknown to 0.1.0, which sends no such request. */
  readonly text?: string | undefined
  /** Base64 of any other body. */
  readonly body?: string | undefined
  /** The request was enqueued: it is sent however old it is, and the end of no call takes it back. */
  readonly isQueued?: true | undefined
}

/** What is enqueued stays so, whoever begins it. */
export function movedRequest(
  before: StoredRequest | undefined,
  next: StoredRequest | undefined,
): StoredRequest | undefined {
  return before?.isQueued === true ? { ...(next ?? before), isQueued: true } : next
}

/** What the server answered, as it was, so that a schema of a later deployment reads it anew. */
export type StoredResult = {
  /**
   * `body` is the answer's text, read by the user's own reader of JSON, as is what `read` gave of one with numbers that
   * JavaScript would round; `data` is a JSON value from `status.read`, `cancel.read` or `conclude`.
   */
  readonly form: 'body' | 'data'
  readonly status?: number | undefined
  /** What is kept of the operation's own answer's; absent where somebody else's word decided, and in records of before 0.3.0. */
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
  /** JSON text of the error that `status.read` or `conclude` gave. */
  readonly error?: string | undefined
}

export type Common = RecordIdentity &
  Times &
  Counters & { readonly writer: Writer; readonly request?: StoredRequest | undefined }

type Open = Common & {
  readonly lease?: Lease | undefined
  readonly inFlight?: { readonly runner: string; readonly at: number } | undefined
  /** Where the server said to ask; left out when it carries a query, which may be a credential. */
  readonly statusUrl?: string | undefined
  /** The URL is that of a status monitor, which answers in words; absent: it may answer with the operation's own answer. */
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
 * The line of generations that a record belongs to: each began where the one before was proven not executed. Where a
 * record was dropped before that was known, the next call begins another line, of which the first proves nothing.
 */
export function lineOf(record: RecordIdentity): string {
  return record.line ?? record.key
}

/** The line of the generation that follows. What `forget` or `cancel` left has no key, and proves nothing of what was there before. */
export function lineAfter(after: FailedRecord | undefined): string | undefined {
  return after === undefined || after.key === '' ? undefined : lineOf(after)
}

/** A record's text is no longer than this: what is longer is neither written nor read, characters. */
export const LONGEST_RECORD = 32 * 1024 * 1024
