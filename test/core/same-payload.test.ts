import { describe, expect, test } from 'vitest'
import {
  compareBytes,
  isOfAnotherCaller,
  isOfAnotherPayload,
  isOfThisPayload,
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
