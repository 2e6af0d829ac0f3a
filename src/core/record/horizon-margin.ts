/** How long a server remembers a key, and how long an attempt takes at most. */
export type HorizonPolicy = { readonly retentionMs: number; readonly timeoutMs: number }

const LEAST_MARGIN_MS = 60_000

/** Kept free before the end of retention: max(10 %, 2 x timeout, 60 s). */
export function horizonMarginMs(policy: HorizonPolicy): number {
  return Math.max(policy.retentionMs / 10, 2 * policy.timeoutMs, LEAST_MARGIN_MS)
}
