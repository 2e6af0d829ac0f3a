/** Defaults of the options of clients and operations; durations in ms. `options.ts` holds the bounds. */
export const DEFAULTS = Object.freeze({
  timeout: 30_000,
  deadline: 120_000,
  /** Base and cap of the backoff between attempts. */
  base: 250,
  cap: 8_000,
  /** Shortest interval between polls, and the longest. */
  min: 500,
  max: 5_000,
  pollDeadline: 600_000,
  /** How long a result is kept. */
  remember: 86_400_000,
  /** How old an operation may be for `resume` to send it without a new call. */
  validFor: 900_000,
  maxBodyBytes: 4_194_304,
})
