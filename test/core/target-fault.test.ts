import { describe, expect, test } from 'vitest'
import { carriageOf } from '../../src/core/record/key-carriage.ts'
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
    ['whatever its path: the fingerprint tells that', { ...begun, path: '/elsewhere', queryHash: 'other' }],
  ])('%s', (_name, to) => {
    expect(targetFault(to, now)).toBeUndefined()
  })
})

describe('the key of an operation may not be used', () => {
  test.each([
    ['under another account', { ...now, account: 'acct-2' }, 'its account is another one now'],
    ['under no account', { ...now, account: '' }, 'its account is another one now'],
    ['where nobody can tell the account', { ...now, account: undefined }, '`account` threw'],
    ['under an account that differs by its case', { ...now, account: 'Acct-1' }, 'its account is another'],
    ['under another profile', { ...now, profile: 'other' }, 'its profile is another one now'],
    ['at another origin', { ...now, origin: 'https://api.test' }, 'its origin is another one now'],
    ['at another port', { ...now, origin: 'https://shop.test:8443' }, 'its origin is another one now'],
    ['by another scheme', { ...now, origin: 'http://shop.test' }, 'its origin is another one now'],
  ])('%s', (_name, aim, reason) => {
    expect(targetFault(begun, aim)).toContain(reason)
  })

  test.each(['none', 'idempotency-key quoted', 'x-key raw'])('where its key went as %s', carriage => {
    expect(targetFault({ ...begun, carriage }, now)).toContain('its profile has its key go otherwise now')
  })

  test('under an account where it was begun without one', () => {
    expect(targetFault({ ...begun, account: '' }, now)).toContain('its account is another one now')
  })
})

test.each([
  [{ honoursKeys: true, header: 'Idempotency-Key', format: 'raw' }, 'idempotency-key raw'],
  [{ honoursKeys: true, header: 'X-Key', format: 'quoted' }, 'x-key quoted'],
  [{ honoursKeys: true, header: undefined, format: 'raw' }, 'none'],
  [{ honoursKeys: false, header: undefined, format: 'raw' }, 'none'],
  [{ honoursKeys: false, header: 'X-Key', format: 'raw' }, 'none'],
] as const)('the key of %o goes as %s', (profile, carriage) => {
  expect(carriageOf(profile)).toBe(carriage)
})
