import type { Profile } from '../answers/profile.ts'
import type { KeyShape } from '../names/key-grammar.ts'
import type { Holder } from '../record/lease.ts'
import type { Target } from '../record/operation-record.ts'
import type { Backoff } from './step.ts'
import type { OneLook, RunMode } from './run-mode.ts'

/** What does not change while a run lasts. Times in ms. */
export type RunPolicy = {
  readonly mode: RunMode
  /** Set where the run is one look of a watch. */
  readonly look?: OneLook | undefined
  readonly identity: { readonly scope: string; readonly name: string; readonly id: unknown }
  /** The operation's name in the store. */
  readonly runner: string
  readonly holder: Holder | undefined
  /** The `traceparent` of its requests, for its leases. */
  readonly trace?: string | undefined
  /** What it would send; undefined where it has no request. */
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
  /** Headers of an answer that are kept with it, beside its content type. Names in lower case. */
  readonly keepResponseHeaders: readonly string[]
  readonly hasStatus: boolean
  /** The definition reads data (`response`), or judges answers itself (`verdict`). */
  readonly wantsData: boolean
  readonly hasHook: boolean
  /** What the definition declares; undefined: absence is never proof. */
  readonly absentAfterMs: number | undefined
  /** A result whose text is longer is not written, characters. */
  readonly longestResult: number
}
