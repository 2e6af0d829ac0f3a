import { describe, expect, test } from 'vitest'
import { horizonMarginMs, isKeyExpired, seenWithServerDate } from '../../src/core/key-horizon.ts'
import { START } from './samples.ts'

/** A day, with a margin of 8,640,000 ms: 77,760,000 ms are left for sending. */
const day = { retentionMs: 86_400_000, timeoutMs: 30_000 }
const sent = { firstSentAt: START, highestSeenAt: START }

describe('the margin kept free before the server forgets', () => {
  test.each([
    ['is a tenth of what it remembers', { retentionMs: 86_400_000, timeoutMs: 30_000 }, 8_640_000],
    ['is two timeouts where that is more', { retentionMs: 600_000, timeoutMs: 50_000 }, 100_000],
    ['is a minute at least', { retentionMs: 300_000, timeoutMs: 1_000 }, 60_000],
  ])('%s', (_, policy, marginMs) => {
    expect(horizonMarginMs(policy)).toBe(marginMs)
  })
})

describe('a key is too old to send with', () => {
  test.each([
    ['not before it was sent', { highestSeenAt: START }, 1_900_000_000_000, false],
    [
      'not before it was sent, though the clock went back',
      { highestSeenAt: START },
      1_000_000_000_000,
      false,
    ],
    ['not at once', sent, START, false],
    ['not a moment before the horizon', sent, 1_800_077_759_999, false],
    ['at the horizon', sent, 1_800_077_760_000, true],
    ['ever after', sent, 1_900_000_000_000, true],
    [
      'at the horizon that any runner has seen, whatever this clock says',
      { firstSentAt: START, highestSeenAt: 1_800_077_760_000 },
      1_800_077_000_000,
      true,
    ],
    [
      'not when this clock is behind by no more than the margin',
      { firstSentAt: START, highestSeenAt: 1_800_010_000_000 },
      1_800_001_360_000,
      false,
    ],
    [
      'when this clock is behind by more: nobody knows how much time has passed',
      { firstSentAt: START, highestSeenAt: 1_800_010_000_000 },
      1_800_001_359_999,
      true,
    ],
  ])('%s', (_, record, nowAt, expired) => {
    expect(isKeyExpired(record, day, nowAt)).toBe(expired)
  })
})

describe("the server's clock", () => {
  const NOW = 1_800_000_010_000
  test.each([
    [
      'without a Date tells nothing',
      { highestSeenAt: START },
      undefined,
      { highestSeenAt: NOW, serverOffsetMs: undefined },
    ],
    [
      'without a Date leaves what it told before',
      { highestSeenAt: START, serverOffsetMs: 5 },
      undefined,
      { highestSeenAt: NOW, serverOffsetMs: 5 },
    ],
    [
      'is compared with ours the first time',
      { highestSeenAt: START },
      1_700_000_000_000,
      { highestSeenAt: NOW, serverOffsetMs: -100_000_010_000 },
    ],
    [
      'shows later that ours lost time: the difference counts as passed',
      { highestSeenAt: START, serverOffsetMs: -4_000 },
      1_800_003_606_000,
      { highestSeenAt: 1_800_003_610_000, serverOffsetMs: -4_000 },
    ],
    [
      'never turns time back',
      { highestSeenAt: START, serverOffsetMs: 0 },
      1_700_000_000_000,
      { highestSeenAt: NOW, serverOffsetMs: 0 },
    ],
    [
      'never lowers what was seen before',
      { highestSeenAt: 1_800_000_099_000 },
      undefined,
      { highestSeenAt: 1_800_000_099_000, serverOffsetMs: undefined },
    ],
  ])('%s', (_, record, serverAt, seen) => {
    expect(seenWithServerDate(record, NOW, serverAt)).toStrictEqual(seen)
  })

  test('expires a key whose age our own clock hides', () => {
    const first = seenWithServerDate({ highestSeenAt: START }, START, START)
    // A day later by the server, a minute later by us.
    const later = seenWithServerDate(first, START + 60_000, START + 86_400_000)
    expect(isKeyExpired({ firstSentAt: START, ...later }, day, START + 60_000)).toBe(true)
    expect(isKeyExpired({ firstSentAt: START, ...first }, day, START + 60_000)).toBe(false)
  })
})
