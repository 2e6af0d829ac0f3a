import { describe, expect, test } from 'vitest'
import type { ServerClock, Sighting } from '../../src/core/record/server-clock.ts'
import {
  afterSighting,
  lastToldNowAt,
  leastServerNowAt,
  likelyServerTimeAt,
  serverNowAt,
  serverTimeAt,
  setBackMs,
} from '../../src/core/record/server-clock.ts'
import { START } from './samples.ts'

const HOUR = 3_600_000
const DAY = 86_400_000
const YEAR = 365 * DAY

/** An answer that came `ms` after the beginning, from a server whose clock is `aheadMs` ahead of ours. */
function sighting(ms: number, aheadMs = 0, changes: Partial<Sighting> = {}): Sighting {
  return { nowAt: START + ms, monotonicMs: ms, serverAt: START + ms + aheadMs, ...changes }
}

function clockOf(...sightings: readonly Sighting[]): ServerClock {
  return sightings.reduce<ServerClock>(afterSighting, [])
}

const at = (ms: number) => ({ nowAt: START + ms, monotonicMs: ms })

describe("the server's time now", () => {
  test.each<readonly [string, ServerClock, number | undefined]>([
    ['is not known without an answer', [], undefined],
    ['is not known by one answer alone', clockOf(sighting(0)), undefined],
    ['is known when two agree', clockOf(sighting(0), sighting(1_000)), 100_000],
    [
      'is known of a server that is two days ahead',
      clockOf(sighting(0, 2 * DAY), sighting(9, 2 * DAY)),
      172_900_000,
    ],
    ['is known of a server that is behind', clockOf(sighting(0, -HOUR), sighting(9, -HOUR)), -3_500_000],
    ['is not known where two disagree', clockOf(sighting(0), sighting(1_000, YEAR)), undefined],
    ['is not known where they are a minute apart', clockOf(sighting(0), sighting(1, 60_001)), undefined],
    [
      'is that of the others where one node is a year ahead',
      clockOf(sighting(0), sighting(1, YEAR), sighting(2)),
      100_000,
    ],
    [
      'is that of the others where one node is a year behind',
      clockOf(sighting(0, -YEAR), sighting(1), sighting(2)),
      100_000,
    ],
    [
      'is the greatest that two agree on',
      clockOf(sighting(0), sighting(1), sighting(2, -YEAR), sighting(3, -YEAR)),
      100_000,
    ],
  ])('%s', (_, clock, sinceStartMs) => {
    const expected = sinceStartMs === undefined ? undefined : START + sinceStartMs
    expect(serverNowAt(clock, at(100_000))).toBe(expected)
  })

  const told = clockOf(sighting(0), sighting(1_000))
  test.each([
    [
      'goes on while the monotonic clock stands still in sleep',
      { nowAt: START + DAY, monotonicMs: 1_000 },
      START + DAY,
    ],
    ['goes on while the wall clock is set back', { nowAt: START - DAY, monotonicMs: 5_000 }, START + 5_000],
    ['never goes back', { nowAt: START - DAY, monotonicMs: 1_000 }, START + 1_000],
    [
      'is too much rather than too little where the wall clock was set ahead',
      { nowAt: START + DAY, monotonicMs: 5_000 },
      START + DAY,
    ],
  ])('%s', (_, now, expected) => {
    expect(serverNowAt(told, now)).toBe(expected)
  })

  test.each([
    ['stands still with the monotonic clock', { nowAt: START + DAY, monotonicMs: 1_000 }, START + 1_000],
    ['goes on with it', { nowAt: START - DAY, monotonicMs: 5_000 }, START + 5_000],
  ])('at the least it %s, whatever the wall clock says', (_, now, expected) => {
    expect(leastServerNowAt(told, now)).toBe(expected)
    expect(leastServerNowAt([], now)).toBeUndefined()
  })

  test('is put right by the next answer after the wall clock was set ahead', () => {
    const set = { ...sighting(5_000), nowAt: START + DAY }
    expect(serverNowAt(afterSighting(told, set), { nowAt: START + DAY + 1_000, monotonicMs: 6_000 })).toBe(
      START + 6_000,
    )
  })

  test('is told by two answers after sleep, and by the wall clock until then', () => {
    const woken = (ms: number) => ({
      nowAt: START + DAY + ms,
      monotonicMs: 2_000 + ms,
      serverAt: START + DAY + ms,
    })
    const one = afterSighting(told, woken(0))
    expect(serverNowAt(one, { nowAt: START + DAY, monotonicMs: 2_000 })).toBe(START + DAY)
    const two = afterSighting(one, woken(500))
    expect(serverNowAt(two, { nowAt: START + DAY + 1_000, monotonicMs: 3_000 })).toBe(START + DAY + 1_000)
  })

  test('keeps the last eight answers', () => {
    expect(clockOf(...Array.from({ length: 20 }, (_, index) => sighting(index)))).toHaveLength(8)
  })
})

