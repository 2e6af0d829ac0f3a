import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyFault, keyHeaderValue } from '../../src/core/names/key-grammar.ts'

const ILLEGIBLE = 'must be printable ASCII without spaces, quotes and backslashes'

describe('a key is taken', () => {
  test.each([
    ['a UUID', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['one character', '!'],
    ['every sign that is allowed', "!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~"],
    ['as long as the server allows', 'k'.repeat(36)],
  ])('%s', (_, key) => {
    expect(keyFault(key, { maxLength: 36 })).toBeUndefined()
  })
})

describe('a key is refused', () => {
  test.each<[string, unknown, string]>([
    ['no string', 7, 'must be a string'],
    ['nothing', undefined, 'must be a string'],
    ['empty', '', 'must not be empty'],
    ['a character too long', 'k'.repeat(37), 'must have at most 36 characters, has 37'],
    ['a new line, which would begin another header', 'k\r\nX-Admin: 1', ILLEGIBLE],
    ['a new line at its end', 'k\n', ILLEGIBLE],
    ['a null', 'k\0', ILLEGIBLE],
    ['a tab', 'k\t', ILLEGIBLE],
    ['a space', 'a b', ILLEGIBLE],
    ['a quote', 'a"b', ILLEGIBLE],
    ['a backslash', 'a\\b', ILLEGIBLE],
    ['a delete', 'a\x7f', ILLEGIBLE],
    ['a letter beyond ASCII', 'clé', ILLEGIBLE],
    ['a full-width letter', 'ｋ', ILLEGIBLE],
    ['a lone surrogate', '\ud800', ILLEGIBLE],
  ])('%s', (_, key, fault) => {
    expect(keyFault(key, { maxLength: 36 })).toBe(fault)
  })

  test('without repeating it, whatever it is', () => {
    const told =
      /^must (not be empty|have at most 4 characters, has \d+|be printable ASCII without spaces, quotes and backslashes)$/
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('k', '!', '~', ' ', '"', '\\', '\n', '\0', '\x7f', 'é', '\ud800'),
          maxLength: 6,
        }),
        key => {
          const fault = keyFault(key, { maxLength: 4 })
          return fault === undefined ? /^[\x21\x23-\x5b\x5d-\x7e]{1,4}$/.test(key) : told.test(fault)
        },
      ),
    )
  })
})

describe('a key in its header', () => {
  test('is bare', () => {
    expect(keyHeaderValue('abc', 'raw')).toBe('abc')
  })

  test('is a structured-field String', () => {
    expect(keyHeaderValue('abc', 'quoted')).toBe('"abc"')
  })
})
