import type { Outcome } from '../record/outcome.ts'

/** What happened in a run, for logs and metrics. An event never holds a body, a header or a credential. */
export type EventFields =
  /** The runner holds the operation now. */
  | { readonly type: 'claimed'; readonly generation: number }
  /** Another caller joined a live run. */
  | { readonly type: 'joined' }
  /** The attempt is written ahead, and its request leaves now. */
  | { readonly type: 'attempt'; readonly attempt: number; readonly generation: number }
  /** The result of the attempt. */
  | {
      readonly type: 'answer'
      readonly attempt: number
      readonly status: number | undefined
      readonly verdict: string
      readonly reason: string
    }
  | { readonly type: 'waiting'; readonly delayMs: number; readonly reason: string }
  | { readonly type: 'poll'; readonly reading: string; readonly status: number | undefined }
  | { readonly type: 'query'; readonly reading: string; readonly status: number | undefined }
  /** The run has ended. */
  | {
      readonly type: 'settled'
      readonly outcome: Outcome
      readonly code: string | undefined
      /** What the end is about for a person: `error.reason`. */
      readonly reason: string | undefined
      readonly replayed: boolean
    }
  /** The last holder died, or its lease ran out. `fromTrace`: the `traceparent` of that holder's run, if it had one. */
  | { readonly type: 'taken-over'; readonly from: string; readonly fromTrace?: string | undefined }
  /** Another runner holds the operation now. */
  | { readonly type: 'claim-lost' }
  /** A success of an older generation came after a newer one began: the alarm of a possible duplicate. */
  | {
      readonly type: 'late-success'
      /** Undefined if only the key is known, from `conclude`. */
      readonly generation: number | undefined
      readonly currentKey: string
      readonly currentGeneration: number
    }
  | {
      readonly type: 'store-failed'
      readonly doing: 'read' | 'claim' | 'write-ahead' | 'settle' | 'release' | 'renew' | 'list'
      readonly cause: unknown
    }
  /** The same operation is sent with other bytes than before, which its fingerprint allows. */
  | { readonly type: 'bytes-changed' }
  /** The store dropped a settled record before its time (`memoryStore`'s maxSettled). */
  | { readonly type: 'fact-dropped' }
