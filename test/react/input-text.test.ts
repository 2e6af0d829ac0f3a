import { describe, expect, test } from 'vitest'
import { inputText } from '../../src/react/input-text.ts'

class Decimal {
  readonly #digits: string
  constructor(digits: string) {
    this.#digits = digits
  }
  toJSON(): string {
    return this.#digits
  }
}

class Money extends Decimal {
  constructor(cents: number) {
    super(String(cents))
  }
}

/** Says nothing of what it holds. */
class Silent {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  cents(): number {
    return this.#cents
  }
}

describe('the text of an input', () => {
  test.each([
    [
      { id: 'a', lines: [1, { b: null }] },
      { lines: [1, { b: null }], id: 'a' },
    ],
    ['a', 'a'],
    [undefined, undefined],
    [new Date(7), new Date(7)],
    [Object.assign(Object.create(null) as object, { id: 1 }), { id: 1 }],
    [{ amount: 5n }, { amount: 5n }],
    [{ lines: new Map([['a', { n: 1 }]]) }, { lines: new Map([['a', { n: 1 }]]) }],
    [new Set(['a', 'b']), new Set(['a', 'b'])],
    [{ at: new URL('https://a.test/1') }, { at: new URL('https://a.test/1') }],
    [{ total: new Decimal('19.99') }, { total: new Decimal('19.99') }],
  ])('is the same for fresh objects of one content (%#)', (one, other) => {
    expect(inputText(one)).toBe(inputText(other))
  })

  test('differs with every part that can make another request', () => {
    const differing = [
      undefined,
      null,
      0,
      -0,
      Number.NaN,
      '0',
      false,
      [],
      {},
      [undefined],
      [null],
      { a: undefined },
      { a: 1 },
      { a: '1' },
      { a: 1n },
      { a: { b: 1 } },
      ['a', 'b'],
      ['a,b'],
      ['"a","b"'],
      new Date(7),
      new Date(8),
      new Map(),
      new Map([['a', 1]]),
      new File(['x'], 'a'),
      new File(['y'], 'a'),
      () => 1,
      Symbol('a'),
      new URL('https://a.test'),
      new URL('https://a.test/1'),
      'https://a.test/1',
      new Map([['a', 2]]),
      new Set(),
      new Set(['a']),
      [['a', 1]],
      new Decimal('19.99'),
      new Decimal('20'),
      Object.assign(new Decimal('20'), { currency: 'EUR' }),
      '20',
      new Money(1),
      new Money(2),
      new Silent(1),
      new Silent(1),
    ]
    expect(new Set(differing.map(each => inputText(each))).size).toBe(differing.length)
  })

  test('of what has no content of its own is by which one it is, and always the same', () => {
    const file = new File(['x'], 'a')
    expect(inputText({ file })).toBe(inputText({ file }))
  })

  test('of what contains itself comes to an end', () => {
    const cart: { self?: unknown } = {}
    cart.self = cart
    expect(inputText(cart)).toBe(inputText(cart))
  })
})
