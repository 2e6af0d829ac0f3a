/* How long a watch waits between two looks at an operation, and between two tries of a server that is down. */

/** Somebody may be waiting in front of a page. The first look comes while that person still waits. */
const FIRST_PAUSE_MS = 4_000

/**
 * Half a minute: a person who looks again by then finds what became of the operation, and a crowd of operations costs a
 * server little.
 */
const LONGEST_PAUSE_MS = 30_000

/**
 * While a server is down, one request asks for all operations there. With few operations waiting, the server is tried
 * every half minute as well. A crowd is bounded: 200 operations may cost 220 requests in ten minutes, of which 200 are
 * first sends and 5 are retries of their runs. Half a minute would make 20 tries even without jitter, so the pause of a
 * crowd grows to a minute.
 */
const LONGEST_PAUSE_OF_A_CROWD_MS = 60_000

/** More operations at one server than one person waits for. */
const CROWD = 20

/** The pause before the next look at an operation of which `looks` looks have brought nothing, ms. */
export function lookPauseMs(looks: number, random: number): number {
  return jittered(Math.min(LONGEST_PAUSE_MS, doubled(looks)), random)
}

/**
 * The pause before the next try of a server that has not answered `failures` times in a row and for which `waiting`
 * operations wait, ms.
 */
export function tryPauseMs(failures: number, waiting: number, random: number): number {
  const longestMs = waiting > CROWD ? LONGEST_PAUSE_OF_A_CROWD_MS : LONGEST_PAUSE_MS
  return jittered(Math.min(longestMs, doubled(failures - 1)), random)
}

function doubled(times: number): number {
  return FIRST_PAUSE_MS * 2 ** Math.min(times, 52)
}

/**
 * Between half and all of the ceiling, so that a crowd that was stopped at one moment does not come back at one moment.
 */
function jittered(ceilingMs: number, random: number): number {
  return Math.floor(ceilingMs * (0.5 + random / 2))
}
