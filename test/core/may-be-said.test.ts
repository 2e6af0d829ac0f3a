import { describe, expect, test } from 'vitest'
import type { Doubts } from '../../src/core/record/may-be-said.ts'
import { mayBeSaid, saidInPassing, saidOfRead } from '../../src/core/record/may-be-said.ts'
import { neverSent, tombstone } from '../../src/core/record/tombstone.ts'
import { failedRecord, pendingRecord, processingRecord, START, succeededRecord } from './samples.ts'

const sure: Doubts = {
  isUnread: false,
  isUnacknowledged: false,
  hasLeftBeside: false,
  isHeld: false,
  isKept: false,
  isForgotten: false,
  isOld: false,
}

describe('"not executed" of a record', () => {
  test('is said where nothing speaks against it', () => {
    expect(mayBeSaid('not-executed', sure)).toBe('not-executed')
  })

  test.each([
    ['isUnread'],
    ['isUnacknowledged'],
    ['hasLeftBeside'],
    ['isHeld'],
    ['isKept'],
    ['isForgotten'],
    ['isOld'],
  ] as const)('is unknown where %s', doubt => {
    expect(mayBeSaid('not-executed', { ...sure, [doubt]: true })).toBe('unknown')
  })

  test('a proof of success stays one whatever else is in doubt', () => {
    expect(mayBeSaid('executed', { ...sure, isUnread: true, isOld: true })).toBe('executed')
  })
})

const lease = { runner: 'tab-2', until: START }
const request = { url: 'https://shop.test/orders', headers: {} }

test.each([
  ['nobody holds, and nothing was sent', pendingRecord(), 'not-executed', 'unknown'],
  ['somebody holds, by a lease that has run out', pendingRecord({ lease }), 'unknown', 'unknown'],
  ['a resume would send, by its stored request', pendingRecord({ request }), 'unknown', 'unknown'],
  ['may have executed', pendingRecord({ sent: 1, ambiguous: 1 }), 'unknown', 'unknown'],
  ['the server is at work on', processingRecord(), 'unknown', 'unknown'],
  ['was refused', failedRecord(), 'not-executed', 'not-executed'],
  ['was executed', succeededRecord(), 'executed', 'executed'],
  ['was forgotten', tombstone(succeededRecord(), START), 'unknown', 'unknown'],
  [
    'was cancelled before anything was sent',
    neverSent(undefined, { scope: 'user-7', name: 'place-order', id: 'cart-42' }, START),
    'not-executed',
    'not-executed',
  ],
] as const)('of what %s', (_, record, read, inPassing) => {
  expect(saidOfRead(record)).toBe(read)
  expect(saidInPassing(record)).toBe(inPassing)
})
