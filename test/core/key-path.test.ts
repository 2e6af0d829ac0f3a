import { describe, expect, test } from 'vitest'
import { keyOfPath, keyPath } from '../../src/core/names/key-path.ts'

/** Every character that a key may have. */
const ALL = Array.from({ length: 0x5e }, (_, index) => String.fromCharCode(0x21 + index)).filter(
  character => character !== '"' && character !== '\\',
)

describe('the segment of a key', () => {
  test.each([
    ['0c7d2f6e-3f7b-4a53-9d5e-6f0f6f1a2b11', '0c7d2f6e-3f7b-4a53-9d5e-6f0f6f1a2b11'],
    ['cart_1-a', 'cart_1-a'],
    ['batch/7', '~62617463682f37'],
    ['Cart-1', '~436172742d31'],
    ['.', '~2e'],
    ['..', '~2e2e'],
    ['x/../7', '~782f2e2e2f37'],
    ['a%2Fb', '~612532 4662'.replace(' ', '')],
    ['~6b31', '~7e36623331'],
    ['7?x#y;v', '~373f7823793b76'],
    ['v1.2', '~76312e32'],
  ])('%s is %s', (key, segment) => {
    expect(keyPath(key)).toBe(segment)
    expect(keyOfPath(segment)).toBe(key)
  })

  test('has nothing that a proxy changes, and means one key alone', () => {
    const keys = [...ALL, ...ALL.flatMap(one => [`a${one}`, `${one}b`, `${one}${one}`])]
    const segments = keys.map(keyPath)
    expect(new Set(segments).size).toBe(new Set(keys).size)
    for (const [index, segment] of segments.entries()) {
      expect(segment).toMatch(/^~?[a-z0-9_-]+$/)
      expect(new URL(`https://shop.example/by-key/${segment}`).pathname).toBe(`/by-key/${segment}`)
      expect(keyOfPath(segment)).toBe(keys[index])
      expect(keyOfPath(decodeURIComponent(segment))).toBe(keys[index])
    }
  })

  test('is read in capitals too', () => {
    expect(keyOfPath('~62617463682F37')).toBe('batch/7')
  })

  test('of more than ASCII is none', () => {
    expect(() => keyPath('schlüssel')).toThrow('more than ASCII')
  })
})

describe('a segment that keyPath did not write', () => {
  test.each(['k1', 'Cart-1', 'v1.2', 'invoice:42', 'a@b', 'a+b=', 'a,b', "it's", '(1)', 'a~b'])(
    '%s is read as it stands',
    segment => {
      expect(keyOfPath(segment)).toBe(segment)
    },
  )

  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a slash that nobody decoded', 'batch/7'],
    ['what was encoded twice', 'a%2Fb'],
    ['a half encoding', '50%'],
    ['a query', '7?x'],
    ['a fragment', '7#x'],
    ['parameters', '7;v=1'],
    ['a backslash', 'a\\b'],
    ['a space', 'a b'],
    ['the mark alone', '~'],
    ['half a byte', '~6b3'],
    ['no hexadecimal', '~xy'],
    ['an encoded key that stands plain', '~6b31'],
  ])('%s is no key', (_, segment) => {
    expect(keyOfPath(segment)).toBeUndefined()
  })
})
