import { expect, test } from 'vitest'
import { isSameWriter, whatBecameOf } from '../../src/core/record/own-write.ts'

const own = { writer: { runner: 'tab-1', write: 7 } }
const earlier = { writer: { runner: 'tab-1', write: 6 } }
const others = { writer: { runner: 'tab-2', write: 7 } }

test.each([
  ['the store shows it, though it rejected', own, 'changed', 'written'],
  ['the store shows it under the version of before', own, 'unchanged', 'written'],
  ['the store shows it, though it gave no version', own, 'refused', 'written'],
  ["another's has come since", others, 'changed', 'lost'],
  ["another's came first", others, 'refused', 'lost'],
  ['an earlier one of its own came between', earlier, 'changed', 'lost'],
  ['what stood there before stands there still', earlier, 'unchanged', 'failed'],
  ['nothing is there, as before', undefined, 'unchanged', 'failed'],
  ['the record has gone meanwhile', undefined, 'changed', 'lost'],
  ['the record had gone before', undefined, 'refused', 'lost'],
] as const)('a write without acknowledgement: %s', (_, stored, after, became) => {
  expect(whatBecameOf(own, stored, after)).toBe(became)
})

test('two records are of one write only where both runner and number are the same', () => {
  expect(isSameWriter(own.writer, { runner: 'tab-1', write: 7 })).toBe(true)
  expect(isSameWriter(own.writer, earlier.writer)).toBe(false)
  expect(isSameWriter(own.writer, others.writer)).toBe(false)
  expect(isSameWriter(own.writer, undefined)).toBe(false)
  expect(isSameWriter(undefined, undefined)).toBe(true)
})
