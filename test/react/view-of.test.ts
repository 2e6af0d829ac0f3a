import { describe, expect, test } from 'vitest'
import { OperationError } from '../../src/public/errors.ts'
import { IDLE } from '../../src/react/mutation-view.ts'
import type { Look } from '../../src/react/view-of.ts'
import { viewOf } from '../../src/react/view-of.ts'
import { snapshot } from './snapshot.ts'

const error = new OperationError({
  code: 'unresolved',
  outcome: 'unknown',
  reason: 'it stopped',
  honoursKeys: true,
})
const declined = new OperationError({
  code: 'rejected',
  outcome: 'not-executed',
  reason: 'no money',
  serverMessage: 'Your card was declined.',
})
const mismatch = (outcome: 'executed' | 'unknown' | 'not-executed') =>
  new OperationError({ code: 'payload-mismatch', outcome, reason: 'begun with another', key: 'key-1' })

const executed = snapshot({
  state: 'succeeded',
  phase: 'settled',
  outcome: 'executed',
  data: 7,
  replayed: true,
})
const refused = snapshot({ state: 'failed', phase: 'settled', outcome: 'not-executed', error: declined })
const unknown = snapshot({ phase: 'settled', outcome: 'unknown', error, nextLookAt: 9, retryAt: 5 })

function view(changes: Partial<Look<string>> = {}) {
  return viewOf<string, number>({
    variables: 'cart',
    snapshot: snapshot(),
    isSame: true,
    isCalling: false,
    ownEnd: undefined,
    ...changes,
  })
}

const flags = (now?: 'isIdle' | 'isPending' | 'isSuccess' | 'isChanged' | 'isError' | 'isUnknown') => ({
  isIdle: false,
  isPending: false,
  isSuccess: false,
  isChanged: false,
  isError: false,
  isUnknown: false,
  ...(now !== undefined && { [now]: true }),
})

describe('what a hook shows', () => {
  test('nothing, where nothing is known', () => {
    expect(view({ snapshot: undefined })).toBe(IDLE)
    expect(IDLE).toEqual({
      status: 'idle',
      ...flags('isIdle'),
      data: undefined,
      executed: undefined,
      error: null,
      reason: undefined,
      serverMessage: undefined,
      can: ['nothing'],
      variables: undefined,
      outcome: undefined,
      phase: undefined,
      replayed: false,
      attempts: 0,
      retryAt: undefined,
      isPaused: false,
      idempotencyKey: undefined,
    })
  })

  test('what is under way, whatever the payload', () => {
    const pending = {
      status: 'pending',
      ...flags('isPending'),
      data: undefined,
      executed: undefined,
      error: null,
      reason: undefined,
      serverMessage: undefined,
      can: ['nothing'],
      variables: 'cart',
      outcome: 'unknown',
      phase: 'waiting',
      replayed: false,
      attempts: 2,
      retryAt: 5,
      isPaused: false,
      idempotencyKey: 'key-1',
    }
    const waiting = snapshot({ phase: 'waiting', attempts: 2, retryAt: 5 })
    expect(view({ snapshot: waiting })).toEqual(pending)
    expect(view({ snapshot: waiting, isSame: undefined })).toEqual(pending)
    expect(view({ snapshot: waiting, isSame: false })).toEqual({ ...pending, reason: 'changed' })
    const refusal = mismatch('unknown')
    const told = { ...pending, reason: 'changed', error: refusal }
    expect(view({ snapshot: waiting, isSame: undefined, ownEnd: refusal })).toEqual(told)
  })

  test('that it waits for the network', () => {
    const paused = snapshot({ phase: 'waiting', isPaused: true })
    expect(view({ snapshot: paused })).toMatchObject({ status: 'pending', isPaused: true })
  })

  test('a success, also an unreadable one, only for the payload that was executed', () => {
    expect(view({ snapshot: executed })).toMatchObject({
      status: 'success',
      ...flags('isSuccess'),
      data: 7,
      error: null,
      reason: undefined,
      can: ['nothing'],
      replayed: true,
    })
    const unreadable = new OperationError({ code: 'response-invalid', outcome: 'executed', reason: 'cut' })
    expect(view({ snapshot: { ...executed, data: undefined, error: unreadable } })).toMatchObject({
      status: 'success',
      ...flags('isSuccess'),
      data: undefined,
      error: unreadable,
      reason: 'unreadable',
    })
    expect(view({ snapshot: executed, isSame: undefined })).toBe(IDLE)
    expect(view({ snapshot: executed, isSame: undefined, isCalling: true })).toMatchObject({
      status: 'pending',
      variables: 'cart',
    })
  })

  test('`changed`, with what was executed beside it under a name of its own', () => {
    const changed = {
      status: 'changed',
      ...flags('isChanged'),
      data: undefined,
      executed: { data: 7, error: null },
      error: null,
      reason: 'changed',
      can: ['change'],
      outcome: 'executed',
      replayed: false,
    }
    expect(view({ snapshot: executed, isSame: false })).toMatchObject(changed)
    const refusal = mismatch('executed')
    expect(view({ snapshot: executed, isSame: undefined, ownEnd: refusal })).toMatchObject({
      ...changed,
      error: refusal,
    })
    expect(view({ snapshot: undefined, ownEnd: refusal })).toMatchObject({
      ...changed,
      executed: { data: undefined, error: refusal },
      error: refusal,
      idempotencyKey: 'key-1',
    })
  })

  test('an error only where it is proven, and only for the payload that was refused', () => {
    expect(view({ snapshot: refused })).toMatchObject({
      status: 'error',
      ...flags('isError'),
      error: declined,
      reason: 'declined',
      serverMessage: 'Your card was declined.',
      can: ['change', 'retry'],
    })
    expect(view({ snapshot: refused, isSame: false })).toBe(IDLE)
    expect(view({ snapshot: refused, isSame: undefined })).toBe(IDLE)
    const begun = mismatch('not-executed')
    expect(view({ snapshot: refused, ownEnd: begun })).toMatchObject({ error: begun, reason: 'changed' })
    expect(view({ snapshot: refused, ownEnd: mismatch('unknown') })).toMatchObject({ error: declined })
  })

  test('unknown whatever the payload, when it is looked at next, and what another payload can do', () => {
    expect(view({ snapshot: unknown, isSame: undefined })).toMatchObject({
      status: 'unknown',
      ...flags('isUnknown'),
      error,
      reason: 'unreachable',
      can: ['check', 'retry'],
      retryAt: 9,
    })
    expect(view({ snapshot: unknown, isSame: false })).toMatchObject({ reason: 'changed', can: ['check'] })
    const refusal = mismatch('unknown')
    expect(view({ snapshot: unknown, ownEnd: refusal })).toMatchObject({ error: refusal, can: ['check'] })
  })

  test("how its own call ended, where that is not the operation's end", () => {
    const blocked = new OperationError({ code: 'store-failed', outcome: 'unknown', reason: 'blocked' })
    const shown = { status: 'unknown', error: blocked, reason: 'no-storage' }
    expect(view({ snapshot: executed, ownEnd: blocked })).toMatchObject(shown)
  })
})
