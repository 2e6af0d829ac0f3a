import { describe, expect, test } from 'vitest'
import { OperationError } from '../../src/public/errors.ts'
import type { MutationState } from '../../src/react/mutation-state.ts'
import { IDLE, isFound, isOwned, nextState, viewOf } from '../../src/react/mutation-state.ts'
import type { Snapshot } from '../../src/client/snapshot.ts'

type State = MutationState<string, number>

const error = new OperationError({ code: 'unresolved', outcome: 'unknown', reason: 'it stopped' })
const refused = new OperationError({ code: 'rejected', outcome: 'not-executed', reason: 'no money' })

function snapshot(changes: Partial<Snapshot<number>> = {}): Snapshot<number> {
  return {
    id: 'cart-42',
    name: 'place-order',
    scope: 'user-7',
    generation: 1,
    key: 'key-1',
    state: 'pending',
    phase: 'sending',
    attempts: 1,
    polls: 0,
    startedAt: 0,
    retryAt: undefined,
    nextLookAt: undefined,
    data: undefined,
    error: undefined,
    outcome: 'unknown',
    replayed: false,
    ...changes,
  }
}

function shown(changes: Partial<Snapshot<number>> = {}, call = 1): State {
  const owner = { scope: 'user-7', name: 'place-order' }
  return { kind: 'shown', call, owner, variables: 'cart', snapshot: snapshot(changes), refusal: undefined }
}

describe('the state of a hook', () => {
  test('a call is shown from its first tick, in the place of an older one', () => {
    const owner = { scope: 'user-7', name: 'place-order' }
    const second = { call: 2, owner, variables: 'another', snapshot: snapshot() }
    const after = { ...second, kind: 'shown', refusal: undefined }
    expect(nextState<string, number>({ kind: 'idle', call: 0 }, { ...second, kind: 'called' })).toEqual(after)
    expect(nextState(shown({}, 1), { ...second, kind: 'called' })).toEqual(after)
  })

  test('what an older run tells changes nothing', () => {
    const state = shown({}, 2)
    expect(nextState(state, { kind: 'changed', call: 1, snapshot: snapshot({ attempts: 9 }) })).toBe(state)
    expect(nextState(state, { kind: 'refused', call: 1, error })).toBe(state)
  })

  test('a reset clears it, and what the run tells afterwards changes nothing', () => {
    const reset = nextState(shown({}, 1), { kind: 'reset', call: 2 })
    expect(reset).toEqual({ kind: 'idle', call: 2 })
    expect(nextState(reset, { kind: 'changed', call: 1, snapshot: snapshot() })).toBe(reset)
  })

  test('nobody else sees it: another scope, another definition, nobody at all', () => {
    expect(isOwned(shown(), { scope: 'user-7', name: 'place-order' })).toBe(true)
    expect(isOwned(shown(), { scope: 'user-8', name: 'place-order' })).toBe(false)
    expect(isOwned(shown(), { scope: 'user-7', name: 'transfer' })).toBe(false)
    expect(isOwned(shown(), { scope: undefined, name: 'place-order' })).toBe(false)
  })

  test.each([
    ['nothing is stored', { state: undefined, phase: 'claiming', outcome: 'not-executed' }, false],
    ['a settled record is being read', { state: 'succeeded', phase: 'claiming' }, false],
    ['another runner holds it', { state: 'pending', phase: 'claiming' }, true],
    ['its result is asked for', { state: 'succeeded', phase: 'asking' }, true],
    ['it is settled', { state: 'succeeded', phase: 'settled', outcome: 'executed' }, true],
    ['it was dropped meanwhile', { state: undefined, phase: 'settled', outcome: 'not-executed' }, false],
    ['the store failed', { state: undefined, phase: 'settled', outcome: 'unknown' }, true],
  ] as const)('a restored run is shown only once it is found: %s', (_name, changes, found) => {
    expect(isFound(snapshot(changes))).toBe(found)
  })
})

describe('the view of a state', () => {
  const flags = (now: 'isIdle' | 'isPending' | 'isSuccess' | 'isError' | 'isUnknown') => ({
    isIdle: false,
    isPending: false,
    isSuccess: false,
    isError: false,
    isUnknown: false,
    [now]: true,
  })

  test('idle', () => {
    expect(viewOf({ kind: 'idle', call: 3 })).toBe(IDLE)
    expect(IDLE).toEqual({
      status: 'idle',
      ...flags('isIdle'),
      data: undefined,
      error: null,
      variables: undefined,
      outcome: undefined,
      phase: undefined,
      replayed: false,
      attempts: 0,
      retryAt: undefined,
      idempotencyKey: undefined,
    })
  })

  test('pending', () => {
    expect(viewOf(shown({ phase: 'waiting', attempts: 2, retryAt: 5 }))).toEqual({
      status: 'pending',
      ...flags('isPending'),
      data: undefined,
      error: null,
      variables: 'cart',
      outcome: 'unknown',
      phase: 'waiting',
      replayed: false,
      attempts: 2,
      retryAt: 5,
      idempotencyKey: 'key-1',
    })
  })

  test('pending, while the latest call was refused', () => {
    const state = nextState(shown(), { kind: 'refused', call: 1, error })
    expect(viewOf(state)).toMatchObject({ status: 'pending', error })
  })

  test('success, and executed but unreadable is one too', () => {
    const executed = { phase: 'settled', outcome: 'executed', replayed: true } as const
    expect(viewOf(shown({ ...executed, data: 7 }))).toMatchObject({
      status: 'success',
      ...flags('isSuccess'),
      data: 7,
      error: null,
      replayed: true,
    })
    expect(viewOf(shown({ ...executed, error }))).toMatchObject({
      status: 'success',
      ...flags('isSuccess'),
      data: undefined,
      error,
    })
  })

  test('error only where it is proven, else unknown', () => {
    expect(viewOf(shown({ phase: 'settled', outcome: 'not-executed', error: refused }))).toMatchObject({
      status: 'error',
      ...flags('isError'),
      error: refused,
    })
    expect(viewOf(shown({ phase: 'settled', outcome: 'unknown', error }))).toMatchObject({
      status: 'unknown',
      ...flags('isUnknown'),
      error,
    })
  })
})
