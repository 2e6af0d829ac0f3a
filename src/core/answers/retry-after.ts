import { parseHttpDate } from './http-date.ts'

/** Beyond it a Retry-After is taken for a mistake: no client waits a month for one call. */
const LONGEST_MS = 30 * 86_400_000

/**
 * How long the server asks to wait, ms from now; undefined where it asks nothing that can be believed.
 *
 * RFC 9110 10.2.3: delay-seconds (digits only) or an HTTP-date. Negative, fractional, past, longer than
 * 30 days, or anything else is ignored: `setTimeout` fires at once on 2^31 ms, and on NaN.
 */
export function retryAfterMs(value: string | undefined, nowAt: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^[0-9]{1,10}$/.test(text)) return bounded(Number(text) * 1000)
  const at = parseHttpDate(text, nowAt)
  return at === undefined || at <= nowAt ? undefined : bounded(at - nowAt)
}

function bounded(delayMs: number): number | undefined {
  return delayMs <= LONGEST_MS ? delayMs : undefined
}
