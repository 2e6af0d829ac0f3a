/*
 * How old an answer is. A cache may give one again that says how it stood before; RFC 9111 5.1 has it say so in `Age`,
 * in whole seconds, rounded down.
 */

export type AnswerTime = {
  /** Monotonic ms: not later than the answer was made. */
  readonly madeMs: number
  /** What its `Age` says at the least, ms; infinite where that cannot be read. */
  readonly leastAgeMs: number
}

/** The time of an answer to a question that was asked and answered then, monotonic ms. */
export function answerTime(
  headers: Readonly<Record<string, string>>,
  askedMs: number,
  arrivedMs: number,
): AnswerTime {
  const seconds = ageOf(headers['age'])
  if (seconds === undefined) return { madeMs: askedMs, leastAgeMs: 0 }
  return { madeMs: Math.min(askedMs, arrivedMs - (seconds + 1) * 1_000), leastAgeMs: seconds * 1_000 }
}

/** Several caches may each have written one: the greatest counts. */
function ageOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ages = value.split(',').map(age => age.trim())
  return ages.every(age => /^[0-9]+$/.test(age)) ? Math.max(...ages.map(Number)) : Number.POSITIVE_INFINITY
}
