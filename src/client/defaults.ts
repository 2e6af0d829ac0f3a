/** What the options of a client and of an operation are where nobody sets them; durations in ms. Their bounds: options.ts. */
export const DEFAULTS = Object.freeze({
  timeout: 30_000,
  deadline: 120_000,
  /** Of the backoff between attempts, and its cap. */
  base: 250,
  cap: 8_000,
  /** Of the interval between polls, and its greatest. */
  min: 500,
  max: 5_000,
  pollDeadline: 600_000,
  /** How long a result is kept. */
  remember: 86_400_000,
  /** How old an operation may be that `resume` sends without a new call. */
  validFor: 900_000,
  /** Bytes. */
  maxBodyBytes: 4_194_304,
})
