/**
 * What a server's clock shows, by the `Date` of its answers (RFC 9110 6.6.1) and the local time since.
 *
 * One wrong `Date` of one node proves nothing. A time counts once a second answer confirms it, and the greatest of the
 * confirmed times is used. The local time since is the greater of both clocks, because a monotonic clock may stand
 * still while the machine sleeps. A wall clock that was set makes that time too long until the next answer, and never
 * too short.
 */
export type ServerClock = readonly Sighting[]

/** Both local clocks at one moment. */
export type ClockReading = { readonly nowAt: number; readonly monotonicMs: number }

/**
 * A `Date`, and when it came here. `isExact`: the date had its milliseconds. Without them, the time is the beginning of
 * its second.
 */
export type Sighting = ClockReading & { readonly serverAt: number; readonly isExact?: boolean }

/** How many answers are remembered. */
const MOST_SIGHTINGS = 8

/**
 * How far two times may differ and still agree, because their answers were on their way for different times, ms: the
 * least margin of a key's horizon.
 */
const AGREEMENT_MS = 60_000

export function afterSighting(clock: ServerClock, sighting: Sighting): ServerClock {
  return clock.slice(1 - MOST_SIGHTINGS).concat(sighting)
}

/** The server's time now, rather too late than too early; undefined if no two answers agree. */
export function serverNowAt(clock: ServerClock, now: ClockReading): number | undefined {
  const sighting = confirmed(clock).at(-1)
  if (sighting === undefined) return undefined
  const { nowAt, monotonicMs } = sighting
  return sighting.serverAt + Math.max(0, now.monotonicMs - monotonicMs, now.nowAt - nowAt)
}

/** The server's time now by the last answer alone, which may be wrong; undefined before the first answer. */
export function lastToldNowAt(clock: ServerClock, now: ClockReading): number | undefined {
  const sighting = clock.at(-1)
  if (sighting === undefined) return undefined
  return sighting.serverAt + Math.max(0, now.monotonicMs - sighting.monotonicMs, now.nowAt - sighting.nowAt)
}

/** By how much the wall clock was set back since the last answer, at least, ms. */
export function setBackMs(clock: ServerClock, now: ClockReading): number {
  const sighting = clock.at(-1)
  if (sighting === undefined) return 0
  return now.monotonicMs - sighting.monotonicMs - (now.nowAt - sighting.nowAt)
}

/**
 * The server's time now at the earliest. The monotonic clock, which is never set, counts alone, although it hides
 * sleep. Undefined if no two answers agree.
 */
export function leastServerNowAt(clock: ServerClock, now: ClockReading): number | undefined {
  return serverNowAt(clock, { ...now, nowAt: Number.NEGATIVE_INFINITY })
}

/**
 * The server's time at another moment of this process, rather too early than too late; undefined if no two answers
 * agree, or if the local clocks differ about how long ago that moment was (sleep, or a clock that was set).
 */
export function serverTimeAt(clock: ServerClock, moment: ClockReading): number | undefined {
  return earlier(nearest(confirmed(clock), moment), moment)
}

/** The same, by the last answer alone if no two agree. For times that are sent to the server, never for an age. */
export function likelyServerTimeAt(clock: ServerClock, moment: ClockReading): number | undefined {
  return serverTimeAt(clock, moment) ?? earlier(clock.at(-1), moment)
}

/**
 * The same by the last answer that gave its milliseconds; undefined if none did, or if two other answers contradict it.
 */
export function exactServerTimeAt(clock: ServerClock, moment: ClockReading): number | undefined {
  const exact = earlier(
    clock.findLast(sighting => sighting.isExact === true),
    moment,
  )
  const byTwo = serverTimeAt(clock, moment)
  const isContradicted = exact !== undefined && byTwo !== undefined && Math.abs(exact - byTwo) > AGREEMENT_MS
  return isContradicted ? undefined : exact
}

function nearest(sightings: readonly Sighting[], { monotonicMs }: ClockReading): Sighting | undefined {
  let found: Sighting | undefined
  let leastMs = Number.POSITIVE_INFINITY
  for (const sighting of sightings) {
    const farMs = Math.abs(sighting.monotonicMs - monotonicMs)
    if (farMs < leastMs) {
      found = sighting
      leastMs = farMs
    }
  }
  return found
}

function earlier(sighting: Sighting | undefined, moment: ClockReading): number | undefined {
  if (sighting === undefined) return undefined
  const wallMs = sighting.nowAt - moment.nowAt
  const monotonicMs = sighting.monotonicMs - moment.monotonicMs
  if (Math.abs(wallMs - monotonicMs) > AGREEMENT_MS) return undefined
  return sighting.serverAt - Math.max(wallMs, monotonicMs)
}

const NONE: readonly Sighting[] = []

/** The answers that agree on the greatest time on which any two agree, oldest first. */
function confirmed(clock: ServerClock): readonly Sighting[] {
  // A single answer is confirmed by no other.
  if (clock.length < 2) return NONE
  if (last?.clock !== clock) last = { clock, confirmed: confirmedAnew(clock) }
  return last.confirmed
}

/** The last result, kept because a clock never changes and is read again and again until the next answer. */
let last: { readonly clock: ServerClock; readonly confirmed: readonly Sighting[] } | undefined

function confirmedAnew(clock: ServerClock): readonly Sighting[] {
  if (allAgree(clock)) return clock
  const aheadMs = (sighting: Sighting) => sighting.serverAt - sighting.monotonicMs
  const agree = (one: Sighting, other: Sighting) => Math.abs(aheadMs(one) - aheadMs(other)) <= AGREEMENT_MS
  const told = clock.filter(one => clock.some(other => other !== one && agree(one, other)))
  const [first, ...others] = told
  if (first === undefined) return NONE
  const greatest = others.reduce((most, one) => (aheadMs(one) > aheadMs(most) ? one : most), first)
  return told.filter(one => agree(one, greatest))
}

/** Whether all answers agree, as they nearly always do. Then all are confirmed. */
function allAgree(clock: ServerClock): boolean {
  let leastMs = Number.POSITIVE_INFINITY
  let mostMs = Number.NEGATIVE_INFINITY
  for (const { serverAt, monotonicMs } of clock) {
    leastMs = Math.min(leastMs, serverAt - monotonicMs)
    mostMs = Math.max(mostMs, serverAt - monotonicMs)
  }
  return mostMs - leastMs <= AGREEMENT_MS
}
