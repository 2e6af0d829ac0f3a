/* How long a watch waits between two looks at an operation, and between two tries of a server that is down. */

/** Somebody may be waiting in front of a page: the first look comes while they still do. */
const FIRST_PAUSE_MS = 4_000

/** Half a minute: who looks again then finds what became of it, and a crowd of operations costs a server little. */
const LONGEST_PAUSE_MS = 30_000

/**
 * While a server is down one request asks for all operations there. A page, or whoever waits for a few, tries each half a
 * minute too. A crowd is bounded: 200 operations may cost 220 requests in ten minutes, of which 200 are first sends and 5
 * retries of their runs. Half a minute alone would be 20 tries without any chance in it, so that a crowd grows to a minute.
 */
const LONGEST_PAUSE_OF_A_CROWD_MS = 60_000

/** More operations at one server than a person waits for. */
const CROWD = 20

/** Before the next look at an operation of which `looks` looks have brought nothing. */
export function lookPauseMs(looks: number, random: number): number {
  return jittered(Math.min(LONGEST_PAUSE_MS, doubled(looks)), random)
}

/** Before the next try of a server that has not answered `failures` times in a row, and that `waiting` operations wait for. */
export function tryPauseMs(failures: number, waiting: number, random: number): number {
  const longestMs = waiting > CROWD ? LONGEST_PAUSE_OF_A_CROWD_MS : LONGEST_PAUSE_MS
  return jittered(Math.min(longestMs, doubled(failures - 1)), random)
}

function doubled(times: number): number {
  return FIRST_PAUSE_MS * 2 ** Math.min(times, 52)
}

/** Between half and all of it: a crowd that was stopped at one moment does not come back at one. */
function jittered(ceilingMs: number, random: number): number {
  return Math.floor(ceilingMs * (0.5 + random / 2))
}
