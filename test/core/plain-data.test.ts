import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { idPart } from '../../src/core/names/id-part.ts'
import { NotPlain, plainText } from '../../src/core/names/plain-data.ts'

class Money {
  readonly amount = 1
}
class Zoned extends Date {
  override toISOString() {
    return 'elsewhere'
  }
}
class List extends Array<number> {}

function within(value: unknown) {
  return { order: { parts: [0, value] } }
}

describe('plain data has one text', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'cart-42', '"cart-42"'],
    ['a number', 42.5, '42.5'],
    ['the greatest safe number', 2 ** 53 - 1, '9007199254740991'],
    ['a boolean', false, 'false'],
    ['null within', { shop: null }, '{"shop":null}'],
    ['sorted names', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    ['a list', ['x', [], {}], '["x",[],{}]'],
    ['a Date by its ISO text', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['a Date within', { due: new Date(0) }, '{"due":"1970-01-01T00:00:00.000Z"}'],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [
      'what comes from another realm',
      runInNewContext('({ list: [1], due: new Date(0) })'),
      '{"due":"1970-01-01T00:00:00.000Z","list":[1]}',
    ],
    [
      'a getter that gives a value',
      Object.defineProperty({}, 'a', { get: () => 1, enumerable: true }),
      '{"a":1}',
    ],
    [
      'names like those of Object.prototype',
      { constructor: 'Ferrari', toString: 1 },
      '{"constructor":"Ferrari","toString":1}',
    ],
    ['one object twice', ((one: object) => [one, one])({ a: 1 }), '[{"a":1},{"a":1}]'],
  ])('%s', (_, value, text) => {
    expect(plainText(value)).toBe(text)
  })

  afterEach(() => void vi.useRealTimers())

  test('a Date of a fake clock is one', () => {
    vi.useFakeTimers({ now: 0 })
    expect(plainText(new Date())).toBe('"1970-01-01T00:00:00.000Z"')
  })

  test('what JSON reads back is the same value, and has the same text', () => {
    const plain = fc.jsonValue().filter(value => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(plain, value => {
        // -0 and numbers beyond 2^53 have tests of their own.
        const safe = JSON.parse(JSON.stringify(value), (__, part: unknown) =>
          typeof part === 'number' ? Math.trunc(part % 1e15) || 0 : part,
        ) as unknown
        const text = plainText(safe)
        expect(JSON.parse(text)).toEqual(safe)
        // A call and the record that it left find the same place.
        expect(idPart(JSON.parse(text))).toBe(text)
      }),
    )
  })
})

const unfit: [string, unknown, string][] = [
  ['undefined', undefined, 'is undefined: what is missing names nothing'],
  ['NaN', Number.NaN, 'is NaN'],
  ['Infinity', -Infinity, 'is -Infinity'],
  ['-0', -0, 'is -0, which JSON writes as 0'],
  ['an unsafe number', 2 ** 53, 'is a number beyond 2^53, where several are one: give its text'],
  ['a bigint', 9n, 'is a bigint: give its text, as in String(n)'],
  ['a symbol', Symbol('s'), 'is a symbol'],
  ['a function', () => 'x', 'is a function'],
  ['an invalid Date', new Date(Number.NaN), 'is an invalid Date'],
  ['a Date that says more', new Zoned(0), 'is a Date of a class of its own: give its text'],
  [
    'a Date with a name of its own',
    Object.assign(new Date(0), { zone: 'UTC' }),
    'is a Date of a class of its own: give its text',
  ],
  [
    'what pretends to be a Date',
    { [Symbol.toStringTag]: 'Date', toISOString: 1 },
    'is of class Date: only plain objects name something',
  ],
  ['a Map', new Map([['a', 1]]), 'is of class Map: only plain objects name something'],
  ['a Set', new Set([1]), 'is of class Set: only plain objects name something'],
  ['bytes', new Uint8Array([1]), 'is of class Uint8Array: only plain objects name something'],
  ['a buffer', new ArrayBuffer(1), 'is of class ArrayBuffer: only plain objects name something'],
  ['a class of its own', new Money(), 'is of class Money: only plain objects name something'],
  ['a boxed text', Object('x'), 'is of class String: only plain objects name something'],
  ['a boxed number', Object(1), 'is of class Number: only plain objects name something'],
  ['an error', new Error('x'), 'is of class Error: only plain objects name something'],
  ['an expression', /x/, 'is of class RegExp: only plain objects name something'],
  ['a URL', new URL('https://a.test'), 'is of class URL: only plain objects name something'],
  ['a heir', Object.create({ order: 1 }), 'is of class Object: only plain objects name something'],
  ['a symbol as a name', { [Symbol('s')]: 1 }, 'has a symbol as a name'],
  ['a list with a name', Object.assign([1], { total: 1 }), 'is an array with names of its own'],
  ['a match', /x/.exec('x'), 'is an array with names of its own'],
  ['a class of lists', List.from([1]), 'is an array of a class of its own'],
]

describe('what JSON would drop or blur is refused, with its path', () => {
  test.each(unfit)('%s', (_, value, fault) => {
    expect(() => plainText(value)).toThrow(new NotPlain(`it ${fault}`))
    expect(() => plainText(within(value))).toThrow(new NotPlain(`order.parts[1] ${fault}`))
  })

  // oxlint-disable-next-line no-sparse-arrays -- a hole is what this is about
  const hole = [0, , 2]
  const proto = JSON.parse('{"__proto__":{"a":1}}') as object
  const hidden = Object.defineProperty({ a: 1 }, 'order', { value: 'A' })
  const ring: Record<string, unknown> = {}
  ring['self'] = ring

  test.each<[string, unknown, string]>([
    ['a hole', hole, '[1] is a hole'],
    ['a hole at the end', Array(1), '[0] is a hole'],
    [
      'a property that is undefined',
      { order: undefined },
      'order is undefined: what is missing names nothing',
    ],
    ['a toJSON', { a: 1, toJSON: () => 'x' }, 'toJSON is a function'],
    ['a name that changes what an object is', proto, '__proto__ has a name that changes what an object is'],
    ['what JSON does not see', hidden, 'order is hidden from JSON'],
    ['what contains itself', ring, 'self contains itself'],
  ])('%s', (_, value, fault) => {
    expect(() => plainText(value)).toThrow(new NotPlain(fault))
  })

  const canary = 'canary-4711'
  const thrower = (): never => {
    throw new Error(canary)
  }
  const deep = Array.from({ length: 100_000 }).reduce<unknown>(inner => [inner], 1)

  test.each<[string, unknown]>([
    ['a getter', Object.defineProperty({}, 'a', { get: thrower, enumerable: true })],
    ['a proxy', new Proxy({}, { ownKeys: thrower })],
    ['what is too deep', deep],
  ])('%s that throws is told without what it threw', (_, value) => {
    expect(() => plainText(value)).toThrow(
      new NotPlain('cannot be read: a getter or a proxy of it threw, or it is too deep'),
    )
  })
})
