import { describe, expect, test } from 'vitest'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import {
  headerUnlisted,
  requestHeadersToKeep,
  keyHeaderLeftOut,
  listedHeaders,
  takesRequest,
} from '../../src/core/stored/kept-request.ts'
import { failedRecord, pendingRecord, processingRecord } from './samples.ts'

const request = { url: 'https://shop.test/orders', headers: {}, text: '{}' }

describe('of the headers of a request', () => {
  test.each([
    ['the listed ones are kept', { 'x-tenant': 'a', authorization: 's' }, undefined, { 'x-tenant': 'a' }],
    ['the type of the body is kept', {}, 'application/json', { 'content-type': 'application/json' }],
    [
      'its own type is kept in place of that of the body',
      { 'content-type': 'application/vnd.x+json' },
      'application/json',
      { 'content-type': 'application/vnd.x+json' },
    ],
    ['nothing else is kept', { authorization: 's', cookie: 'c' }, undefined, {}],
  ])('%s', (_, given, contentType, kept) => {
    expect({ ...requestHeadersToKeep(given, contentType, ['x-tenant']) }).toEqual(kept)
  })

  test('only the listed ones are taken out of a record', () => {
    const stored = { 'x-tenant': 'a', authorization: 'forged', 'content-type': 'text/plain' }
    expect({ ...listedHeaders(stored, ['x-tenant']) }).toEqual({ 'x-tenant': 'a' })
  })

  test.each([
    ['kept', { 'x-tenant': 'a' }, undefined],
    ['dropped', { 'x-trace': 'a' }, undefined],
    ['that of the type', { 'content-type': 'a' }, undefined],
    ['neither', { 'x-tenant': 'a', 'x-new': 'b' }, 'x-new'],
  ])('one is named that no list has: %s', (_, ofCall, missing) => {
    expect(headerUnlisted(ofCall, { keepHeaders: ['x-tenant'], dropHeaders: ['x-trace'] })).toBe(missing)
  })

  test.each([
    ['is left out', { 'x-ref': 'KEY', 'x-tenant': 'a' }, 'x-ref'],
    ['is kept', { 'x-tenant': 'KEY' }, undefined],
    ['is none', { 'x-ref': 'any', 'x-tenant': 'a' }, undefined],
    ['is that of the type, which is kept always', { 'content-type': 'x; boundary=KEY' }, undefined],
  ])('the one that carries the key %s', (_, withKey, left) => {
    const ofCall = { 'x-ref': 'any', 'x-tenant': 'a', 'content-type': 'x; boundary=any' }
    expect(keyHeaderLeftOut(ofCall, withKey, ['x-tenant'])).toBe(left)
  })
})

test.each<[string, OperationRecord, string, boolean]>([
  ['has none', pendingRecord({ sent: 1 }), 'b1', true],
  ['was never sent', pendingRecord({ request }), 'b1', true],
  ['has its own, and was sent', pendingRecord({ request, sent: 1 }), 'b1', false],
  ['is of other bytes', pendingRecord(), 'b2', false],
  ['is at work, and gave its own up', processingRecord(), 'b1', true],
  ['has ended', failedRecord(), 'b1', false],
])('a record that %s takes the request of the call', (_, record, bodyHash, takes) => {
  expect(takesRequest(record, { bodyHash })).toBe(takes)
})
