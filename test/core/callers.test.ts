import { describe, expect, test } from 'vitest'
import type { Leaving } from '../../src/core/run/callers.ts'
import { outcomeOnLeaving, outcomeWhileRunning } from '../../src/core/run/callers.ts'

const last: Leaving = { outcome: 'not-executed', knownBefore: 'not-executed', goesOn: false, isReady: true }

describe('a caller that leaves a run', () => {
  test.each<[string, Partial<Leaving>, ReturnType<typeof outcomeOnLeaving>]>([
    ['as the last one gets what the end says', {}, 'of-the-end'],
    ['while others go on gets unknown', { goesOn: true }, 'unknown'],
    ['before the record was read gets unknown', { isReady: false, knownBefore: undefined }, 'unknown'],
    ['after the record was read meanwhile gets what the end says', { knownBefore: undefined }, 'of-the-end'],
    ['of an operation in doubt gets unknown', { outcome: 'unknown', knownBefore: 'unknown' }, 'unknown'],
    ['that was in doubt before gets unknown', { knownBefore: 'unknown' }, 'unknown'],
    ['of an executed operation gets that', { outcome: 'executed' }, 'executed'],
    [
      'of an executed operation gets that while others go on',
      { outcome: 'executed', goesOn: true },
      'executed',
    ],
    [
      'of an executed operation that was in doubt gets that',
      { outcome: 'executed', knownBefore: 'unknown' },
      'executed',
    ],
  ])('%s', (_, leaving, outcome) => {
    expect(outcomeOnLeaving({ ...last, ...leaving })).toBe(outcome)
  })
})

test.each([
  ['executed', 'executed'],
  ['not-executed', 'unknown'],
  ['unknown', 'unknown'],
] as const)('an operation whose run goes on and is %s so far is %s', (outcome, said) => {
  expect(outcomeWhileRunning(outcome)).toBe(said)
})
