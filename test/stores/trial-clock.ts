import type { StoreClock } from '../../src/testing/store-contract.ts'

/** A clock that moves when it is told to. */
export function trialClock(startAt = 1_700_000_000_000): StoreClock {
  let nowAt = startAt
  return {
    now: () => nowAt,
    advance: ms => {
      nowAt += ms
    },
  }
}
