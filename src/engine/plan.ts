import type { VerdictName } from '../core/answers/verdict.ts'
import type { ServerResponse } from '../public/errors.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import type { Settings } from './settings.ts'
import type { RequestSpec } from './request/request-spec.ts'

/**
 * A definition as the engine sees it: checked, with defaults, and without the types of input and output. The callbacks
 * are the user's; the engine calls them with data and checks what they return (read-callbacks.ts, schema-says.ts).
 */
export type Plan = {
  readonly name: string
  readonly settings: Settings
  readonly wantsData: boolean
  /** The callers get the server's own response and read it themselves, like an SDK. */
  readonly givesAnswers: boolean
  readonly response: StandardSchema | undefined
  readonly persist: 'key' | 'request'
  readonly keepHeaders: readonly string[]
  readonly dropHeaders: readonly string[]
  /** Of responses. Names in lower case. */
  readonly keepResponseHeaders: readonly string[]
  /**
   * Whether a request carries the key: in the place that the profile names, in the request itself, or because the
   * definition's own `key` derives the key from the id.
   */
  readonly carriesKey: boolean
  readonly makeKey: ((about: KeyContext) => string) | undefined
  readonly verdict: ((evidence: VerdictEvidence) => VerdictName | undefined) | undefined
  readonly status: AskPlan<StatusAnswer> | undefined
  readonly absentAfterMs: number | undefined
  readonly cancel: AskPlan<CancelAnswer> | undefined
}

/** How messages name a definition: `operation(pay)`, or `fetch(stripe)` for the one behind a `client.fetch`. */
export function definitionPath({ name, givesAnswers }: PlanName): string {
  return `${givesAnswers === true ? 'fetch' : 'operation'}(${name})`
}

type PlanName = { readonly name: string; readonly givesAnswers?: boolean | undefined }

export type AskPlan<Reading> = {
  readonly request: (about: AskContext) => AskSpec
  readonly read?: ((response: ServerResponse) => Reading) | undefined
}

/** A request that asks or cancels; `method` is GET by default. */
export type AskSpec = Omit<RequestSpec, 'method'> & { readonly method?: string | undefined }

export type AskContext = { readonly key: string; readonly id: unknown; readonly generation: number }

export type KeyContext = {
  readonly scope: string
  readonly name: string
  readonly id: unknown
  readonly generation: number
}

/** What a definition's `verdict` gets of a response. */
export type VerdictEvidence = ServerResponse & { readonly replayed: boolean; readonly attempt: number }

/** What `status.read` returns. `retryAfter` in ms. */
export type StatusAnswer =
  | { readonly outcome: 'executed'; readonly data?: unknown }
  | { readonly outcome: 'not-executed'; readonly error?: unknown }
  | { readonly processing: true; readonly retryAfter?: number | undefined }
  | { readonly absent: true }

/** What `cancel.read` returns. */
export type CancelAnswer =
  | { readonly sealed: true }
  | { readonly outcome: 'executed'; readonly data?: unknown }
  | { readonly processing: true }
