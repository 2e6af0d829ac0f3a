import type { SealReading } from '../core/answers/cancel-answer.ts'
import type { StatusReading } from '../core/answers/status-answer.ts'
import type { VerdictName } from '../core/answers/verdict.ts'
import type { ServerResponse } from '../public/errors.ts'
import type { Settings } from './settings.ts'
import type { RequestSpec } from './request/request-spec.ts'

/**
 * A definition as the engine sees it: checked, with defaults, and without the types of input and output.
 * Callbacks are the user's; the engine calls them with data and guards what they give back.
 */
export type Plan = {
  readonly name: string
  readonly settings: Settings
  readonly wantsData: boolean
  /** Whether `response` takes a value for the operation's result; undefined without a schema. Never rejects. */
  readonly accepts: ((value: unknown) => Promise<boolean>) | undefined
  /** Whether `response` takes this text, which is no JSON; false where it would have to be waited for. */
  readonly wantsText: (text: string) => boolean
  readonly persist: 'key' | 'request'
  readonly keepHeaders: readonly string[]
  readonly dropHeaders: readonly string[]
  /** A request carries the key: in the profile's header, or as what the definition's own `key` makes of the id. */
  readonly carriesKey: boolean
  readonly makeKey: ((about: KeyContext) => string) | undefined
  readonly verdict: ((evidence: VerdictEvidence) => VerdictName | undefined) | undefined
  readonly status: AskPlan<StatusReading & { readonly retryAfterMs?: number | undefined }> | undefined
  readonly absentAfterMs: number | undefined
  readonly cancel: AskPlan<SealReading> | undefined
}

export type AskPlan<Reading> = {
  readonly request: (about: AskContext) => AskSpec
  readonly read: ((response: ServerResponse) => Reading) | undefined
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
