import type { OperationRecord } from '../../src/core/record/operation-record.ts'

/*
 * What the model holds: the runners, one place in a store, a server with the network before it, and the circumstances.
 * Records and states of runs are numbers (interned.ts). A runner is a process or a tab: it has one run at a time.
 */

export type World = {
  /** Numbers of Runners. */
  readonly runners: readonly number[]
  /** The number of the record that is stored; 0: none. */
  readonly stored: number
  readonly server: number
  readonly circumstances: number
  readonly faultsLeft: number
}

export type Reading = { readonly nowAt: number; readonly monotonicMs: number }

export type Stored = OperationRecord | undefined

// --- runners ---

export type Runner = {
  /** How often it was called. */
  readonly calls: number
  /** The number of its run's state; undefined: not called yet, or over. */
  readonly state: number | undefined
  /** When the run began. */
  readonly begun: Reading
  /** Whether this run has seen the store's version, and nobody has written since. */
  readonly sight: 'none' | 'current' | 'old' | 'not-understood'
  readonly todo: Todo | undefined
  readonly attempt: Attempt | undefined
  /** The key of the first record that this run wrote. */
  readonly first: string | undefined
  /** A key of which the server told this run a success. */
  readonly proof: string | undefined
  /** The store has failed this run. */
  readonly hasFailed: boolean
  /** Other bytes than its own were sent under the key that it took up. */
  readonly hasOtherBytes: boolean
  readonly sends: number
  readonly asks: number
  readonly rests: number
  /** Of the process, whatever run made them. */
  readonly writes: number
  readonly keys: number
}

/** What a run has under way beside an attempt. `isDue`: what takes long has taken long. */
export type Todo =
  | { readonly is: 'read'; readonly since: Reading }
  | { readonly is: 'slow-read'; readonly stored: number; readonly since: Reading; readonly isDue: boolean }
  | { readonly is: 'write'; readonly record: number; readonly since: Reading }
  | { readonly is: 'slow-write'; readonly written: number; readonly since: Reading; readonly isDue: boolean }
  /** The store did not acknowledge what this would have written: what it has now is read. */
  | { readonly is: 'read-back'; readonly written: number }
  | { readonly is: 'make-key' }
  | { readonly is: 'compare-bytes' }
  | { readonly is: 'ask'; readonly since: Reading }
  | { readonly is: 'slow-ask'; readonly told: Told; readonly since: Reading; readonly isDue: boolean }
  | { readonly is: 'wait' }
  | { readonly is: 'rest' }
  /** `untilMs`: when a try is made all the same, or the deadline has passed, monotonic. */
  | { readonly is: 'offline'; readonly untilMs: number }
  /** It would go beyond a bound, and stands still. */
  | { readonly is: 'still' }

/** What the server says when it is asked. */
export type Told = 'executed' | 'processing' | 'absent'

/** Where an attempt is, as whoever carries it out knows it. */
export type Attempt = {
  /** `waiting`: the http layer waits for what it sends. */
  readonly layer: 'bytes' | 'hooks' | 'waiting' | 'returning' | 'carried'
  /** Its sends that have not come to an end: the http layer may come to the gate more than once, even twice at once. */
  readonly sends: readonly Send[]
  /** How many there were. */
  readonly count: number
  /** What left beside the gate, and the machine was not told of yet. */
  readonly foreign: number
  /** When its timer was last set, monotonic ms. */
  readonly timedMs: number
  readonly hasFailed: boolean
}

export type Send = {
  readonly number: number
  readonly at: 'gate' | 'byte' | 'air'
  /** The key under which it was written ahead. */
  readonly written: string | undefined
}

// --- the server and the network ---

export type Server = {
  readonly effects: readonly Effect[]
  readonly memory: readonly KeyState[]
  readonly air: readonly Message[]
  /** When each key was first sent, and how often by now; what found no server was not sent. */
  readonly firstSent: readonly { readonly key: string; readonly at: number; readonly count: number }[]
  /** Lines of which a record was dropped by force. */
  readonly dropped: readonly string[]
}

/** What was sent: under which key of which line, by whom, and when. */
export type Sent = { readonly key: string; readonly line: string; readonly by: number; readonly at: number }

export type Effect = Sent

/**
 * What the server has of a key. `at`: since when. `hidden`: it works on what it would not say that it knows of. `isSaid`: a
 * process was told that it is at work; kept only where a "not found" proves something.
 */
export type KeyState = Sent & {
  readonly is: 'executed' | 'working' | 'hidden' | 'sealed'
  readonly isSaid?: true | undefined
}

/** A request or an answer in the air. */
export type Message = Sent & {
  /** Tells it from all others of the same process; below 0: no answer to it comes back. */
  readonly number: number
  readonly generation: number
  /** Undefined: a request. */
  readonly answer: AnswerName | undefined
  /** When its attempt was given up. */
  readonly givenUpAt: number | undefined
}

/** `cut`: half of a 200; `page`: the 200 of a gateway in the server's place. */
export type AnswerName = '200' | '202' | '307' | '401' | '404' | '429' | '500' | 'cut' | 'page'

// --- circumstances ---

export type Circumstances = {
  /** The true time since the history began, ms. */
  readonly at: number
  /** By how much the clocks of each runner are off, ms. */
  readonly wall: readonly number[]
  readonly mono: readonly number[]
  /** What is not as it was where a runner is. */
  readonly odd: readonly Oddity[]
}

export type Oddity = 'nothing' | 'offline' | 'another user' | 'another account'
