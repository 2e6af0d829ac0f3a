import { describe, expect, test } from 'vitest'
import { isFree, isGone, isHeld, leaseMs, renewAfterMs } from '../../src/core/record/lease.ts'
import { START } from './samples.ts'

test('a lease lasts two timeouts, and is renewed when a third of it has passed', () => {
  expect(leaseMs(30_000)).toBe(60_000)
  expect(renewAfterMs(30_000)).toBe(20_000)
  expect(renewAfterMs(50)).toBe(33)
})

describe('an operation is free for a runner', () => {
  const theirs = { runner: 'tab-2', until: START }
  test.each([
    ['where nobody holds it', undefined, START - 1, false, true],
    ['where it holds it itself', { runner: 'tab-1', until: START }, START - 1, false, true],
    ['not while another holds it', theirs, START - 1, false, false],
    ["when the other's time is over", theirs, START, false, true],
    ['when the other is known to be dead', theirs, START - 1, true, true],
  ])('%s', (_, lease, nowAt, holderIsDead, free) => {
    expect(isFree(lease, 'tab-1', nowAt, () => holderIsDead)).toBe(free)
  })
})

describe('the holder of a lease is gone', () => {
  const holder = { host: 'a', pid: 7 }
  const lease = { runner: 'tab-2', until: START }
  test.each([
    ['when its process has ended', { ...lease, holder }, true, false, true],
    ['when it has lost its lock', lease, false, true, true],
    ['not when a lease names no process, whatever has ended', lease, true, false, false],
    ['not while neither shows it', { ...lease, holder }, false, false, false],
  ])('%s', (_, held, isDead, hasLostLock, gone) => {
    expect(isGone(held, { isDead: () => isDead, hasLostLock: () => hasLostLock })).toBe(gone)
  })
})

describe('a runner still holds its operation', () => {
  const own = { until: START, monotonicUntil: 60_000 }
  test.each([
    ['while both clocks say so', own, START - 1, 59_999, true],
    ['not when the wall clock has passed it', own, START, 59_999, false],
    ['not when the monotonic clock has passed it', own, START - 1, 60_000, false],
    ['not without a lease', undefined, START - 1, 0, false],
  ])('%s', (_, lease, nowAt, monotonicMs, held) => {
    expect(isHeld(lease, nowAt, monotonicMs)).toBe(held)
  })
})
