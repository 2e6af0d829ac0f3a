import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactCopy } from '../../src/server/run-payload.ts'

/* The value that `run` returns is a copy, and has to be what every repeat reads from the stored JSON. */

test('a copy is what the JSON of the value is parsed to, and only a property named __proto__ stands in the way', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      const text = JSON.stringify(value)
      const parsed: unknown = JSON.parse(text)
      expect(exactCopy(value)).toStrictEqual(text.includes('"__proto__":') ? undefined : parsed)
    }),
    { numRuns: 1_000 },
  )
})

test.each<[string, unknown, unknown]>([
  ['negative zero', [-0], [0]],
  ['a property that is undefined', { a: undefined, b: 1 }, { b: 1 }],
  ['names that are numbers', { b: 1, 2: 'x', 1: 'y' }, { 1: 'y', 2: 'x', b: 1 }],
  ['half a surrogate pair', '\ud800', '\ud800'],
  ['one object twice', [RangeError.prototype.name, [1], [1]], ['RangeError', [1], [1]]],
])('%s is copied as JSON has it', (_, value, copy) => {
  expect(exactCopy(value)).toStrictEqual(copy)
  expect(JSON.stringify(exactCopy(value))).toBe(JSON.stringify(copy))
})

const selfish: unknown[] = []
selfish.push(selfish)

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a number that JSON has not', [Number.NaN]],
  ['a date', { at: new Date(0) }],
  ['a map', new Map()],
  ['a list with a hole', Array(2)],
  ['a list with undefined', [undefined]],
  ['a list with a property of its own', Object.assign([1], { a: 1 })],
  ['an object with toJSON', { toJSON: () => 1 }],
  ['a function', { a: () => {} }],
  ['a bigint', [1n]],
  ['an object without prototype', Object.create(null)],
  ['a property named __proto__', JSON.parse('{"__proto__":{"a":1}}')],
  ['what contains itself', selfish],
])('%s is not copied', (_, value) => {
  expect(exactCopy(value)).toBeUndefined()
})

test('the value and its JSON are of one reading of each property', () => {
  let reads = 0
  const value = {
    get a() {
      reads += 1
      return reads
    },
  }
  expect(exactCopy(value)).toEqual({ a: 1 })
  expect(reads).toBe(1)
})
