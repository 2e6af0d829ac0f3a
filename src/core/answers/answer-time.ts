/*
 * How old an answer is. A cache may return an answer that shows an earlier state. RFC 9111 5.1 has the cache report
 * this in `Age`, in whole seconds, rounded down. Many caches write no `Age` (nginx, Akamai), but mark the answer as
 * kept in a header of their own.
 */

export type AnswerTime = {
  /** A time not later than the one at which the answer was made, monotonic ms. */
  readonly madeMs: number
  /** The least age that `Age` allows, ms: 0 if no cache gives one, infinite if the header cannot be read. */
  readonly leastAgeMs: number
}

/**
 * The time of an answer to a request that was sent at `askedMs`, monotonic ms. The age counts back from the request and
 * not from the arrival: a process that slept in between sees the answer long after the cache gave it.
 */
export function answerTime(headers: Readonly<Record<string, string>>, askedMs: number): AnswerTime {
  const seconds = ageOf(headers['age'])
  const isKept = wasKept(headers)
  if (seconds === undefined) return { madeMs: isKept ? Number.NEGATIVE_INFINITY : askedMs, leastAgeMs: 0 }
  return { madeMs: askedMs - (seconds + 1) * 1_000, leastAgeMs: seconds * 1_000 }
}

/** No cache reports that it returned a kept answer. */
export function isOfNow({ madeMs, leastAgeMs }: AnswerTime): boolean {
  return leastAgeMs === 0 && Number.isFinite(madeMs)
}

/** Several caches may each have written an age. The greatest counts. */
function ageOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ages = value.split(',').map(age => age.trim())
  return ages.every(age => /^[0-9]+$/.test(age)) ? Math.max(...ages.map(Number)) : Number.POSITIVE_INFINITY
}

/**
 * Whether a cache reports that it had kept the answer: `X-Cache: HIT` (Squid, Varnish, CloudFront, Akamai, nginx by
 * convention), `CF-Cache-Status`, RFC 9211's `Cache-Status`, `Server-Timing` as CDNs write it, the number of hits
 * (`X-Cache-Hits`), the second request in `X-Varnish`, and RFC 7234's warnings 110 to 113. `X-Cache-Lookup` only shows
 * what was looked up, so it does not count.
 */
function wasKept(headers: Readonly<Record<string, string>>): boolean {
  if (/(?:^|,)\s*11[0-3]\b/.test(headers['warning'] ?? '')) return true
  return Object.entries(headers).some(([name, value]) => {
    if (name === 'x-varnish') return /\d\s+\d/.test(value)
    if (/^x-(?:cache-hits|hits|from-cache)$/.test(name)) return /[1-9]|true|yes|hit/i.test(value)
    return /cache|^server-timing$|^x-nc$/.test(name) && !/control|lookup/.test(name) && KEPT.test(value)
  })
}

const KEPT = /(?:^|[^a-z])(?:\w*_)?(?:refresh_?)?(?:hit|stale|updating|cached|fresh|revalidated)(?:$|[^a-z])/i
