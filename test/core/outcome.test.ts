import { describe, expect, test } from 'vitest'
import { mayHaveExecuted, outcomeOf } from '../../src/core/record/outcome.ts'
import { START, failedRecord, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

const inFlight = { runner: 'tab-1', at: START }

describe('the outcome of an operation', () => {
  test.each([
    ['without a record nothing was sent', undefined, 'not-executed'],
    ['a success is executed', succeededRecord(), 'executed'],
    ['a success stays executed whatever else was ambiguous', succeededRecord({ ambiguous: 3 }), 'executed'],
    ['a proven failure is not executed', failedRecord(), 'not-executed'],
    [
      'a proven failure speaks for the ambiguous attempts before it',
      failedRecord({ ambiguous: 2 }),
      'not-executed',
    ],
    ['work under way is unknown', processingRecord(), 'unknown'],
    ['work that is only supposed to be under way is unknown', processingRecord({ ambiguous: 0 }), 'unknown'],
    ['nothing sent is not executed', pendingRecord(), 'not-executed'],
    ['clear refusals are not executed', pendingRecord({ attempts: 3, sent: 3 }), 'not-executed'],
    ['one ambiguous attempt is unknown', pendingRecord({ attempts: 3, sent: 3, ambiguous: 1 }), 'unknown'],
    ['an attempt that nobody told about is unknown', pendingRecord({ attempts: 1, inFlight }), 'unknown'],
  ] as const)('%s', (_, record, outcome) => {
    expect(outcomeOf(record)).toBe(outcome)
  })
})

describe('whether something may have executed', () => {
  test.each([
    ['a success has', succeededRecord(), true],
    ['a proven failure has not', failedRecord({ ambiguous: 2 }), false],
    ['work under way may', processingRecord(), true],
    ['work that is only supposed may', processingRecord({ ambiguous: 0 }), true],
    ['nothing sent cannot', pendingRecord(), false],
    ['clear refusals cannot', pendingRecord({ attempts: 3, sent: 3 }), false],
    ['an ambiguous attempt may', pendingRecord({ attempts: 1, sent: 1, ambiguous: 1 }), true],
    ['an attempt in flight may', pendingRecord({ attempts: 1, inFlight }), true],
  ] as const)('%s', (_, record, expected) => {
    expect(mayHaveExecuted(record)).toBe(expected)
  })
})
