import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, canonicalParts } from '../../src/core/names/canonical-json.ts'
import { jsonOfTexts } from '../../src/core/names/long-json.ts'

describe('a JSON value has one text', () => {
  test.each([
    ['null', null, 'null'],
    ['true', true, 'true'],
    ['a number', 1.5, '1.5'],
    ['zero and minus zero', -0, '0'],
    ['a large number', 1e21, '1e+21'],
    ['a string', 'a"b', '"a\\"b"'],
    ['a string that looks like a number', '1', '"1"'],
    ['a lone surrogate', '\ud800', '"\\ud800"'],
    ['an empty list', [], '[]'],
    ['a list, in its order', [2, [1], 'x'], '[2,[1],"x"]'],
    ['an empty object', {}, '{}'],
    ['an object, by its names', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    ['names by their code units', { é: 1, z: 2, Z: 3, 10: 4, 9: 5 }, '{"10":4,"9":5,"Z":3,"z":2,"é":1}'],
    ['without what is undefined', { a: undefined, b: 1 }, '{"b":1}'],
    ['of an object without a prototype', Object.assign(Object.create(null), { b: 1, a: 2 }), '{"a":2,"b":1}'],
    [
      'of an instance of a class',
      new (class Cart {
        readonly id = 7
      })(),
      '{"id":7}',
    ],
    ['of a date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['of what names its own JSON', { toJSON: () => ({ b: 1, a: 2 }) }, '{"a":2,"b":1}'],
    ['of a property that is called toJSON', { toJSON: 1 }, '{"toJSON":1}'],
    ['of a property that is called __proto__', JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
    ['of one value in two places', [[1], [1]], '[[1],[1]]'],
  ])('%s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test('though one object stands in it twice', () => {
    const line = { sku: 'x' }
    expect(canonicalJson({ first: line, second: line })).toBe('{"first":{"sku":"x"},"second":{"sku":"x"}}')
  })
})

describe('a long text is written in parts, and is the same text', () => {
  const dice = '🎲'.repeat(40_000)
  test.each<[string, unknown]>([
    ['plain', 'x'.repeat(100_000)],
    ['with quotes', 'a"\\'.repeat(30_000)],
    ['of surrogate pairs', dice],
    ['of surrogate pairs that begin at an odd place', `x${dice}`],
    ['with halves of surrogate pairs', `\ud83d${dice}\udfb2`.repeat(2)],
    ['of halves only', '\ud83d'.repeat(70_000)],
    ['within an object', { list: ['z'.repeat(70_000)], note: `y${dice}` }],
    ['of many short values', Array.from({ length: 20_000 }, (_, index) => `"${index}"`)],
  ])('%s', (_, value) => {
    const whole = JSON.stringify(value)
    const listed = JSON.stringify(['POST', whole, 'end'])
    expect(canonicalParts(value).join('') === whole).toBe(true)
    for (const text of [whole, canonicalParts(value)])
      expect([...jsonOfTexts(['POST', text, 'end'])].join('') === listed).toBe(true)
  })
})

function cyclicList(): unknown[] {
  const list: unknown[] = []
  list.push([list])
  return list
}

function cyclicObject(): object {
  const cart: { self?: { cart: object } } = {}
  cart.self = { cart }
  return cart
}

describe('what JSON cannot hold is refused, with its place', () => {
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'it is undefined, which JSON cannot hold'],
    ['NaN', Number.NaN, 'it is NaN, which JSON cannot hold'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, 'a is Infinity, which JSON cannot hold'],
    ['a bigint', { a: { b: 1n } }, 'a.b is a bigint, which JSON cannot hold'],
    ['a function', { a: [() => 1] }, 'a[0] is a function, which JSON cannot hold'],
    ['a bigint in a list', [{ a: { b: 1n } }], '[0].a.b is a bigint, which JSON cannot hold'],
    ['a symbol', [[Symbol('s')]], '[0][0] is a symbol, which JSON cannot hold'],
    ['undefined in a list', [1, undefined], '[1] is undefined, which JSON cannot hold'],
    // eslint-disable-next-line no-sparse-arrays -- a hole is what this is about
    ['a hole in a list', [1, , 2], '[1] is undefined, which JSON cannot hold'],
    [
      'a list of holes',
      { a: Array.from({ length: 2 }).fill(undefined) },
      'a[0] is undefined, which JSON cannot hold',
    ],
    ['a Map: all of them would be {}', { a: new Map([[1, 2]]) }, 'a is of class Map, which JSON cannot hold'],
    ['a Set', new Set([1]), 'it is of class Set, which JSON cannot hold'],
    ['a pattern', { a: /x/ }, 'a is of class RegExp, which JSON cannot hold'],
    ['bytes', { a: new Uint8Array(2) }, 'a is of class Uint8Array, which JSON cannot hold'],
    ['an error', new Error('x'), 'it is of class Error, which JSON cannot hold'],
    ['a list that contains itself', cyclicList(), '[0][0] contains itself'],
    ['an object that contains itself', cyclicObject(), 'self.cart contains itself'],
    ['a date that is none', { at: { toJSON: () => Number.NaN } }, 'at is NaN, which JSON cannot hold'],
    [
      'an object that names itself as its JSON',
      {
        toJSON(): unknown {
          return this
        },
      },
      'toJSON is a function, which JSON cannot hold',
    ],
    ['an invalid Date', { at: new Date(Number.NaN) }, 'at is an invalid Date, which JSON cannot hold'],
  ])('%s', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(new TypeError(message))
  })
})

