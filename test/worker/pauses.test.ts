import { expect, test } from 'vitest'
import { againPauseMs, idlePauseMs, storePauseMs } from '../../src/worker/core/pauses.ts'

const pause = { min: 100, max: 1_000 }

test.each([
  [1, 1, 100],
  [2, 1, 200],
  [4, 1, 800],
  [5, 1, 1_000],
  [5_000, 1, 1_000],
  [1, 0, 50],
  [5, 0.5, 750],
])('the pause after %i rounds, by the chance %d, is %i ms', (times, random, ms) => {
  expect(idlePauseMs(times, pause, random)).toBe(ms)
  expect(againPauseMs(times, pause, random)).toBe(ms)
})

test('a store that fails is tried again after half a second, and each 15 s at last', () => {
  expect([1, 2, 6, 60].map(failures => storePauseMs(failures, 1))).toEqual([500, 1_000, 15_000, 15_000])
})
