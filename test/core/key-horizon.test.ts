import { describe, expect, test } from 'vitest'
import { horizonMarginMs } from '../../src/core/record/horizon-margin.ts'
import { isAgeInDoubt, isKeyExpired, whyExpired } from '../../src/core/record/key-horizon.ts'
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
    expect(isKeyExpired(record, day, { nowAt })).toBe(expired)
  })
})

describe("the age by the server's own clock", () => {
  /** The device was two days behind when it sent, and its clock has been put right since. */
  const behind = { firstSentAt: 1_799_827_200_000, firstSentServerAt: START, highestSeenAt: START }
  test.each([
    ['is young, whatever the clock of this device says', behind, { serverNowAt: START + 60_000 }, undefined],
    ['reaches the horizon', behind, { serverNowAt: 1_800_077_760_000 }, ", by the server's own clock"],
    ['is not reached a moment before', behind, { serverNowAt: 1_800_077_759_999 }, undefined],
    [
      'is named beside the clock of this device, where only that says that so much has passed since its last answer',
      behind,
      { serverNowAt: 1_800_077_760_000, leastServerNowAt: START },
      ", by the server's own clock and by what has passed since on the clock of this device (if that clock was set meanwhile, the request is sent again once an answer of the server gives the time)",
    ],
    [
      'hides nothing where the device has lost time',
      { ...behind, firstSentAt: 1_800_077_000_000 },
      { serverNowAt: 1_800_077_760_000 },
      ", by the server's own clock",
    ],
    [
      'is not known before the server has told its time: the clock of this device counts, and is named',
      behind,
      {},
      ', by the clock of this device (if that clock was set meanwhile, the request is sent again once answers of the server give the time)',
    ],
    [
      'is not known where it was not learnt at the first send',
      { firstSentAt: START - 86_400_000, highestSeenAt: START },
      { serverNowAt: START },
      ', by the clock of this device',
    ],
    [
      'shows that the device has lost time since the first answer',
      { firstSentAt: START - 70_000_000, highestSeenAt: START - 70_000_000, serverOffsetMs: 0 },
      { serverNowAt: START + 8_000_000 },
      ": by the server's clock more time has passed than by that of this device, so one of them was wrong or was set",
    ],
    [
      'never makes a key younger that it only saw later',
      { firstSentAt: START - 86_400_000, highestSeenAt: START, serverOffsetMs: 0 },
      { serverNowAt: START - 86_400_000 },
      ', by the clock of this device',
    ],
    [
      'is known where this process saw the first send',
      { firstSentAt: START - 86_400_000, highestSeenAt: START },
      { serverNowAt: START, firstSentServerAt: START - 60_000 },
      undefined,
    ],
    [
      'is not known, and the clock of this device went back',
      { firstSentAt: START, highestSeenAt: START + 9_000_000 },
      {},
      ': the clock of this device went back, so the age of the key is not known',
    ],
    [
      'is not known, and the clock of this device was set back while the machine slept, which its other clock did not see',
      { firstSentAt: START, highestSeenAt: START },
      { nowAt: START + 16_000, readingAt: START - 360_000_000 },
      ': the clock of this device went back, so the age of the key is not known',
    ],
  ])('%s', (_, record, clocks, why) => {
    expect(whyExpired(record, day, { nowAt: START, ...clocks })).toBe(why)
  })
})

describe('how long the server remembers a key', () => {
  const hour = 3_600_000
  /** 3,600,000 ms less the margin of 360,000. */
  test.each([
    [
      'is what it was said to be at the first send, where a deployment says more',
      hour,
      86_400_000,
      3_240_000,
    ],
    ['is what a deployment says now, where that is less', 86_400_000, hour, 3_240_000],
    ['is what the profile says, for a record of 0.1.0', undefined, hour, 3_240_000],
  ])('%s', (_, keyRetentionMs, retentionMs, lifeMs) => {
    const record = { firstSentAt: START, highestSeenAt: START, keyRetentionMs }
    const policy = { retentionMs, timeoutMs: 30_000 }
    expect(isKeyExpired(record, policy, { nowAt: START + lifeMs - 1 })).toBe(false)
    expect(isKeyExpired(record, policy, { nowAt: START + lifeMs })).toBe(true)
  })
})

describe('the age of a key is in doubt', () => {
  const known = { firstSentAt: START, firstSentServerAt: START, highestSeenAt: START }
  const told = { nowAt: START, serverNowAt: START, lastToldNowAt: START, setBackMs: 0 }
  /** The margin of a day is 8,640,000 ms, so a key is sent with for 77,760,000. */
  test.each([
    [
      'where the last answer alone says that it is old',
      known,
      { ...told, lastToldNowAt: START + 77_760_000 },
      true,
    ],
    [
      'not where the last answer says that it is young',
      known,
      { ...told, lastToldNowAt: START + 77_759_999 },
      false,
    ],
    [
      'where the wall clock was set back since the last answer',
      known,
      { ...told, setBackMs: 8_640_001 },
      true,
    ],
    ['not where it was set back by no more than the margin', known, { ...told, setBackMs: 8_640_000 }, false],
    [
      'where this process alone knows when it was first sent',
      { firstSentAt: START, highestSeenAt: START },
      { ...told, firstSentServerAt: START, lastToldNowAt: START + 77_760_000 },
      true,
    ],
    [
      'not where nobody knows when it was first sent by the clock of the server',
      { firstSentAt: START, highestSeenAt: START },
      { ...told, lastToldNowAt: START + 77_760_000 },
      false,
    ],
    ['not where the server has not told the time', known, { nowAt: START, setBackMs: 8_640_001 }, false],
  ])('%s', (_, record, clocks, isInDoubt) => {
    expect(isAgeInDoubt(record, { retentionMs: 86_400_000, timeoutMs: 30_000 }, clocks)).toBe(isInDoubt)
  })
})
