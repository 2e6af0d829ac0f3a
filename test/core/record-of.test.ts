import { expect, test } from 'vitest'
import { isRecordOf } from '../../src/core/record/record-of.ts'
import { pendingRecord } from './samples.ts'

const operation = { scope: 'user-7', name: 'place-order', id: 'cart-42' }

test.each([
  ['of this operation', {}, operation, true],
  ['of another user', { scope: 'user-8' }, operation, false],
  ['of another user, whose name differs in case', { scope: 'User-7' }, operation, false],
  ['of an operation of another name', { name: 'pay' }, operation, false],
  ['of another id', { id: 'cart-43' }, operation, false],
  ['of an id that is a number', { id: 42 }, { ...operation, id: 42 }, true],
  ['of a text of the same digits', { id: '42' }, { ...operation, id: 42 }, false],
  ['of no id', { id: null }, { ...operation, id: 'null' }, false],
  [
    'of the same fields in another order',
    { id: { line: 1, cart: '42' } },
    { ...operation, id: { cart: '42', line: 1 } },
    true,
  ],
  ['of a field more', { id: { cart: '42', line: 1 } }, { ...operation, id: { cart: '42' } }, false],
  ['of the same list in another order', { id: [1, 2] }, { ...operation, id: [2, 1] }, false],
])('a record %s', (_, changes, identity, isOf) => {
  expect(isRecordOf(pendingRecord(changes), identity)).toBe(isOf)
})
