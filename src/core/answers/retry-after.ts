import { parseHttpDate } from './http-date.ts'

/** A longer Retry-After is taken for a mistake: no client waits a month for one call. */
const LONGEST_MS = 30 * 86_400_000

/**
 * How long the server asks to wait, ms from now; undefined if it asks nothing that is credible.
 *
 * RFC 9110 10.2.3: delay-seconds (digits only) or an HTTP-date. Negative, fractional, past, longer than 30 days, or
 * anything else is ignored: `setTimeout` fires at once on 2^31 ms, and on NaN.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowAt: number): number | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined) return undefined
  if (/^[0-9]{1,10}$/.test(text)) return bounded(Number(text) * 1000)
  const at = parseHttpDate(text, nowAt)
  const saidAt = dateIn(headers, nowAt) ?? nowAt
  return at === undefined || at <= saidAt ? undefined : bounded(at - saidAt)
}

/**
 * The time that the answer's own `Date` shows. The same clock wrote both dates, and this device's clock may be wrong. A
 * kept answer's `Date` is an old one.
 */
function dateIn(headers: Readonly<Record<string, string>>, nowAt: number): number | undefined {
  return headers['age'] === undefined ? parseHttpDate(headers['date'] ?? '', nowAt) : undefined
}

function bounded(delayMs: number): number | undefined {
  return delayMs <= LONGEST_MS ? delayMs : undefined
}
