import { expect, test } from 'vitest'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { anothersChange, isSettledAs, ownChange } from '../../src/core/stored/found-out.ts'
import { failedRecord, frozen, pendingRecord, START, succeededRecord } from './samples.ts'

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'
const result = { form: 'data', text: '{"order":9}', replayed: true } as const
const failure = { code: 'conflict', reason: 'the change that stood in the way is not its own' } as const

test.each<[string, OperationRecord | undefined, string | undefined]>([
  ['an open record of its key', pendingRecord({ ambiguous: 1 }), 'succeeded'],
  ['a failure of its key', failedRecord(), 'succeeded'],
  ['a success of its key', succeededRecord(), 'succeeded'],
  ['a record of the next key', pendingRecord({ key: 'the next', generation: 2 }), undefined],
  ['nothing', undefined, undefined],
])('a change that is its own over %s', (_, stored, state) => {
  expect(ownChange(frozen(stored), { key: KEY, result }, START + 5_000)?.state).toBe(state)
})

const lease = { runner: 'tab-2', until: START + 60_000 }

test.each<[string, OperationRecord | undefined, string | undefined]>([
  ['an open record as the run left it', pendingRecord({ attempts: 1, ambiguous: 1 }), 'failed'],
  ['an open record of which another attempt was begun since', pendingRecord({ attempts: 2 }), undefined],
  ['an open record that another runner holds', pendingRecord({ attempts: 1, lease }), undefined],
  ['a success of its key', succeededRecord(), undefined],
  ['a record of the next key', pendingRecord({ attempts: 1, key: 'the next', generation: 2 }), undefined],
  ['nothing', undefined, undefined],
])("a change that is another's over %s", (_, stored, state) => {
  const record = { key: KEY, attempts: 1 }
  const isFree = (held: unknown) => held === undefined
  const after = anothersChange(frozen(stored), { record, failure, isFree }, START + 5_000)
  expect(after?.state).toBe(state)
})

test.each<[string, OperationRecord | undefined, boolean, boolean]>([
  ['a success of its key', succeededRecord(), true, false],
  ['a failure of its key', failedRecord(), false, true],
  ['an open record of its key', pendingRecord(), false, false],
  ['a success of the next key', succeededRecord({ key: 'the next' }), false, false],
  ['a failure of the next key', failedRecord({ key: 'the next' }), false, false],
  ['nothing', undefined, false, false],
])('what was found out is stored where the store has %s', (_, stored, isExecuted, isRefused) => {
  expect(isSettledAs(stored, KEY, 'succeeded')).toBe(isExecuted)
  expect(isSettledAs(stored, KEY, 'failed')).toBe(isRefused)
})
