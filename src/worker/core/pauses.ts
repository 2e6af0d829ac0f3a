/* How long a worker waits: between two rounds that found nothing, before it takes an operation up again, for a store that fails. */

export type Pause = { readonly min: number; readonly max: number }

/** The store is tried again soon at first, and never so seldom that a probe sees an old figure, ms. */
const STORE_PAUSE: Pause = { min: 500, max: 15_000 }

/** After `rounds` rounds in a row in which nothing was taken up. */
export function idlePauseMs(rounds: number, idle: Pause, random: number): number {
  return jittered(rounds - 1, idle, random)
}

/**
 * The same, once a hint of the store has come: `vain` rounds before, in a row, were begun for hints and found nothing to do. Where
 * others write all the time hints come all the time, and cost no more rounds than there would be without them.
 */
export function hintedPauseMs(vain: number, idle: Pause, random: number): number {
  return jittered(vain, idle, random)
}

/** Before an operation is taken up again that was taken up `times` times without an end. */
export function againPauseMs(times: number, again: Pause, random: number): number {
  return jittered(times - 1, again, random)
}

/** After the store has failed `failures` times in a row. */
export function storePauseMs(failures: number, random: number): number {
  return jittered(failures - 1, STORE_PAUSE, random)
}

/** Doubled each time; between half and all of it, so that workers that were stopped at one moment do not come back at one. */
function jittered(doublings: number, { min, max }: Pause, random: number): number {
  const ceilingMs = Math.min(max, min * 2 ** Math.min(Math.max(0, doublings), 52))
  return Math.floor(ceilingMs * (0.5 + random / 2))
}
