/** `base` and `cap` in ms. */
export type Backoff = { readonly base: number; readonly cap: number }

/**
 * Full jitter: uniform between 0 and min(cap, base * 2^n), n counting the retries before this one.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015): it spreads a crowd best.
 */
export function retryDelayMs(backoff: Backoff, retriesBefore: number, random: number): number {
  return Math.floor(random * ceilingMs(backoff.base, backoff.cap, retriesBefore))
}

/** Between `min` and min(max, min * 2^n): a poll never comes sooner than `min`, and they spread. */
export function pollDelayMs(
  interval: { readonly min: number; readonly max: number },
  pollsBefore: number,
  random: number,
): number {
  const ceiling = ceilingMs(interval.min, interval.max, pollsBefore)
  return Math.floor(interval.min + random * (ceiling - interval.min))
}

/** The smaller of cap and base * 2^n, which is finite even where 2^n is not. */
function ceilingMs(base: number, cap: number, doublings: number): number {
  return Math.min(cap, base * 2 ** Math.min(doublings, 52))
}
