import type { VerdictName } from '../core/answers/verdict.ts'
import type { ServerResponse } from '../public/errors.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import type { Settings } from './settings.ts'
import type { RequestSpec } from './request/request-spec.ts'

/**
 * A definition as the engine sees it: checked, with defaults, and without the types of input and output.
 * Callbacks are the user's; the engine calls them with data and guards what they give back (asked-callbacks.ts, schema-says.ts).
 */
export type Plan = {
  readonly name: string
  readonly settings: Settings
  readonly wantsData: boolean
  /** The callers get the server's own answer, and read it themselves: an SDK. */
  readonly givesAnswers: boolean
  readonly response: StandardSchema | undefined
  readonly persist: 'key' | 'request'
  readonly keepHeaders: readonly string[]
  readonly dropHeaders: readonly string[]
  /** Of answers. Names in lower case. */
  readonly keepResponseHeaders: readonly string[]
  /** A request carries the key: in the profile's header, or as what the definition's own `key` makes of the id. */
  readonly carriesKey: boolean
  readonly makeKey: ((about: KeyContext) => string) | undefined
  readonly verdict: ((evidence: VerdictEvidence) => VerdictName | undefined) | undefined
  readonly status: AskPlan<StatusAnswer> | undefined
  readonly absentAfterMs: number | undefined
  readonly cancel: AskPlan<CancelAnswer> | undefined
}

export type AskPlan<Reading> = {
  readonly request: (about: AskContext) => AskSpec
  readonly read?: ((response: ServerResponse) => Reading) | undefined
}

/** A request that asks or cancels; `method` is GET unless it says otherwise. */
export type AskSpec = Partial<RequestSpec> & { readonly url: string | URL }

export type AskContext = { readonly key: string; readonly id: unknown; readonly generation: number }

export type KeyContext = {
  readonly scope: string
  readonly name: string
  readonly id: unknown
  readonly generation: number
}

/** What a definition's `verdict` is shown of an answer. */
export type VerdictEvidence = ServerResponse & { readonly replayed: boolean; readonly attempt: number }

/** What `status.read` gives back. `retryAfter` in ms. */
export type StatusAnswer =
  | { readonly outcome: 'executed'; readonly data?: unknown }
  | { readonly outcome: 'not-executed'; readonly error?: unknown }
  | { readonly processing: true; readonly retryAfter?: number }
  | { readonly absent: true }

/** What `cancel.read` gives back. */
export type CancelAnswer =
  | { readonly sealed: true }
  | { readonly outcome: 'executed'; readonly data?: unknown }
  | { readonly processing: true }
