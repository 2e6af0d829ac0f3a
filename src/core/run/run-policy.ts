import type { Profile } from '../answers/profile.ts'
import type { KeyShape } from '../names/key-grammar.ts'
import type { Holder } from '../record/lease.ts'
import type { Target } from '../record/operation-record.ts'
import type { Backoff } from './step.ts'
import type { OneLook, RunMode } from './run-mode.ts'

/** What stays the same during a run. Times in ms. */
export type RunPolicy = {
  readonly mode: RunMode
  /** Set if the run is one look of a watch. */
  readonly look?: OneLook | undefined
  readonly identity: { readonly scope: string; readonly name: string; readonly id: unknown }
  /** The id of this runner in leases and writes. A runner is one client in one tab or process. */
  readonly runner: string
  readonly holder: Holder | undefined
  /** The `traceparent` of the run's requests, for its leases. */
  readonly trace?: string | undefined
  /** What the run would send; undefined if it has no request. */
  readonly payload:
    | { readonly fingerprint: string; readonly target: Target; readonly origin: string }
    | undefined
  readonly startedMs: number
  readonly timeoutMs: number
  readonly pollDeadlineMs: number
  readonly rememberMs: number
  readonly retentionMs: number
  readonly attempts: number | undefined
  readonly backoff: Backoff
  readonly pollInterval: { readonly min: number; readonly max: number }
  readonly profile: Profile
  readonly carriage: string
  readonly honoursKeys: boolean
  readonly comparesBytes: boolean
  readonly keyShape: KeyShape
  readonly persist: 'key' | 'request'
  /** Headers of an answer to keep with it, beside its content type. Names in lower case. */
  readonly keepResponseHeaders: readonly string[]
  readonly hasStatus: boolean
  /**
   * `wantsData`: the definition reads data (`response`). `hasHook`: the definition judges answers itself (`verdict`).
   */
  readonly wantsData: boolean
  readonly hasHook: boolean
  /** After how long a "not found" is proof, as the definition declares; undefined: never. */
  readonly absentAfterMs: number | undefined
  /** The longest text of a result that is written, characters. */
  readonly longestResult: number
}
