import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import type { RunState } from '../../src/core/run/run-state.ts'

/*
 * What the model holds: the runners, one place in a store, a server with the network before it, and the time. Records and
 * states of runs are numbers (interned.ts).
 */

export type RecordId = number
export type Reading = { readonly nowAt: number; readonly monotonicMs: number }

/** What a runner has under way beside an attempt. */
export type Todo =
  | { readonly is: 'read'; readonly since: Reading }
  /** The store has told, and it takes long; `isDue`: time has passed. */
  | { readonly is: 'slow-read'; readonly stored: RecordId; readonly since: Reading; readonly isDue: boolean }
  | { readonly is: 'write'; readonly record: RecordId; readonly since: Reading }
  /** Written, and the acknowledgement takes long. */
  | { readonly is: 'slow-write'; readonly written: RecordId; readonly since: Reading; readonly isDue: boolean }
  /** The store did not acknowledge what this would have written: what it has now is read. */
  | { readonly is: 'read-back'; readonly written: RecordId }
  | { readonly is: 'make-key' }
  | { readonly is: 'compare-bytes' }
  | { readonly is: 'ask'; readonly since: Reading }
  | { readonly is: 'slow-ask'; readonly told: Told; readonly since: Reading; readonly isDue: boolean }
  | { readonly is: 'wait' }
  | { readonly is: 'rest' }
  /** It would go beyond a bound. */
  | { readonly is: 'still' }

/** What the server says when it is asked. */
export type Told = 'executed' | 'processing' | 'absent'

/** Where the attempt is, as whoever carries it out knows it. */
export type Attempt = {
  readonly phase: 'bytes' | 'hooks' | 'at-gate' | 'ahead' | 'in-the-air' | 'returning' | 'carried'
  /** The number of its last send: an attempt may come to the gate more than once. */
  readonly send: number
  /** When its timer was last set, monotonic ms. */
  readonly timedMs: number
  readonly hasFailed: boolean
}

export type Runner = {
  /** How often it was called. */
  readonly calls: number
  /** A number of a RunState; undefined: not called yet, or over. */
  readonly state: number | undefined
  /** When the run began. */
  readonly begun: Reading
  /** Nobody has written since it last saw the store's version. */
  readonly isCurrent: boolean
  readonly todo: Todo | undefined
  readonly attempt: Attempt | undefined
  /** The key of what it has written ahead and not sent yet. */
  readonly ahead: string | undefined
  /** A key of which a success was told to this run by the server. */
  readonly proof: string | undefined
  readonly sends: number
  readonly asks: number
  readonly rests: number
  /** Of its process, whatever run made them. */
  readonly writes: number
  readonly keys: number
}

/** A request or an answer in the air. */
export type Message = {
  readonly by: number
  /** Tells it from all others of the same process. */
  readonly send: number
  readonly key: string
  readonly generation: number
  readonly line: string
  /** Undefined: a request. */
  readonly answer: AnswerName | undefined
}

export type AnswerName = '200' | '202' | '400' | '429'

/** What the server has of a key. */
export type KeyState = { readonly key: string; readonly line: string; readonly is: 'executed' | 'working' | 'sealed'; readonly at: number }

export type Server = {
  /** What was executed: `line/key`, sorted. */
  readonly effects: readonly string[]
  readonly memory: readonly KeyState[]
  readonly air: readonly Message[]
  /** When each key was first sent. */
  readonly firstSent: readonly { readonly key: string; readonly at: number }[]
  /** Lines whose records were dropped by force. */
  readonly dropped: readonly string[]
}

/** The true time since the history began, and by how much each runner's clocks are off, ms. */
export type Clock = {
  readonly at: number
  readonly wall: readonly number[]
  readonly mono: readonly number[]
}

export type World = {
  /** Numbers of Runners. */
  readonly runners: readonly number[]
  readonly stored: RecordId
  readonly server: number
  readonly clock: number
  readonly faultsLeft: number
}

export type Stored = OperationRecord | undefined
export type { RunState }