test('a toJSON is asked as JSON.stringify asks it: once, with the name, of lists too', () => {
  class Money {
    readonly amount = '1.10'
    toJSON(name: string): unknown {
      return { name, toJSON: undefined, amount: this.amount }
    }
  }
  class Itself {
    readonly own = 1
    toJSON(): this {
      return this
    }
  }
  const list = Object.assign([1], { toJSON: (name: string) => `list ${name}` })
  const value = { a: new Money(), b: [new Money()], c: new Itself(), list, none: { toJSON: () => undefined } }

  expect(canonicalJson(value)).toBe(
    '{"a":{"amount":"1.10","name":"a"},"b":[{"amount":"1.10","name":"0"}],"c":{"own":1},"list":"list list"}',
  )
})

/** Small names and values, so that near misses are frequent. */
const values = fc.jsonValue({
  depthSize: 'small',
  stringUnit: fc.constantFrom('a', 'b', '1', '"', '\\', ',', ':', '\ud800'),
})

/** The same value with every object's names in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (typeof value !== 'object' || value === null) return value
  const properties = Object.entries(value).toReversed()
  return Object.fromEntries(properties.map(([name, property]) => [name, reordered(property)]))
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one === other
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other)
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every(
    name => Object.hasOwn(other, name) && isSame(Reflect.get(one, name), Reflect.get(other, name)),
  )
}

describe('of all JSON values', () => {
  test('those that are the same have the same text, whatever the order of their names', () => {
    fc.assert(fc.property(values, value => canonicalJson(reordered(value)) === canonicalJson(value)))
  })

  test('those that are not have another', () => {
    fc.assert(
      fc.property(
        values,
        values,
        (one, other) => (canonicalJson(one) === canonicalJson(other)) === isSame(one, other),
      ),
      { numRuns: 5_000 },
    )
  })

  test('each is what its text says', () => {
    // Without escapes: V8 13.6 (Node 24) reads {"\n":1} as {"\\":1} when it has read {"\\":1} before.
    const plain = fc.jsonValue({ stringUnit: fc.constantFrom('a', 'b', '1', ',', ':', 'é') })
    fc.assert(fc.property(plain, value => isSame(JSON.parse(canonicalJson(value)), value)))
  })
})
