import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idPart } from '../../src/core/names/id-part.ts'
import { LONGEST_ID_IN_KEY, recordKey, scopePrefix } from '../../src/core/names/identity.ts'

describe("an id's part in a record's key", () => {
  test('keeps a number and its digits apart', () => {
    expect(idPart(1)).toBe('1')
    expect(idPart('1')).toBe('"1"')
  })

  test.each([
    ['a text', 'cart-42', '"cart-42"'],
    ['an object, with sorted names', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    ['a list', ['x', null, true], '["x",null,true]'],
  ])('is the JSON of %s', (_, id, text) => {
    expect(idPart(id)).toBe(text)
  })

  test('what JSON cannot hold names nothing', () => {
    expect(() => idPart(undefined)).toThrow(TypeError)
    expect(() => idPart(Number.NaN)).toThrow(TypeError)
  })

  test('is short enough for every store', () => {
    expect(LONGEST_ID_IN_KEY).toBe(200)
  })
})

describe("a record's key", () => {
  test.each([
    [
      'holds scope, name and id',
      'user-7',
      'place-order',
      '"cart-42"',
      'so1/user-7/place-order/%5C%22cart-42%5C%22',
    ],
    ['escapes slashes', 'a/b', 'c/d', 'e/f', 'so1/a%2Fb/c%2Fd/e%2Ff'],
    ['escapes its own escapes', '%2F', '%', '%25', 'so1/%252F/%25/%2525'],
    ['takes lone surrogates', '\ud800', 'n', '\udfff', 'so1/%5Cud800/n/%5Cudfff'],
    ['tells a lone surrogate from its escape', '\\ud800', 'n', 'x', 'so1/%5C%5Cud800/n/x'],
    ['takes whole surrogate pairs', '😀', 'n', 'x', 'so1/%F0%9F%98%80/n/x'],
    ['takes what would end a line', 'a\r\nb', 'n', 'x', 'so1/a%5Cr%5Cnb/n/x'],
    ['leaves the mark of a hashed id', 'u', 'n', '~abc', 'so1/u/n/~abc'],
  ])('%s', (_, scope, name, id, key) => {
    expect(recordKey(scope, name, id)).toBe(key)
  })

  test('begins as all of its scope do', () => {
    expect(scopePrefix('user-7')).toBe('so1/user-7/')
    expect(scopePrefix('user')).toBe('so1/user/')
  })

  const texts = fc.string({
    unit: fc.constantFrom(
      '/',
      '%',
      '2',
      'F',
      '~',
      '"',
      '\\',
      'u',
      'd',
      '8',
      '0',
      '\ud800',
      '\udc00',
      'é',
      '\n',
    ),
  })
  const places = fc.tuple(texts, texts, texts)

  test('is one for each scope, name and id', () => {
    fc.assert(
      fc.property(places, places, (one, other) => {
        const same = one.every((text, index) => text === other[index])
        return (recordKey(...one) === recordKey(...other)) === same
      }),
      { numRuns: 5_000 },
    )
  })

  test('lies under its own scope and no other', () => {
    fc.assert(
      fc.property(places, texts, ([scope, name, id], other) => {
        return recordKey(scope, name, id).startsWith(scopePrefix(other)) === (scope === other)
      }),
      { numRuns: 5_000 },
    )
  })

  test('is printable ASCII', () => {
    fc.assert(fc.property(places, place => /^[\x21-\x7e]+$/.test(recordKey(...place))))
  })
})
