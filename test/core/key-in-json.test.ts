import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyInForm } from '../../src/core/names/key-in-form.ts'
import { keyInJson } from '../../src/core/names/key-in-json.ts'

describe('a key in a JSON text leaves the rest as it is', () => {
  test.each<[string, string, string, string]>([
    ['an empty object', '{}', 'key', '{"key":"K"}'],
    ['blanks', ' { } ', 'key', ' {"key":"K" } '],
    ['beside others', '{"a":1}', 'key', '{"a":1,"key":"K"}'],
    ['in the place of what was there', '{"key":"old","a":1}', 'key', '{"key":"K","a":1}'],
    ['in the place of an object', '{"key":{"key":[1,"]}"]},"a":1}', 'key', '{"key":"K","a":1}'],
    [
      'numbers beyond 2^53',
      '{"id":9007199254740993,"x":1.0}',
      'key',
      '{"id":9007199254740993,"x":1.0,"key":"K"}',
    ],
    ['escapes', '{"a":"\\u00e9\\\\","b\\"":"\\""}', 'key', '{"a":"\\u00e9\\\\","b\\"":"\\"","key":"K"}'],
    ['a name that is written with escapes', '{"k\\u0065y":null}', 'key', '{"k\\u0065y":"K"}'],
    ['within an object', '{"order":{"a":[{}]}}', 'order.key', '{"order":{"a":[{}],"key":"K"}}'],
    ['within what is missing', '{"a":1}', 'order.ref.key', '{"a":1,"order":{"ref":{"key":"K"}}}'],
    ['within a list', '{"to":[{"a":1},{}]}', 'to.1.key', '{"to":[{"a":1},{"key":"K"}]}'],
    [
      'not a field of that name elsewhere',
      '{"a":{"key":1},"b":"key"}',
      'key',
      '{"a":{"key":1},"b":"key","key":"K"}',
    ],
    ['lines', '{\n  "a": 1\n}', 'key', '{\n  "a": 1,"key":"K"\n}'],
    ['a number before a bracket', '{"a":{"n":1},"b":[-1e9]}', 'a.key', '{"a":{"n":1,"key":"K"},"b":[-1e9]}'],
  ])('%s', (_, text, path, expected) => {
    expect(keyInJson(text, path.split('.'), 'K')).toEqual({ text: expected })
  })

  test.each<[string, string, string, string]>([
    ['no JSON', 'a=1', 'key', 'is no JSON'],
    ['nothing', '', 'key', 'is no JSON'],
    ['a list', '[1]', 'key', 'has no key at its top'],
    ['a text', '"key"', 'key', 'has no object at its top'],
    ['null', 'null', 'key', 'has no object at its top'],
    ['a number on the way', '{"order":7}', 'order.key', 'has no object at order'],
    ['an item that is not there', '{"to":[{}]}', 'to.1.key', 'has no 1 at to'],
    ['the field twice', '{"key":1,"k\\u0065y":2}', 'key', 'has "key" more than once'],
  ])('but not: %s', (_, text, path, fault) => {
    expect(keyInJson(text, path.split('.'), 'K')).toEqual({ fault })
  })

  test('whatever the body holds: it reads as it did, with the key in it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 })),
        fc.constantFrom(undefined, 1, '\t'),
        (body, indent) => {
          const written = keyInJson(JSON.stringify(body, null, indent), ['key'], 'K "\\')
          expect('text' in written && JSON.parse(written.text)).toEqual({
            ...(JSON.parse(JSON.stringify(body, null, 1)) as object),
            key: 'K "\\',
          })
        },
      ),
    )
  })
})

describe('a key in a form, or in a query', () => {
  test.each<[string, string, string | undefined, string]>([
    ['nothing before', '', 'K', 'Key=K'],
    ['beside others', 'a=1&b=%20+', 'K', 'a=1&b=%20+&Key=K'],
    ['in the place of what was there', 'Key=old&a=1', 'K', 'Key=K&a=1'],
    ['a name that is written with escapes', 'a=1&%4Bey', 'K', 'a=1&Key=K'],
    ['a name in another case is another', 'key=1', 'K', 'key=1&Key=K'],
    ['an escape that is none', '%zz=1', 'K', '%zz=1&Key=K'],
    ['signs of the key', 'a=1', 'a+b&c=d', 'a=1&Key=a%2Bb%26c%3Dd'],
    ['without one', 'a=1&Key=old&b=2', undefined, 'a=1&b=2'],
    ['without any', 'a=1', undefined, 'a=1'],
  ])('%s', (_, text, key, expected) => {
    expect(keyInForm(text, 'Key', key)).toEqual({ text: expected })
  })

  test('but not beside itself', () => {
    expect(keyInForm('Key=1&Key=2', 'Key', 'K')).toEqual({ fault: 'has "Key" more than once' })
  })
})
