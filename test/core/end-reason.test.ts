import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/core/run/error-code.ts'
import type { Reason } from '../../src/core/run/end-reason.ts'
import { reasonByRun, reasonOf } from '../../src/core/run/end-reason.ts'
import { remediesFor } from '../../src/core/run/page-remedies.ts'

describe('the reason of an end', () => {
  test.each<[ErrorCode, Reason]>([
    ['rejected', 'declined'],
    ['conflict', 'conflict'],
    ['payload-mismatch', 'changed'],
    ['unresolved', 'unreachable'],
    ['still-processing', 'busy'],
    ['key-expired', 'too-late'],
    ['already-executed', 'unreadable'],
    ['response-invalid', 'unreadable'],
    ['store-failed', 'no-storage'],
    ['store-corrupt', 'no-storage'],
    ['scope-changed', 'sign-in'],
    ['sealed', 'cancelled'],
    ['forgotten', 'cancelled'],
    ['aborted', 'aborted'],
    ['configuration', 'mistake'],
  ])('of %s is %s', (code, reason) => {
    expect(reasonOf({ code, outcome: 'not-executed', status: undefined })).toBe(reason)
  })

  test.each([
    [401, 'not-executed', 'sign-in'],
    [407, 'not-executed', 'sign-in'],
    [401, 'unknown', 'sign-in'],
    [429, 'not-executed', 'busy'],
    [402, 'not-executed', 'declined'],
    [422, 'not-executed', 'declined'],
    // Refused after an attempt that may have executed: nothing is declined.
    [402, 'unknown', 'unreachable'],
  ] as const)('of a %s that is %s is %s', (status, outcome, reason) => {
    expect(reasonOf({ code: 'rejected', outcome, status })).toBe(reason)
  })

  test.each([
    [429, 'not-executed', 'busy'],
    [429, 'unknown', 'unreachable'],
    [503, 'not-executed', 'unreachable'],
  ] as const)('of an end after a %s that is %s is %s', (status, outcome, reason) => {
    expect(reasonOf({ code: 'unresolved', outcome, status })).toBe(reason)
  })
})

describe('the reason that a run knows', () => {
  const on = { isOnline: true, signInsInARow: 0 }
  test.each([
    ['unresolved', on, undefined],
    ['unresolved', { ...on, isOnline: false }, 'offline'],
    ['unresolved', { ...on, signInsInARow: 1 }, 'sign-in'],
    // Without a network nobody can sign in.
    ['unresolved', { isOnline: false, signInsInARow: 3 }, 'offline'],
    // The server was at work when it last knew who asked.
    ['still-processing', { ...on, signInsInARow: 1 }, 'sign-in'],
    ['still-processing', { ...on, isOnline: false }, undefined],
    ['still-processing', on, undefined],
    ['key-expired', { ...on, signInsInARow: 3 }, undefined],
    ['aborted', { ...on, signInsInARow: 3 }, undefined],
  ] as const)('of %s, %o, is %s', (code, run, reason) => {
    expect(reasonByRun(code, run)).toBe(reason)
  })
})

describe('what a person can do', () => {
  test('about an unknown without keys is never to press again', () => {
    for (const reason of ['unreachable', 'offline', 'busy', 'aborted', 'no-storage'] as const)
      expect(remediesFor({ outcome: 'unknown', reason, honoursKeys: false })).toEqual(['check'])
  })

  test('about a record that cannot be read is never to press again', () => {
    const end = { outcome: 'unknown', reason: 'no-storage', honoursKeys: true } as const
    expect(remediesFor({ ...end, code: 'store-corrupt' })).toEqual(['check'])
    expect(remediesFor({ ...end, code: 'store-failed' })).toEqual(['check', 'retry'])
  })

  test('about what was executed is nothing', () => {
    expect(remediesFor({ outcome: 'executed', reason: undefined, honoursKeys: true })).toEqual(['nothing'])
  })
})
