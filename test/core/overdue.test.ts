import { expect, test } from 'vitest'
import type { End } from '../../src/core/run/end.ts'
import type { OverdueGets } from '../../src/core/run/overdue.ts'
import { gotWhenOverdue, isOverdue, letsGoWhenOverdue } from '../../src/core/run/overdue.ts'
import { failedRecord, succeededRecord } from './samples.ts'

const executed: End = { kind: 'executed', record: succeededRecord(), replayed: true }
const proven: End = { kind: 'executed', record: succeededRecord(), replayed: false }
const failed: End = { kind: 'failed', record: failedRecord() }
const stopped: End = { kind: 'stopped', code: 'unresolved', reason: 'no more attempts', outcome: 'unknown' }

test.each<[string, End | undefined, End | undefined, OverdueGets]>([
  [
    'whose run goes on gets unknown',
    undefined,
    undefined,
    { gets: 'unknown', reason: 'the deadline has passed, and the store or a callback has not come back' },
  ],
  ['whose run has proven a success gets it', undefined, proven, { gets: 'success', end: proven }],
  [
    'whose success is only held up by `response` gets it without its result',
    executed,
    proven,
    { gets: 'success-without-result', replayed: true },
  ],
  [
    'whose run has failed, while `onConflict` hangs, gets that',
    failed,
    undefined,
    { gets: 'end', end: failed },
  ],
  ['whose run has stopped gets that', stopped, undefined, { gets: 'end', end: stopped }],
])('a call %s when its time is up', (_, ended, known, gets) => {
  expect(gotWhenOverdue({ ended, proven: known })).toEqual(gets)
})

test.each<[string, End | undefined, boolean]>([
  ['has ended lets go of the operation', stopped, true],
  ['goes on keeps the operation: its store may still write', undefined, false],
])('a run that %s when the time of its callers is up', (_, ended, letsGo) => {
  expect(letsGoWhenOverdue({ ended })).toBe(letsGo)
})

test.each<[string, number, number, boolean]>([
  ['before the deadline is not up', 1, 0, false],
  ['at the deadline is up', 0, 0, true],
  ['a whole timeout later is up', -30_000, 30_000, true],
  ['after a sleep is not up: the run has not had its turn', -600_000, 30_001, false],
])('the time of a call %s', (_, remainingMs, lateMs, isUp) => {
  expect(isOverdue({ remainingMs, lateMs, timeoutMs: 30_000 })).toBe(isUp)
})
