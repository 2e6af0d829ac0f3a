import { describe, expect, test } from 'vitest'
import {
  afterConflict,
  conflictElsewhere,
  conflictMistaken,
  conflictOf,
  conflictUnanswered,
  mayAskOnConflict,
} from '../../src/core/run/after-conflict.ts'
import type { End } from '../../src/core/run/end.ts'
import { failedRecord, succeededRecord } from './samples.ts'

const failedAs = (code: 'conflict' | 'rejected'): End => ({
  kind: 'failed',
  record: failedRecord({ failure: { code, reason: '409' } }),
})
const stoppedAs = (code: 'conflict' | 'unresolved', outcome: 'unknown' | 'executed'): End => ({
  kind: 'stopped',
  code,
  outcome,
  reason: '412',
})

describe('a conflict is', () => {
  test.each<[string, End, ReturnType<typeof conflictOf>]>([
    ['proven where the operation was refused by it', failedAs('conflict'), 'proven'],
    ['not proven where nobody knows whose the change is', stoppedAs('conflict', 'unknown'), 'unproven'],
    ['none where the operation is executed', stoppedAs('conflict', 'executed'), undefined],
    ['none where it was refused otherwise', failedAs('rejected'), undefined],
    ['none where the run stopped otherwise', stoppedAs('unresolved', 'unknown'), undefined],
    ['none after a success', { kind: 'executed', record: succeededRecord(), replayed: false }, undefined],
  ])('%s', (_, end, conflict) => {
    expect(conflictOf(end)).toBe(conflict)
  })
})

test.each([
  ['in its turns', {}, true],
  ['not after the last turn', { turn: 4 }, false],
  ['not once the call is stopped', { isStopped: true }, false],
  ['not at the deadline', { remainingMs: 0 }, false],
])('onConflict is asked %s', (_, changes, may) => {
  expect(mayAskOnConflict({ turn: 3, conflictTurns: 3, isStopped: false, remainingMs: 1, ...changes })).toBe(
    may,
  )
})

test.each([
  ['proven', 'ours', 'settle'],
  ['proven', 'others', 'begin-over'],
  ['proven', 'input', 'begin-over'],
  ['unproven', 'ours', 'settle'],
  ['unproven', 'others', 'write-proof-and-begin-over'],
  ['unproven', 'input', 'mistake'],
] as const)('after a conflict that is %s, and a change that is %s: %s', (conflict, whose, follows) => {
  expect(afterConflict(conflict, whose)).toBe(follows)
})

test('the ends after a conflict say what is known of the operation, and why no more was done', () => {
  const fault = { reason: 'the account is another one', advice: 'same-account' } as const
  expect(conflictElsewhere(fault, 'unknown')).toEqual({
    kind: 'stopped',
    code: 'conflict',
    reason: 'after a conflict, the account is another one',
    outcome: 'unknown',
    advice: 'same-account',
  })
  const error = { message: 'onConflict: threw', cause: 'the cart' }
  expect(conflictMistaken(error, 'unknown')).toEqual({
    kind: 'stopped',
    code: 'configuration',
    reason: 'onConflict: threw',
    outcome: 'unknown',
    cause: 'the cart',
  })
  expect(conflictUnanswered(error, 'thrown', 'not-executed')).toEqual({
    kind: 'stopped',
    code: 'conflict',
    reason: 'onConflict: threw',
    outcome: 'not-executed',
    cause: 'thrown',
  })
})
