import { describe, expect, test } from 'vitest'
import { OperationError } from '../../src/public/errors.ts'
import type { SharedState } from '../../src/react/shared-state.ts'
import { NOTHING_KNOWN, isFound, nextState } from '../../src/react/shared-state.ts'
import { snapshot } from './snapshot.ts'

const executed = snapshot({ state: 'succeeded', phase: 'settled', outcome: 'executed', data: 1 })
const error = new OperationError({ code: 'unresolved', outcome: 'unknown', reason: 'it stopped' })
const unknown = snapshot({ phase: 'settled', outcome: 'unknown', error })
const claiming = snapshot({ state: undefined, phase: 'claiming', outcome: 'not-executed' })

function knowing(known: SharedState['known'], turn = 1): SharedState {
  return { turn, known, before: undefined, tried: undefined }
}

describe('what a page knows of an operation', () => {
  test('a call is known from its first tick, and what an older run says changes nothing', () => {
    const called = { kind: 'called', turn: 2, text: 'cart', snapshot: claiming } as const
    const state = nextState(knowing(unknown), called)
    expect(state).toEqual({ turn: 2, known: claiming, before: unknown, tried: undefined })
    for (const kind of ['changed', 'refused', 'found', 'absent'] as const)
      expect(nextState(state, { kind, turn: 1, snapshot: executed })).toBe(state)
  })

  test('a call after an execution is tried: it stays executed until the call has come further than looking', () => {
    const called = { kind: 'called', turn: 2, text: 'cart', snapshot: claiming } as const
    const tried = nextState(knowing(executed), called)
    expect(tried).toMatchObject({ known: executed, tried: { text: 'cart', snapshot: claiming } })
    expect(nextState(tried, { kind: 'refused', turn: 2 })).toMatchObject({
      known: executed,
      tried: undefined,
    })
    const sending = snapshot({ generation: 2, phase: 'sending' })
    expect(nextState(tried, { kind: 'changed', turn: 2, snapshot: sending })).toMatchObject({
      known: sending,
      tried: undefined,
    })
  })

  test('a call that was refused leaves what was known before it', () => {
    const called = nextState(knowing(unknown), { kind: 'called', turn: 2, text: 'cart', snapshot: claiming })
    expect(nextState(called, { kind: 'refused', turn: 2 }).known).toBe(unknown)
  })

  test('looking into an unknown end, or again at an executed one, is no news; what is sent is', () => {
    const asking = snapshot({ phase: 'asking' })
    const sending = snapshot({ phase: 'sending', attempts: 2 })
    for (const known of [unknown, executed]) {
      expect(nextState(knowing(known), { kind: 'found', turn: 1, snapshot: asking }).known).toBe(known)
      expect(nextState(knowing(known), { kind: 'found', turn: 1, snapshot: sending }).known).toBe(sending)
    }
    expect(nextState(knowing(undefined), { kind: 'found', turn: 1, snapshot: asking }).known).toBe(asking)
  })

  test('an execution is not forgotten for a look that failed, but for a record that is gone or came after it', () => {
    const failed = snapshot({ state: undefined, phase: 'settled', outcome: 'unknown', error })
    const later = snapshot({ generation: 2, phase: 'settled', outcome: 'unknown', error })
    expect(nextState(knowing(executed), { kind: 'found', turn: 1, snapshot: failed }).known).toBe(executed)
    expect(nextState(knowing(executed), { kind: 'found', turn: 1, snapshot: later }).known).toBe(later)
    expect(nextState(knowing(executed), { kind: 'absent', turn: 1 }).known).toBeUndefined()
  })

  test('that an unknown end was looked into says when it is looked at next, and nothing of another one', () => {
    const looked = { kind: 'looked', turn: 1, nextLookAt: 7 } as const
    expect(nextState(knowing(unknown), looked).known).toEqual({ ...unknown, nextLookAt: 7 })
    const known = knowing(executed)
    expect(nextState(known, looked)).toBe(known)
  })

  test('what never came to the store is not missed there', () => {
    expect(nextState(knowing(claiming), { kind: 'absent', turn: 1 }).known).toBe(claiming)
    expect(nextState(NOTHING_KNOWN, { kind: 'absent', turn: 0 })).toBe(NOTHING_KNOWN)
  })

  test.each([
    ['nothing is stored', { state: undefined, phase: 'claiming', outcome: 'not-executed' }, false],
    ['a settled record is being read', { state: 'succeeded', phase: 'claiming' }, false],
    ['another runner holds it', { state: 'pending', phase: 'claiming' }, true],
    ['its result is asked for', { state: 'succeeded', phase: 'asking' }, true],
    ['it is settled', { state: 'succeeded', phase: 'settled', outcome: 'executed' }, true],
    ['it was dropped meanwhile', { state: undefined, phase: 'settled', outcome: 'not-executed' }, false],
    ['the store failed', { state: undefined, phase: 'settled', outcome: 'unknown' }, true],
  ] as const)('a run that was taken up is shown only once it is found: %s', (_name, changes, found) => {
    expect(isFound(snapshot(changes))).toBe(found)
  })
})
