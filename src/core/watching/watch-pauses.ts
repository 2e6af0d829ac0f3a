/* How long a watch waits between two looks at an operation, and between two tries of a server that is down. */

/** Somebody may be waiting in front of a page: the first look comes while they still do. */
const FIRST_PAUSE_MS = 4_000

/** Half a minute: who looks again then finds what became of it, and a crowd of operations costs a server little. */
const LONGEST_PAUSE_MS = 30_000

/**
 * While a server is down one request asks for all operations there, so that its pauses are what a crowd costs: with a
 * minute at most, of which it waits three quarters in the mean, a client tries 18 times in ten minutes, which keeps one
 * with 200 operations below 1.1 requests an operation.
 */
const LONGEST_TRY_PAUSE_MS = 60_000

/** Before the next look at an operation of which `looks` looks have brought nothing. */
export function lookPauseMs(looks: number, random: number): number {
  return jittered(Math.min(LONGEST_PAUSE_MS, doubled(looks)), random)
}

/** Before the next try of a server that has not answered `failures` times in a row. */
export function tryPauseMs(failures: number, random: number): number {
  return jittered(Math.min(LONGEST_TRY_PAUSE_MS, doubled(failures - 1)), random)
}

function doubled(times: number): number {
  return FIRST_PAUSE_MS * 2 ** Math.min(times, 52)
}

/** Between half and all of it: a crowd that was stopped at one moment does not come back at one. */
function jittered(ceilingMs: number, random: number): number {
  return Math.floor(ceilingMs * (0.5 + random / 2))
}
