import { expect, test } from 'vitest'
import { neverSent } from '../../src/core/record/tombstone.ts'
import { START } from './samples.ts'
import { atGate, steppedRun } from './stepped-run.ts'

/** What a `cancel` left where nothing had been sent. */
const cancelled = {
  ...neverSent(undefined, { scope: 'user-7', name: 'place-order', id: 'cart-42' }, START),
  writer: { runner: 'tab-2', write: 1 },
}

test.each<[string, number, string]>([
  ['at once is the end', 500, 'end'],
  [
    'a second later may be outdated: another call may have begun since, so the run looks once more',
    1_000,
    'read',
  ],
])('a cancel before the first send that the store tells of %s', (_, ms, follows) => {
  const { take, done } = steppedRun()
  take(atGate(1))
  const heard = { stored: cancelled, since: { nowAt: START, monotonicMs: 0 } }
  take({ type: 'lost', heard })
  take({ type: 'carried', failure: undefined })
  take({ type: 'landed', foreignHeads: 0, failure: undefined })

  take({ type: 'read', heard }, ms)

  expect(done().map(({ do: what }) => what)).toContain(follows)
})
