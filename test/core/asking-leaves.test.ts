import { describe, expect, test } from 'vitest'
import { homeOrigin, reachOf } from '../../src/core/run/ask-reach.ts'
import type { AskMoment } from '../../src/core/run/ask-refusal.ts'
import { askRefusal } from '../../src/core/run/ask-refusal.ts'

describe('an ask', () => {
  const moment: AskMoment = {
    isOver: false,
    remainingMs: 1,
    isSameScope: true,
    targetFault: undefined,
  }
  const targetFault = { reason: 'the account is another one', advice: 'same-account' as const }

  test('leaves where nothing forbids it', () => {
    expect(askRefusal(moment)).toBe(undefined)
  })

  test.each([
    ['after a stop, or when its time is up', { isOver: true }, 'no time is left'],
    ['at the deadline', { remainingMs: 0 }, 'no time is left'],
    ['once another user is logged in', { isSameScope: false }, 'another user is logged in'],
    ['where the key means something else now', { targetFault }, 'the account is another one'],
    ['for the first of many reasons', { isSameScope: false, targetFault }, 'another user is logged in'],
  ])('does not leave %s', (_, what, refusal) => {
    expect(askRefusal({ ...moment, ...what })).toBe(refusal)
  })
})

describe('an ask reaches', () => {
  const [own, other] = ['https://own.example', 'https://other.example']
  test.each([
    ['status', true, own, own, 'own-origin'],
    ['result', false, other, own, 'trusted-origins'],
    // The server has just named it to this run.
    ['poll-url', true, other, own, 'trusted-origins'],
    // Out of a stored record.
    ['poll-url', false, own, own, 'trusted-origins'],
    ['poll-url', false, other, own, 'no-credentials'],
    ['poll-url', false, undefined, own, 'no-credentials'],
  ] as const)(
    '%s, named to this run: %s, own %s, stored %s: %s',
    (at, isNamedToThisRun, ownOrigin, storedOrigin, reach) => {
      expect(reachOf({ at, isNamedToThisRun, ownOrigin, storedOrigin })).toBe(reach)
    },
  )

  test.each([
    ['where it was begun', own, other, own],
    ['where its request goes, if it was only concluded from outside', '', other, other],
    ['where its request goes, if nothing is stored', undefined, other, other],
    ['nowhere, if nothing is known', undefined, undefined, ''],
  ])('the operation where it is at home: %s', (_, storedOrigin, ownOrigin, home) => {
    expect(homeOrigin({ storedOrigin, ownOrigin })).toBe(home)
  })
})
