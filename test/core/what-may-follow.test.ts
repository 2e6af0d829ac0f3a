import { expect, test } from 'vitest'
import { tombstone } from '../../src/core/record/tombstone.ts'
import { mayFollow } from '../../src/core/record/what-may-follow.ts'
import { START, failedRecord, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

const next = { key: 'key-2', generation: 2 }

test.each([
  ['an attempt over what is open', pendingRecord(), pendingRecord({ attempts: 2 }), true],
  ['a success over what is open', processingRecord(), succeededRecord(), true],
  ['a failure over what is open', pendingRecord(), failedRecord(), true],
  ['a success that came late over a failure', failedRecord(), succeededRecord(), true],
  ['a result over the fact of a success', succeededRecord(), succeededRecord({ attempts: 2 }), true],
  ['doubt over a success', succeededRecord(), pendingRecord(), false],
  ['a failure over a success', succeededRecord(), failedRecord(), false],
  ['the next key over a failure', failedRecord(), pendingRecord(next), true],
  ['an older key over a failure', failedRecord({ generation: 3 }), pendingRecord(next), false],
  [
    'another key of the same generation over a failure',
    failedRecord(),
    pendingRecord({ key: 'key-2' }),
    false,
  ],
  ['another key over what is open', pendingRecord(), pendingRecord(next), false],
  ['another key over a success', succeededRecord(), pendingRecord(next), false],
  ['what `forget` leaves over a success', succeededRecord(), tombstone(succeededRecord(), START), true],
  ['what `forget` leaves over what is open', processingRecord(), tombstone(processingRecord(), START), true],
])('%s', (_, stored, written, may) => {
  expect(mayFollow(stored, written)).toBe(may)
})
