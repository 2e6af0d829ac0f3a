import { describe, expect, test } from 'vitest'
import {
  hasNothingToDo,
  mayResumeWithOwn,
  ownParts,
  requestToResend,
} from '../../src/core/stored/resumable.ts'
import { pendingRecord, processingRecord, START } from './samples.ts'

const request = { url: 'https://shop.test/orders', headers: {}, text: '{}' }
const validity = { nowAt: START + 60_000, validForMs: 60_000 }

describe('the stored request of a record', () => {
  test.each([
    ['is sent again while it is young enough', { request }, 60_000, request],
    ['is not sent a moment later', { request }, 60_001, 'the request is older than `validFor`'],
    ['is not there', {}, 0, 'the request is not stored'],
    [
      'is as old as the latest clock says that saw it',
      { request, highestSeenAt: START + 60_001 },
      0,
      'the request is older than `validFor`',
    ],
  ])('%s', (_, changes, ageMs, sent) => {
    const now = { nowAt: START + ageMs, validForMs: 60_000 }
    expect(requestToResend(pendingRecord(changes), now)).toEqual(sent)
  })
})

describe('what lies in a record is sent', () => {
  const body = new Uint8Array([123, 125])
  const url = new URL('https://shop.test/orders')
  const parts = { url, queryHash: '', ownOrigin: 'https://shop.test', body, bodyHash: 'b1' }
  const notItsUrl = 'the stored URL is not that of the operation'

  test('where it is what the record says', () => {
    expect(ownParts(pendingRecord(), parts)).toEqual({ url, body })
  })

  test.each([
    ['the URL is none', { url: undefined }, notItsUrl],
    ['it leads to another origin', { url: new URL('https://evil.test/orders') }, notItsUrl],
    ['it leads to another path', { url: new URL('https://shop.test/refunds') }, notItsUrl],
    ['it has another query', { queryHash: 'q2' }, notItsUrl],
    ['it names a user', { url: new URL('https://me@shop.test/orders') }, notItsUrl],
    ['it holds a password', { url: new URL('https://:pw@shop.test/orders') }, notItsUrl],
    [
      'this client sends elsewhere',
      { ownOrigin: 'https://other.test' },
      'the stored URL is not on the origin of the http layer',
    ],
    [
      'this client has no base URL',
      { ownOrigin: undefined },
      'the stored URL is not on the origin of the http layer',
    ],
    ['its body is no base64', { body: null }, 'the stored body cannot be read'],
    [
      'its body is another one',
      { bodyHash: 'b2' },
      'the stored body is not the one that the operation was begun with',
    ],
  ])('not where %s', (_, changes, why) => {
    expect(ownParts(pendingRecord(), { ...parts, ...changes })).toBe(why)
  })
})

describe("a caller's own request may take the place of one that is not stored", () => {
  test.each([
    ['where the operation is in doubt', processingRecord(), true],
    ['where an attempt may have executed', pendingRecord({ sent: 1, ambiguous: 1 }), true],
    ['not where a caller may have been given "not executed"', pendingRecord(), false],
    ['not where it is too old', processingRecord({ createdAt: START - 1 }), false],
  ])('%s', (_, record, may) => {
    expect(mayResumeWithOwn(record, validity)).toBe(may)
  })
})

test.each([
  ['never sent, and nothing may be sent', pendingRecord(), false, true],
  ['never sent, but it may be', pendingRecord(), true, false],
  ['sent, so that it can be asked about', pendingRecord({ sent: 1, ambiguous: 1 }), false, false],
  ['at work', processingRecord(), false, false],
])('there is nothing to do about an operation that was %s', (_, record, maySend, isIdle) => {
  expect(hasNothingToDo(record, maySend)).toBe(isIdle)
})
