import { describe, expect, test } from 'vitest'
import { scopeFault } from '../../src/core/names/scope-fault.ts'

const code = (text: string) => Array.from(text, each => `U+${each.codePointAt(0)!.toString(16)}`).join(' ')

describe('a scope that names nobody', () => {
  test('is empty', () => {
    expect(scopeFault('')).toBe('must not be empty')
  })

  test.each(
    [
      ' ',
      ' \t\r\n ',
      '\u00a0',
      '\u3000\u2003',
      '\u200b',
      '\u200c\u200d\u2060',
      '\ufeff',
      '\u202e\u2066',
      '\u00ad',
      '\u034f',
      '\u115f\u3164\uffa0',
      '\u2800',
      '\ufe0f',
      '\u{e0041}',
      '\0',
      '\u0085',
      '\u2028',
      ':',
      ' / ',
      '\u200b|\u200b',
      '::',
    ].map(text => [code(text), text]),
  )('is blank: %s', (_, text) => {
    expect(scopeFault(text)).toBe('must have something to see: it is blank')
  })

  test.each([
    ['undefined', 'undefined'],
    ['null', 'null'],
    ['NaN', 'NaN'],
    ['[object Object]', '[object Object]'],
    ['[object Promise]', '[object Promise]'],
    ['tenant-7:undefined', 'undefined'],
    ['undefined:anna', 'undefined'],
    ['eu/null/anna', 'null'],
    ['issuer|[object Object]', '[object Object]'],
    [' undefined ', 'undefined'],
    ['unde\u200bfined', 'undefined'],
    ['acme: null\ufeff', 'null'],
    ['userundefined', 'userundefined'],
    ['nullnull', 'nullnull'],
    ['org1null', 'org1null'],
    ['acme%3Aundefined', 'undefined'],
  ])('is made of what is no name: %s', (scope, part) => {
    expect(scopeFault(scope)).toBe(`must name somebody: a part of it is \`${part}\``)
  })

  test.each([
    'Bearer abc',
    'acme:bearer\tabc',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
    'shop/eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.',
    'sk_live_4eC39HqLyjWDarjtT1zdp7dc',
    'acme:sk_test_4eC39HqLyjWDarjtT1zdp7dc',
    'rk_live_4eC39HqLyjWDarjtT1zdp7dc',
  ])('%s is a credential, which changes while its user stays the same', scope => {
    expect(scopeFault(scope)).toMatch(/^must not be a credential/)
  })

  test.each([
    'anna',
    'forbearer x',
    'Bearer',
    'task_live_7',
    'pk_live_4eC39HqLyjWDarjtT1zdp7dc',
    'Null',
    'NULL',
    'undefined-7',
    'nullify',
    'anna null',
    '7',
    '0',
    'false',
    'acme:',
    'https://issuer.example/|auth0|7',
    '\ud800',
    '안나',
    'a\u200db',
  ])('%s names somebody', scope => {
    expect(scopeFault(scope)).toBeUndefined()
  })
})
