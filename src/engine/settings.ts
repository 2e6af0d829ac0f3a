import type { Profile } from '../core/answers/profile.ts'

/** Shared options after defaults and checks. */
export type Settings = {
  readonly timeoutMs: number
  readonly deadlineMs: number
  /** Undefined: as many as deadline and budget allow. */
  readonly attempts: number | undefined
  readonly backoff: { readonly base: number; readonly cap: number }
  readonly pollInterval: { readonly min: number; readonly max: number }
  readonly pollDeadlineMs: number
  readonly rememberMs: number
  readonly profile: Profile
}

export type ClientSettings = Settings & { readonly validForMs: number; readonly maxBodyBytes: number }

/** How long the fact of a settled operation is kept, ms: a year. */
export const FACT_LIFE_MS = 365 * 86_400_000
