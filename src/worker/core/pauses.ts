/*
 * How long a worker waits: between rounds that found nothing, before an operation is taken up again, and after a
 * store failure.
 */

export type Pause = { readonly min: number; readonly max: number }

/**
 * The first retries of the store come soon. The pause stays short enough that a health probe never sees old figures,
 * ms.
 */
const STORE_PAUSE: Pause = { min: 500, max: 15_000 }

/** The pause after `rounds` rounds in a row in which nothing was taken up. */
export function idlePauseMs(rounds: number, idle: Pause, random: number): number {
  return jittered(rounds - 1, idle, random)
}

/**
 * The same pause after a hint of the store. `vain`: how many earlier rounds in a row were begun because of hints and
 * found nothing to do. If other processes write all the time, hints come all the time, and cost no more rounds than
 * no hints would.
 */
export function hintedPauseMs(vain: number, idle: Pause, random: number): number {
  return jittered(vain, idle, random)
}

/** The pause before an operation is taken up again that was taken up `times` times without an end. */
export function againPauseMs(times: number, again: Pause, random: number): number {
  return jittered(times - 1, again, random)
}

/** The pause after the store has failed `failures` times in a row. */
export function storePauseMs(failures: number, random: number): number {
  return jittered(failures - 1, STORE_PAUSE, random)
}

/**
 * Doubles each time. A random part of up to half is left out, so that workers that stopped together do not return
 * together.
 */
function jittered(doublings: number, { min, max }: Pause, random: number): number {
  const ceilingMs = Math.min(max, min * 2 ** Math.min(Math.max(0, doublings), 52))
  return Math.floor(ceilingMs * (0.5 + random / 2))
}