describe("the server's time at an earlier moment of this process", () => {
  const behind = clockOf(sighting(3_000, 2 * DAY), sighting(4_000, 2 * DAY))
  test.each<readonly [string, ServerClock, { nowAt: number; monotonicMs: number }, number | undefined]>([
    ['is that long before', behind, at(1_000), START + 1_000 + 2 * DAY],
    ['is known ahead, too', behind, at(9_000), START + 9_000 + 2 * DAY],
    ['is not known by one answer', clockOf(sighting(3_000)), at(1_000), undefined],
    [
      'is not known where the wall clock was set meanwhile',
      behind,
      { nowAt: START - DAY, monotonicMs: 1_000 },
      undefined,
    ],
    [
      'is not known where the machine slept meanwhile',
      behind,
      { nowAt: START + 1_000 - HOUR, monotonicMs: 1_000 },
      undefined,
    ],
  ])('%s', (_, clock, moment, expected) => {
    expect(serverTimeAt(clock, moment)).toBe(expected)
  })

  test.each<readonly [string, ServerClock, number | undefined]>([
    ['by nothing without an answer', [], undefined],
    ['by one answer', clockOf(sighting(3_000, 2 * DAY)), START + 1_000 + 2 * DAY],
    [
      'by the last one where two disagree',
      clockOf(sighting(3_000), sighting(4_000, DAY)),
      START + 1_000 + DAY,
    ],
    ['by those that agree', clockOf(sighting(2_000), sighting(3_000), sighting(4_000, YEAR)), START + 1_000],
  ])('is likely %s', (_, clock, expected) => {
    expect(likelyServerTimeAt(clock, at(1_000))).toBe(expected)
  })
})

describe("the server's last word alone", () => {
  const clock = clockOf(sighting(0), sighting(1_000), sighting(2_000, YEAR))

  test('is what it said, and the time since by the clock that shows more', () => {
    expect(lastToldNowAt(clock, { nowAt: START + 2_500, monotonicMs: 2_100 })).toBe(START + YEAR + 2_500)
    expect(lastToldNowAt(clock, { nowAt: START - DAY, monotonicMs: 2_100 })).toBe(START + YEAR + 2_100)
  })

  test('is not there before its first answer', () => {
    expect(lastToldNowAt([], at(0))).toBeUndefined()
  })

  test.each([
    ['nothing where both clocks went on alike', at(5_000), 0],
    [
      'what the wall clock shows less than the monotonic one',
      { nowAt: START - DAY, monotonicMs: 2_000 },
      86_402_000,
    ],
    ['less than nothing after sleep', { nowAt: START + DAY, monotonicMs: 2_000 }, -86_398_000],
  ])('since then the wall clock was set back by %s', (_, now, ms) => {
    expect(setBackMs(clock, now)).toBe(ms)
  })

  test('before the first answer nothing was set back', () => {
    expect(setBackMs([], at(5_000))).toBe(0)
  })
})
