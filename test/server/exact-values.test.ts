import { expect, test } from 'vitest'
import { isExact } from '../../src/server/run-payload.ts'

class Money {
  readonly amount = 1
}

class Items extends Array<number> {}

/* What is exact is looked at no further: nothing that JSON would blur, or write in part, may count as that. */

test.each([
  ['a text', 'tea', true],
  ['a number', 4.5, true],
  ['null', null, true],
  ['data', { item: 'tea', parts: [1, { of: null }], left: undefined, ok: true }, true],
  ['an empty list', [], true],
  ['NaN', Number.NaN, false],
  ['a number that is none, in a list', [[Number.POSITIVE_INFINITY]], false],
  ['undefined in a list', [1, undefined], false],
  ['a hole', Array.from({ length: 2 }), false],
  ['a list with a name of its own', Object.assign([1], { name: 'x' }), false],
  ['a list of a class', Items.of(1), false],
  ['a class', new Money(), false],
  ['a class within', { paid: [new Money()] }, false],
  ['a Map', new Map([[1, 2]]), false],
  ['a Date', new Date(0), false],
  ['a Date that is none', { at: new Date(Number.NaN) }, false],
  ['a toJSON', { toJSON: () => 1 }, false],
  ['a tag of its own', { [Symbol.toStringTag]: 'Map' }, false],
  ['a function', { run: () => 1 }, false],
  ['a symbol', { name: Symbol('x') }, false],
  ['a bigint', 1n, false],
  ['undefined', undefined, false],
])('%s', (_name, value, expected) => {
  expect(isExact(value)).toBe(expected)
})
