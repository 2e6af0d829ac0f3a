import { describe, expect, test } from 'vitest'
import { carriageOf } from '../../src/core/record/key-carriage.ts'
import type { Aim } from '../../src/core/record/target-fault.ts'
import { targetFault } from '../../src/core/record/target-fault.ts'
import { pendingRecord } from './samples.ts'

const begun = { ...pendingRecord().target, profile: 'acme', account: 'acct-1', origin: 'https://shop.test' }
const now = {
  profile: 'acme',
  account: 'acct-1',
  origin: 'https://shop.test',
  carriage: 'idempotency-key raw',
}

describe('the key of an operation may be used', () => {
  test.each([
    ['for the target that it was begun with', begun],
    ['where it was only concluded from outside', { ...begun, origin: '', profile: '', account: '' }],
    ['however its key goes, where its record does not tell', begun],
    ['where its key goes as it went', { ...begun, carriage: 'idempotency-key raw' }],
    ['where no request is at hand to compare origins', begun, { ...now, origin: undefined }],
    ['whatever its path: the fingerprint tells that', { ...begun, path: '/elsewhere', queryHash: 'other' }],
  ] as const)('%s', (_name, to, aim: Aim = now) => {
    expect(targetFault(to, aim)).toBeUndefined()
  })
})

describe('the key of an operation may not be used', () => {
  test.each([
    [
      'under another account',
      { ...now, account: 'acct-2' },
      'the account is not the one that the operation was begun with',
      'same-account',
    ],
    [
      'under no account',
      { ...now, account: '' },
      'the account is not the one that the operation was begun with',
      'same-account',
    ],
    [
      'where nobody can tell the account',
      { ...now, account: undefined },
      '`account` threw',
      'account-throws',
    ],
    [
      'under an account that differs by its case',
      { ...now, account: 'Acct-1' },
      'the account is not the one that the operation was begun with',
      'same-account',
    ],
    [
      'under another profile',
      { ...now, profile: 'other' },
      'the profile is not the one that the operation was begun with',
      'same-profile',
    ],
    [
      'at another origin',
      { ...now, origin: 'https://api.test' },
      'the origin is not the one that the operation was begun at',
      'same-origin',
    ],
    [
      'at another port',
      { ...now, origin: 'https://shop.test:8443' },
      'the origin is not the one that the operation was begun at',
      'same-origin',
    ],
    [
      'by another scheme',
      { ...now, origin: 'http://shop.test' },
      'the origin is not the one that the operation was begun at',
      'same-origin',
    ],
  ])('%s', (_name, aim, reason, advice) => {
    expect(targetFault(begun, aim)).toEqual({
      reason: `${reason}, so nothing is sent or asked with its key`,
      advice,
    })
  })

  test.each(['none', 'idempotency-key quoted', 'x-key raw'])('where its key went as %s', carriage => {
    expect(targetFault({ ...begun, carriage }, now)).toEqual({
      reason:
        'the profile puts the key into another place or form than before, so nothing is sent or asked with its key',
      advice: 'same-profile',
    })
  })

  test('under an account where it was begun without one', () => {
    expect(targetFault({ ...begun, account: '' }, now)?.advice).toBe('same-account')
  })
})

test.each([
  [{ honoursKeys: true, header: 'Idempotency-Key', format: 'raw' }, 'idempotency-key raw'],
  [{ honoursKeys: true, header: 'X-Key', format: 'quoted' }, 'x-key quoted'],
  [{ honoursKeys: true, header: undefined, format: 'raw' }, 'none'],
  [{ honoursKeys: false, header: undefined, format: 'raw' }, 'none'],
  [{ honoursKeys: false, header: 'X-Key', format: 'raw' }, 'none'],
  [{ honoursKeys: true, key: { in: 'json', field: 'order.key' } }, 'json:order.key'],
  [{ honoursKeys: true, key: { in: 'form', field: 'Key' } }, 'form:Key'],
  [{ honoursKeys: true, key: { in: 'query', field: 'key' } }, 'query:key'],
  [{ honoursKeys: false, key: { in: 'json', field: 'key' } }, 'none'],
] as const)('the key of %o goes as %s', (profile, carriage) => {
  expect(carriageOf({ header: undefined, format: 'raw', key: {}, ...profile })).toBe(carriage)
})
