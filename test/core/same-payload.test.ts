import { describe, expect, test } from 'vitest'
import {
  compareBytes,
  isMadeAgain,
  isOfAnotherCaller,
  isOfAnotherPayload,
  isOfThisPayload,
  keyedFault,
  meaningOf,
} from '../../src/core/record/same-payload.ts'

const textOf = (...given: Parameters<typeof meaningOf>) => [...meaningOf(...given)].join('')

test('a payload means its method, its URL and what must not change of its body', () => {
  const url = new URL('https://shop.test/orders?dry=1')
  expect(textOf({ method: 'POST', url }, ['json', '{"cart":42}'])).toBe(
    '["POST","https://shop.test","/orders","?dry=1","json","{\\"cart\\":42}"]',
  )
})

describe('a record is of another payload', () => {
  test.each([
    ['where its fingerprint is another one', 'f1', 'f2', true],
    ['not where it is the same', 'f1', 'f1', false],
    ['not where it was only concluded from outside', '', 'f2', false],
    ['not for a call without a request', 'f1', undefined, false],
  ])('%s', (_, stored, own, isOther) => {
    expect(isOfAnotherPayload({ fingerprint: stored }, own)).toBe(isOther)
  })

  test('only the same fingerprint takes the place of a request that is not stored', () => {
    expect(isOfThisPayload({ fingerprint: 'f1' }, 'f1')).toBe(true)
    expect(isOfThisPayload({ fingerprint: 'f1' }, 'f2')).toBe(false)
    expect(isOfThisPayload({ fingerprint: '' }, 'f1')).toBe(false)
  })
})

test.each([
  ['the same payload', 'f1', false],
  ['another payload', 'f2', true],
  ['a run without a payload', undefined, false],
] as const)('a caller that joins %s', (_, ofRun, isOther) => {
  expect(isOfAnotherCaller(ofRun, 'f1')).toBe(isOther)
})

test.each([
  ['b1', 'b1', true, 'same'],
  ['b1', 'b1', false, 'same'],
  ['b1', 'b2', false, 'changed'],
  ['b1', 'b2', true, 'refused'],
] as const)(
  'bytes %s before, %s now, where the server compares them (%s): %s',
  (before, now, compares, what) => {
    expect(compareBytes(before, now, compares)).toBe(what)
  },
)

describe('a request that is made anew for each key', () => {
  const atCall = {
    method: 'POST',
    url: new URL('https://shop.test/orders'),
    headers: { 'x-ref': 'any' },
    fingerprint: 'f1',
  }

  test.each([
    ['the same', {}, true],
    ['another body', { fingerprint: 'f2' }, false],
    ['another header', { headers: { 'x-ref': 'now' } }, false],
  ])('is made again as at the call: %s', (_, changes, isSame) => {
    expect(isMadeAgain(atCall, { ...atCall, ...changes })).toBe(isSame)
  })

  test.each([
    ['has the key in a header', { headers: { 'x-ref': 'KEY' } }, true, undefined],
    ['has the key in its body', { fingerprint: 'f2' }, true, undefined],
    ['has the key nowhere, though nothing else carries it', {}, true, 'keyless'],
    ['has the key nowhere, where a header of the client carries it', {}, false, undefined],
    ['has another method', { method: 'PUT', fingerprint: 'f2' }, true, 'elsewhere'],
    [
      'goes to another origin',
      { url: new URL('https://other.test/orders'), fingerprint: 'f2' },
      false,
      'elsewhere',
    ],
  ])('%s', (_, changes, carriesKeyAlone, fault) => {
    expect(keyedFault(atCall, { ...atCall, ...changes }, carriesKeyAlone)).toBe(fault)
  })
})
