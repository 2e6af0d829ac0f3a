import { describe, expect, test } from 'vitest'
import { answerSigns } from '../../src/core/answers/answer-signs.ts'

describe('the codes and types in an answer', () => {
  test.each<[string, unknown, readonly string[], readonly string[]]>([
    ['code', { code: 'a' }, ['a'], []],
    ['error, where it is a word', { error: 'a' }, ['a'], []],
    ['name', { name: 'a' }, ['a'], []],
    ['errorCode', { errorCode: 'a' }, ['a'], []],
    ['error_code', { error_code: 'a' }, ['a'], []],
    ['error.code', { error: { code: 'a' } }, ['a'], []],
    ['error.reason', { error: { reason: 'a' } }, ['a'], []],
    ['error.type', { error: { type: 't' } }, [], ['t']],
    ['errors[].code', { errors: [{ code: 'a' }, { code: 'b' }] }, ['a', 'b'], []],
    ['errors[].reason', { errors: [{ reason: 'a' }] }, ['a'], []],
    ['errors[].type', { errors: [{ type: 't' }] }, [], ['t']],
    ['errors[].extensions.code, as GraphQL has it', { errors: [{ extensions: { code: 'a' } }] }, ['a'], []],
    ['error.errors[].reason, as GoCardless has it', { error: { errors: [{ reason: 'a' }] } }, ['a'], []],
    ['type, as RFC 9457 has it', { type: 'https://acme.test/t', detail: 'x' }, [], ['https://acme.test/t']],
    ['a number, as Adyen has it', { errorCode: 704 }, ['704'], []],
    [
      'several, in one order',
      { code: 'a', error: { code: 'b', type: 't' }, type: 's' },
      ['a', 'b'],
      ['s', 't'],
    ],
    [
      'never title, detail or message',
      { title: 'a', detail: 'b', message: 'c', error: { message: 'd' } },
      [],
      [],
    ],
    ['never what is neither word nor number', { code: null, name: true, type: {}, error: ['a'] }, [], []],
    ['never entries that are no objects', { errors: ['a', null, ['b']], error: { errors: 'c' } }, [], []],
    ['none of an empty object', {}, [], []],
    ['none of a list', [{ code: 'a' }], [], []],
    ['none of a word', 'a', [], []],
    ['none of null', null, [], []],
    ['none of nothing', undefined, [], []],
  ])('%s', (_, parsed, codes, types) => {
    expect(answerSigns(parsed)).toStrictEqual({ codes, types })
  })
})
