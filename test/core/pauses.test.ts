import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pollDelayMs, retryDelayMs } from '../../src/core/run/pauses.ts'

const backoff = { base: 250, cap: 8_000 }
const interval = { min: 500, max: 5_000 }
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const lengths = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const counts = fc.oneof(fc.nat(60), fc.nat())

describe('a retry waits', () => {
  test.each([
    ['nothing at best', 0, 0, 0],
    ['up to the base', 0, 0.999_999, 249],
    ['half the base on average', 0, 0.5, 125],
    ['up to twice the base after one', 1, 0.999_999, 499],
    ['up to four times the base after two', 2, 0.999_999, 999],
    ['up to eight times after three', 3, 0.5, 1_000],
    ['up to the cap', 5, 0.5, 4_000],
    ['no longer than the cap after many', 40, 0.5, 4_000],
    ['no longer than the cap where a number ends', 5_000, 0.5, 4_000],
  ])('%s', (_, retriesBefore, random, delayMs) => {
    expect(retryDelayMs(backoff, retriesBefore, random)).toBe(delayMs)
  })

  test('nothing at all where the base is 0', () => {
    expect(retryDelayMs({ base: 0, cap: 0 }, 5_000, 0.9)).toBe(0)
  })

  test('a whole number of ms between 0 and the cap, always', () => {
    fc.assert(
      fc.property(lengths, lengths, counts, chance, (base, cap, retriesBefore, random) => {
        const delayMs = retryDelayMs({ base, cap }, retriesBefore, random)
        return Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= cap
      }),
    )
  })
})

describe('a poll waits', () => {
  test.each([
    ['the shortest interval at first', 0, 0.999_999, 500],
    ['between it and twice as long after one', 1, 0.5, 750],
    ['no less than the shortest', 9, 0, 500],
    ['between it and the longest after many', 9, 0.5, 2_750],
    ['and so on where a number ends', 5_000, 0.5, 2_750],
  ])('%s', (_, pollsBefore, random, delayMs) => {
    expect(pollDelayMs(interval, pollsBefore, random)).toBe(delayMs)
  })

  test('a whole number of ms within the interval, always', () => {
    fc.assert(
      fc.property(lengths, lengths, counts, chance, (one, other, pollsBefore, random) => {
        const min = Math.min(one, other)
        const max = Math.max(one, other)
        const delayMs = pollDelayMs({ min, max }, pollsBefore, random)
        return Number.isInteger(delayMs) && delayMs >= min && delayMs <= max
      }),
    )
  })
})
