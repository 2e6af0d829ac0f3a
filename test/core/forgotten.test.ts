import { expect, test } from 'vitest'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { tombstone } from '../../src/core/record/tombstone.ts'
import { forgotten } from '../../src/core/stored/forgotten.ts'
import type { WhichGeneration } from '../../src/core/stored/which-generation.ts'
import { failedRecord, frozen, pendingRecord, processingRecord, START, succeededRecord } from './samples.ts'

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'
const left = tombstone(failedRecord(), START)
type Force = Parameters<typeof forgotten>[1]['force']

const LEFT = {
  state: 'failed',
  key: '',
  failure: { code: 'forgotten', reason: 'the operation was forgotten' },
}

test.each<[string, OperationRecord, Force, WhichGeneration, number]>([
  ['a success', succeededRecord(), 'settled-only', {}, 1],
  ['a failure', failedRecord({ generation: 3 }), 'settled-only', {}, 3],
  ['a success that is named by its key', succeededRecord(), 'settled-only', { key: KEY }, 1],
  ['a success that is named by its number', succeededRecord(), 'settled-only', { generation: 1 }, 1],
  ['an open record by force', pendingRecord({ ambiguous: 1 }), 'force', {}, 1],
  ['what is at work by force', processingRecord(), 'force', { key: KEY }, 1],
])('forget leaves the number of the generation, and no key, of %s', (_, record, force, which, generation) => {
  const after = forgotten(frozen(record), { force, which }, START + 5_000)
  expect(after).toMatchObject({ ...LEFT, generation })
})

test.each<[string, OperationRecord | undefined, Force, WhichGeneration]>([
  ['nothing', undefined, 'settled-only', {}],
  ['nothing, by force', undefined, 'force', { key: KEY }],
  ['what is forgotten', left, 'settled-only', {}],
  ['what is forgotten, named by a key that nobody has any more', left, 'force', { key: KEY }],
])('forget leaves %s as it is', (_, record, force, which) => {
  expect(forgotten(frozen(record), { force, which }, START + 5_000)).toBeUndefined()
})

const STILL_OPEN = { code: 'unresolved', reason: 'the operation is still open', advice: 'open-or-force' }
const OF_ANOTHER_KEY = {
  code: 'conflict',
  reason: 'the call is about another key than the one that is stored now, so nothing was changed',
  advice: 'name-the-key',
}

test.each<[string, OperationRecord, Force, WhichGeneration, object]>([
  [
    'of an open record that nothing was sent of',
    pendingRecord(),
    'settled-only',
    {},
    { ...STILL_OPEN, outcome: 'not-executed' },
  ],
  [
    // The run that holds it may be about to send.
    'of an open record that a run holds',
    pendingRecord({ lease: { runner: 'tab-2', until: START + 60_000 } }),
    'settled-only',
    {},
    { ...STILL_OPEN, outcome: 'unknown' },
  ],
  [
    'of an open record in doubt',
    pendingRecord({ ambiguous: 1 }),
    'settled-only',
    {},
    { ...STILL_OPEN, outcome: 'unknown' },
  ],
  ['of what is at work', processingRecord(), 'settled-only', {}, { ...STILL_OPEN, outcome: 'unknown' }],
  [
    'of another key, over a success',
    succeededRecord(),
    'settled-only',
    { key: 'the first' },
    { ...OF_ANOTHER_KEY, outcome: 'executed' },
  ],
  [
    'of another key, over a failure',
    failedRecord(),
    'force',
    { key: 'the first' },
    { ...OF_ANOTHER_KEY, outcome: 'not-executed' },
  ],
  [
    'of another generation, by force, over an open record: whoever holds it may be about to send',
    pendingRecord({ generation: 2 }),
    'force',
    { generation: 1 },
    { ...OF_ANOTHER_KEY, outcome: 'unknown' },
  ],
  [
    'of another generation than the one that was forgotten: it may have been executed',
    left,
    'force',
    { generation: 2 },
    { ...OF_ANOTHER_KEY, outcome: 'unknown' },
  ],
])('forget is refused %s', (_, record, force, which, refused) => {
  expect(forgotten(frozen(record), { force, which }, START + 5_000)).toEqual({ refused })
})
