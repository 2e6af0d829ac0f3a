import { describe, expect, test } from 'vitest'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { neverSent, tombstone } from '../../src/core/record/tombstone.ts'
import type { Conclusive } from '../../src/core/stored/concluded.ts'
import { concluded } from '../../src/core/stored/concluded.ts'
import { failedRecord, frozen, pendingRecord, processingRecord, START, succeededRecord } from './samples.ts'

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'
const executed: Conclusive['told'] = {
  kind: 'executed',
  result: { form: 'data', text: '{"order":9}', replayed: true },
}
const notExecuted: Conclusive['told'] = {
  kind: 'not-executed',
  failure: { code: 'rejected', reason: '`conclude` said that the operation was not executed' },
}
const begins: Conclusive['begins'] = {
  v: 1,
  scope: 'user-7',
  name: 'place-order',
  id: 'cart-42',
  generation: 1,
  key: 'key-of-the-call',
  fingerprint: '',
  bodyHash: '',
  target: { method: '', origin: '', path: '', queryHash: '', profile: 'plain', account: '' },
  at: START,
}
const told = (changes: Partial<Conclusive> = {}): Conclusive => ({
  told: executed,
  which: {},
  path: 'operation(place-order).conclude',
  begins: undefined,
  ...changes,
})
const conclude = (record: OperationRecord | undefined, conclusion: Conclusive) =>
  concluded(frozen(record), conclusion, START + 5_000)

const OF_ANOTHER_KEY = {
  code: 'conflict',
  reason: 'the call is about another key than the one that is stored now, so nothing was changed',
  advice: 'name-the-key',
}

describe('a conclusion is written over', () => {
  test.each<[string, OperationRecord, Partial<Conclusive>, object]>([
    ['an open record: executed', pendingRecord({ ambiguous: 1 }), {}, { state: 'succeeded' }],
    [
      'an open record: not executed, with its reason',
      processingRecord(),
      { told: notExecuted },
      {
        state: 'failed',
        failure: { code: 'rejected', reason: '`conclude` said that the operation was not executed' },
      },
    ],
    [
      'a failed record that was executed all the same',
      failedRecord(),
      {},
      { state: 'succeeded', key: KEY, generation: 1 },
    ],
    [
      'the second generation, which is named by its number',
      pendingRecord({ generation: 2 }),
      { told: notExecuted, which: { generation: 2 } },
      { state: 'failed', generation: 2 },
    ],
    [
      'the second generation, which is named by its key',
      pendingRecord({ generation: 2 }),
      { told: notExecuted, which: { key: KEY } },
      { state: 'failed', generation: 2 },
    ],
    [
      'the second generation, unnamed: executed',
      pendingRecord({ generation: 2 }),
      {},
      { state: 'succeeded' },
    ],
    [
      'a success without a result, which it has now',
      succeededRecord({ result: undefined }),
      {},
      { state: 'succeeded', result: { form: 'data', text: '{"order":9}', replayed: true } },
    ],
  ])('%s', (_, record, changes, expected) => {
    expect(conclude(record, told(changes))).toMatchObject(expected)
  })

  test('a success that has its result leaves it as it is', () => {
    const record = succeededRecord()
    expect(conclude(record, told())).toMatchObject({ result: { text: '{"order":9}', form: 'body' } })
  })
})

describe('a conclusion is refused', () => {
  test.each<[string, OperationRecord, Partial<Conclusive>, object, boolean]>([
    [
      'over a success: nothing undoes it',
      succeededRecord(),
      { told: notExecuted },
      {
        code: 'already-executed',
        outcome: 'executed',
        reason: 'the operation is proven to be executed, which nothing can undo',
      },
      false,
    ],
    [
      'of a key that is not stored, executed, over an open record: both may have happened',
      pendingRecord({ generation: 2 }),
      { which: { key: 'the first' } },
      { ...OF_ANOTHER_KEY, outcome: 'unknown' },
      true,
    ],
    [
      'of a generation that is over, executed, over a failure: the failure proves nothing of the other one',
      failedRecord({ generation: 2 }),
      { which: { generation: 1 } },
      { ...OF_ANOTHER_KEY, outcome: 'unknown' },
      true,
    ],
    [
      'of a generation that is over, executed, over a success',
      succeededRecord({ generation: 2 }),
      { which: { generation: 1 } },
      { ...OF_ANOTHER_KEY, outcome: 'executed' },
      true,
    ],
    [
      'of a generation that is over, not executed, over a failure',
      failedRecord({ generation: 2 }),
      { told: notExecuted, which: { generation: 1 } },
      { ...OF_ANOTHER_KEY, outcome: 'not-executed' },
      false,
    ],
    [
      'of a generation that is over, not executed, over an open record: whoever holds it may be about to send',
      pendingRecord({ generation: 2 }),
      { told: notExecuted, which: { generation: 1 } },
      { ...OF_ANOTHER_KEY, outcome: 'unknown' },
      false,
    ],
    [
      'unnamed, not executed, once there was more than one key',
      pendingRecord({ generation: 2 }),
      { told: notExecuted },
      {
        code: 'configuration',
        outcome: 'unknown',
        reason:
          'operation(place-order).conclude: this operation has had more than one key: give the { key } or { generation } that was not executed',
      },
      false,
    ],
    [
      'of the key that was forgotten',
      tombstone(failedRecord(), START),
      { which: { key: KEY } },
      { ...OF_ANOTHER_KEY, outcome: 'unknown' },
      true,
    ],
    [
      'of the generation that was forgotten, also where it may begin',
      tombstone(failedRecord(), START),
      { which: { generation: 1 }, begins },
      { ...OF_ANOTHER_KEY, outcome: 'unknown' },
      true,
    ],
  ])('%s', (_, record, changes, refused, isLate) => {
    expect(conclude(record, told(changes))).toEqual({ refused, ...(isLate && { late: record }) })
  })

  test.each<[string, OperationRecord | undefined]>([
    ['where nothing is stored', undefined],
    ['of what was forgotten, unnamed', tombstone(failedRecord(), START)],
  ])('%s', (_, record) => {
    expect(conclude(record, told())).toEqual({
      refused: {
        code: 'configuration',
        outcome: 'unknown',
        reason:
          'operation(place-order).conclude: nothing is stored of this operation, so nothing was written: look at scope, name and id, or give { begin: true } to write the operation down',
      },
    })
  })
})

describe('a conclusion that may begin', () => {
  test.each<[string, OperationRecord | undefined, Partial<Conclusive>, number]>([
    ['writes the first generation where nothing is stored', undefined, {}, 1],
    ['writes the generation that it names', undefined, { which: { generation: 3 } }, 3],
    ['writes the next generation after one that was forgotten', tombstone(failedRecord(), START), {}, 2],
  ])('%s', (_, record, changes, generation) => {
    expect(conclude(record, told({ begins, ...changes }))).toMatchObject({
      state: 'succeeded',
      key: 'key-of-the-call',
      generation,
      settledAt: START + 5_000,
    })
  })

  test('writes nothing of what did not happen', () => {
    expect(conclude(undefined, told({ begins, told: notExecuted }))).toBeUndefined()
  })
})

test('what a cancel left before the first send takes no conclusion about a key', () => {
  const { scope, name, id } = pendingRecord()
  const left = neverSent(undefined, { scope, name, id }, START)
  expect(conclude(left, told({ which: { key: KEY } }))).toEqual({
    refused: { ...OF_ANOTHER_KEY, outcome: 'unknown' },
    late: left,
  })
})
