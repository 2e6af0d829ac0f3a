import { expect, test } from 'vitest'
import type { Found, Seeker } from '../../src/core/run/finding.ts'
import { find, isRemembered } from '../../src/core/run/finding.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { tombstone } from '../../src/core/record/tombstone.ts'
import { START, failedRecord, frozen, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

const caller: Seeker = {
  mode: 'run',
  fingerprint: 'f1',
  before: undefined,
  seen: undefined,
  hasActed: false,
  begunGeneration: Number.POSITIVE_INFINITY,
  looks: 0,
  isStopped: false,
  nowAt: START + 1_000,
  remainingMs: 120_000,
  isFree: true,
  rememberMs: 86_400_000,
  hasStatus: false,
}
const asks: Partial<Seeker> = { mode: 'ask', fingerprint: undefined }
const resumes: Partial<Seeker> = { mode: 'resume' }

const open = pendingRecord({ attempts: 1 })
const failed = failedRecord()
const forgotten = tombstone(pendingRecord(), START)
const sealed = failedRecord({ failure: { code: 'sealed', reason: 'it was cancelled' } })
const result = { form: 'body', text: '{}', replayed: false } as const
const executed = succeededRecord({ settledAt: START, result })
const fact = succeededRecord({ settledAt: START, result: undefined })
const anotherLine = pendingRecord({ key: 'key-9', line: 'key-8' })

const nothing: Found = { kind: 'unresolved', reason: 'nothing is stored of this operation' }
const dropped = (about: OperationRecord | undefined, reason: string): Found => ({
  kind: 'dropped',
  about,
  reason,
})
const hasGone = 'the record was dropped'
const hasBegun = 'the record was dropped, and the operation was begun again'

test.each<[string, OperationRecord | undefined, Partial<Seeker>, Found]>([
  ['nothing: a call begins', undefined, {}, { kind: 'begin', after: undefined }],
  ['nothing: who only asks is told so', undefined, asks, nothing],
  ['nothing: a resume does not begin', undefined, resumes, nothing],
  ['nothing: a call without a request', undefined, { fingerprint: undefined }, nothing],
  [
    'nothing: a call that was stopped',
    undefined,
    { isStopped: true },
    { kind: 'stopped', reason: 'the call was stopped before the operation was begun' },
  ],
  ['nothing any more: it was dropped', undefined, { before: open }, dropped(open, hasGone)],
  ['another line: it was dropped, and begun anew', anotherLine, { seen: open }, dropped(open, hasBegun)],
  ['the failure of another line', failedRecord({ key: 'key-9' }), { seen: open }, dropped(open, hasBegun)],
  [
    'a success of another line: the operation is executed',
    succeededRecord({ key: 'key-9', result, settledAt: START }),
    { seen: open },
    { kind: 'settled' },
  ],
  ['a success with its result', executed, {}, { kind: 'settled' }],
  ['a success with its result, for who asks', executed, asks, { kind: 'settled' }],
  [
    'a success whose result is too old',
    executed,
    { nowAt: START + 86_400_000, hasStatus: true },
    { kind: 'ask-for-result', record: executed },
  ],
  ['the fact of a success', fact, { hasStatus: true }, { kind: 'ask-for-result', record: fact }],
  ['the fact of a success, and nobody to ask', fact, {}, { kind: 'settled' }],
  [
    'a success of another payload',
    executed,
    { fingerprint: 'f2' },
    { kind: 'mismatch', reason: 'the operation was begun with another payload' },
  ],
  [
    'what is open of another payload',
    open,
    { fingerprint: 'f2' },
    { kind: 'mismatch', reason: 'the operation was begun with another payload' },
  ],
  [
    'what is open at another origin',
    open,
    {
      fingerprint: 'f2',
      target: { method: 'POST', origin: 'https://other.example', path: '/orders', queryHash: '' },
    },
    {
      kind: 'unresolved',
      reason:
        'the operation was begun at https://shop.test, and its request goes to https://other.example now',
      advice: 'same-origin',
    },
  ],
  [
    'a success at another origin',
    executed,
    {
      fingerprint: 'f2',
      target: { method: 'POST', origin: 'https://other.example', path: '/orders', queryHash: '' },
    },
    {
      kind: 'mismatch',
      reason:
        'the operation was begun at https://shop.test, and its request goes to https://other.example now',
      advice: 'same-origin',
    },
  ],
  [
    'what is open at another URL: another id would do the same once more',
    open,
    {
      fingerprint: 'f2',
      target: { method: 'POST', origin: 'https://shop.test', path: '/v2/orders', queryHash: '' },
    },
    {
      kind: 'mismatch',
      reason: 'the operation was begun with another method or URL',
      advice: 'settle-or-other-id',
    },
  ],
  [
    'another body at the same place',
    open,
    { fingerprint: 'f2', target: open.target },
    { kind: 'mismatch', reason: 'the operation was begun with another payload' },
  ],
  [
    'what was concluded from outside, of no payload',
    succeededRecord({ fingerprint: '', result, settledAt: START }),
    {},
    { kind: 'settled' },
  ],
  ['a failure, seen at once: the next generation', failed, {}, { kind: 'begin', after: failed }],
  [
    'a failure of another payload: the next generation',
    failed,
    { fingerprint: 'f2' },
    { kind: 'begin', after: failed },
  ],
  ['a failure, for who only asks', failed, asks, { kind: 'settled' }],
  ['a failure, for a resume', failed, resumes, { kind: 'settled' }],
  ['a failure after waiting for its runner', failed, { looks: 1 }, { kind: 'settled' }],
  ['a failure of what this run was at', failed, { hasActed: true }, { kind: 'settled' }],
  ['a failure of what this run began', failed, { begunGeneration: 1 }, { kind: 'settled' }],
  [
    'a failure, and the call was stopped',
    failed,
    { isStopped: true },
    { kind: 'stopped', reason: 'the call was stopped before the operation was begun' },
  ],
  ['what was forgotten: a call begins', forgotten, {}, { kind: 'begin', after: forgotten as never }],
  ['what was forgotten, for who only asks', forgotten, asks, nothing],
  [
    'what was forgotten while this run was at it',
    forgotten,
    { hasActed: true, before: open },
    dropped(open, 'the operation was forgotten'),
  ],
  ['what was sealed: a call begins', sealed, {}, { kind: 'begin', after: sealed }],
  [
    'what was sealed while this run was at it',
    sealed,
    { hasActed: true },
    { kind: 'sealed', reason: 'it was cancelled' },
  ],
  ['what is open and free', open, {}, { kind: 'claim', record: open }],
  ['what is at work and free', processingRecord(), asks, { kind: 'claim', record: processingRecord() }],
  [
    'what is open, and the call was stopped',
    open,
    { isStopped: true },
    { kind: 'stopped', reason: 'the call was stopped before it went on with the operation' },
  ],
  ['what another holds', open, { isFree: false }, { kind: 'wait' }],
  [
    'what another holds, to the deadline',
    open,
    { isFree: false, remainingMs: 0 },
    {
      kind: 'unresolved',
      reason: 'another tab or process is working on the operation, and the deadline has passed',
    },
  ],
])('%s', (_, record, changes, found) => {
  const given = frozen({ record, seeker: { ...caller, ...changes } })
  expect(find(given.record, given.seeker)).toStrictEqual(found)
})

test('a result is remembered until its time', () => {
  expect(isRemembered(executed, { nowAt: START + 999, rememberMs: 1_000 })).toBe(true)
  expect(isRemembered(executed, { nowAt: START + 1_000, rememberMs: 1_000 })).toBe(false)
  expect(isRemembered(fact, { nowAt: START, rememberMs: 1_000 })).toBe(false)
})
