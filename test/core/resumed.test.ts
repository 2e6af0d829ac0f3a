import { describe, expect, test } from 'vitest'
import { tombstone } from '../../src/core/record/tombstone.ts'
import type { SaidOfOne } from '../../src/core/stored/resumed.ts'
import { isLookedUpAgain, saidAtLast } from '../../src/core/stored/resumed.ts'
import { failedRecord, pendingRecord, processingRecord, START, succeededRecord } from './samples.ts'

const refused: SaidOfOne = { outcome: 'not-executed', reason: 'the server answered 402', code: 'rejected' }
const executed: SaidOfOne = { outcome: 'executed', reason: 'executed' }
const begunAgain: SaidOfOne = {
  outcome: 'unknown',
  reason: 'the operation was begun again, or settled, while others were resumed',
  code: 'unresolved',
}
const lease = { runner: 'tab-2', until: START }

describe('what was not executed when its own run ended', () => {
  test.each([
    ['is so still', failedRecord(), refused],
    ['was never sent, and nobody has it', pendingRecord(), refused],
    ['is executed by now', succeededRecord(), executed],
    ['is at work by now', processingRecord(), begunAgain],
    ['was sent again', pendingRecord({ attempts: 2, sent: 1, ambiguous: 1 }), begunAgain],
    ['somebody has taken up', pendingRecord({ lease }), begunAgain],
    ['a resume would send', pendingRecord({ request: { url: '/orders', headers: {} } }), begunAgain],
    ['was forgotten', tombstone(succeededRecord(), START), begunAgain],
    ['is not there, or cannot be read', undefined, begunAgain],
  ])('and %s', (_, record, said) => {
    expect(saidAtLast(refused, record)).toEqual(said)
  })
})

test('is what is read once more', () => {
  expect(isLookedUpAgain(refused)).toBe(true)
})

test.each<SaidOfOne>([
  executed,
  { outcome: 'unknown', reason: 'the deadline is over', code: 'unresolved' },
  { outcome: 'skipped', reason: 'aborted' },
])('$outcome is not read once more, and stays whatever lies there by now', said => {
  expect(isLookedUpAgain(said)).toBe(false)
  expect(saidAtLast(said, failedRecord())).toBe(said)
})
