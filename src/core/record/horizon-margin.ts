import type { Profile } from '../answers/profile.ts'

/** How long a server remembers a key, and how long an attempt takes at most. */
export type HorizonPolicy = { readonly retentionMs: number; readonly timeoutMs: number }

const LEAST_MARGIN_MS = 60_000

/** The time that is kept free before the end of retention: max(10 %, 2 x timeout, 60 s). */
export function horizonMarginMs(policy: HorizonPolicy): number {
  return Math.max(policy.retentionMs / 10, 2 * policy.timeoutMs, LEAST_MARGIN_MS)
}

const FOREVER_MS = 100 * 365 * 86_400_000

/**
 * For how long a key counts as remembered, ms. If nobody states a time, the key is used until the deadline of the run
 * that first sent it; the margin comes on top of that. If keys are not honoured, no key can grow old.
 */
export function rememberedMs(
  { honoursKeys, retention }: Pick<Profile, 'honoursKeys' | 'retention'>,
  { deadlineMs, timeoutMs }: { readonly deadlineMs: number; readonly timeoutMs: number },
): number {
  switch (retention) {
    case 'forever':
      return FOREVER_MS
    case 'unknown':
      if (!honoursKeys) return FOREVER_MS
      return Math.ceil(
        Math.max((deadlineMs * 10) / 9, deadlineMs + 2 * timeoutMs, deadlineMs + LEAST_MARGIN_MS),
      )
    default:
      return retention
  }
}
