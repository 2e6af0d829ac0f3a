/*
 * How old an answer is. A cache may give one again that says how it stood before; RFC 9111 5.1 has it say so in `Age`,
 * in whole seconds, rounded down. Many do not (nginx, Akamai), but say in a header of their own that it was kept.
 */

export type AnswerTime = {
  /** Monotonic ms: not later than the answer was made. */
  readonly madeMs: number
  /** What its `Age` says at the least, ms: 0 where a cache gives none, infinite where that cannot be read. */
  readonly leastAgeMs: number
}

/**
 * The time of an answer to a question that was asked then, monotonic ms. Its age is counted from there, and not from its
 * arrival: a process that slept in between sees an answer long after the cache gave it.
 */
export function answerTime(headers: Readonly<Record<string, string>>, askedMs: number): AnswerTime {
  const seconds = ageOf(headers['age'])
  const isKept = wasKept(headers)
  if (seconds === undefined) return { madeMs: isKept ? Number.NEGATIVE_INFINITY : askedMs, leastAgeMs: 0 }
  return { madeMs: askedMs - (seconds + 1) * 1_000, leastAgeMs: seconds * 1_000 }
}

/** No cache says that it gave the answer again. */
export function isOfNow({ madeMs, leastAgeMs }: AnswerTime): boolean {
  return leastAgeMs === 0 && Number.isFinite(madeMs)
}

/** Several caches may each have written one: the greatest counts. */
function ageOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ages = value.split(',').map(age => age.trim())
  return ages.every(age => /^[0-9]+$/.test(age)) ? Math.max(...ages.map(Number)) : Number.POSITIVE_INFINITY
}

/**
 * Whether a cache says that it had kept the answer: `X-Cache: HIT` (Squid, Varnish, CloudFront, Akamai, nginx by
 * convention), `CF-Cache-Status`, RFC 9211's `Cache-Status`, `Server-Timing` as CDNs write it, how often it was given
 * (`X-Cache-Hits`), the second request of `X-Varnish`, and RFC 7234's warnings 110 to 113. `X-Cache-Lookup` says what was
 * looked up, and no more.
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
