import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/core/run/error-code.ts'
import { adviceInDoubt } from '../../src/core/run/advice-in-doubt.ts'
import { advices, adviceText } from '../../src/public/advice-texts.ts'
import { OperationError } from '../../src/public/errors.ts'
import { pendingRecord } from './samples.ts'

/* What a person is advised to do, each text a literal: by code and outcome, by the reason, and where nothing helps. */

const AGAIN = 'Call `run` or `settle` again: the key is kept.'
const LATER = 'Call `run` or `settle` later: the key is kept.'
const RUN = 'Call `run` to perform it.'
const SETTLE = 'Call `settle` to find out.'
const RESULT = 'Call `run` or `settle` to get its result.'
const READ = 'Read the result from the server.'
const STORE = 'See `cause`, where there is one, and try again when the store works.'
const OTHER_ID = 'Use another id for another intention.'
const INSPECT =
  'Find out from the server whether it was executed; then drop the record with `force`: by `forget`, on a server by `conclude`.'
const LOG_IN = 'Log in as the user whose operation it is; the record is kept until then.'

const USUAL: Readonly<Record<ErrorCode, readonly [executed: string, notExecuted: string, unknown: string]>> =
  {
    rejected: [READ, 'Read `response` for why.', 'Read `response` for why, and call `settle` to find out.'],
    conflict: [
      RESULT,
      'Read the current state and decide again.',
      'Read `response` for why, and call `settle` to find out.',
    ],
    'payload-mismatch': [OTHER_ID, OTHER_ID, OTHER_ID],
    unresolved: [RESULT, RUN, AGAIN],
    'still-processing': [RESULT, LATER, LATER],
    'key-expired': [
      READ,
      "Call `conclude` with 'not-executed', then `run`, which uses a new key.",
      'Find out from the server, then call `conclude`.',
    ],
    'already-executed': [READ, RUN, SETTLE],
    'response-invalid': ['Do not send it again; read the result from the server.', RUN, SETTLE],
    'store-failed': [STORE, STORE, STORE],
    'store-corrupt': [INSPECT, INSPECT, INSPECT],
    'scope-changed': [LOG_IN, LOG_IN, LOG_IN],
    sealed: [RESULT, RUN, SETTLE],
    forgotten: [READ, RUN, 'Find out from the server before you call `run`, which uses a new key.'],
    aborted: [RESULT, '', 'Call `settle` to find out, or `run` to go on.'],
    configuration: ['', '', ''],
  }

describe('by code and outcome', () => {
  test.each(Object.entries(USUAL))('%s', (code, [executed, notExecuted, unknown]) => {
    const adviceOf = (outcome: 'executed' | 'not-executed' | 'unknown') =>
      adviceText({ code: code as ErrorCode, outcome })
    expect(adviceOf('executed')).toBe(executed)
    expect(adviceOf('not-executed')).toBe(notExecuted)
    expect(adviceOf('unknown')).toBe(unknown)
  })
})

test('by the reason, where its advice is its own', () => {
  expect(advices('operation')).toEqual({
    none: '',
    'look-at-response': 'Read `response` for why.',
    'look-and-settle': 'Read `response` for why, and call `settle` to find out.',
    'look-and-run': 'Read `response` for why, then call `run` again: the key is kept.',
    'look-and-conclude': 'Read `response` for why, find out from the server, then call `conclude`.',
    'decide-again': 'Read the current state and decide again.',
    'other-id': OTHER_ID,
    'name-the-key': 'Look at `inspect`, and name the key that is meant.',
    run: RUN,
    'run-with-input': 'Call `run` with the input: the key is kept.',
    'run-or-settle': AGAIN,
    'after-retry-at': 'Call `run` or `settle` again after `retryAt`: the key is kept.',
    later: LATER,
    'later-or-conclude': 'Call `settle` later, or find out from the server and call `conclude`.',
    settle: SETTLE,
    'settle-or-run': 'Call `settle` to find out, or `run` to go on.',
    'settle-then-cancel': 'Call `settle`, which asks the server for its time, then `cancel` again.',
    'cancel-again': 'Call `cancel` again, or `settle` to find out: the key is kept.',
    conclude: 'Find out from the server, then call `conclude`.',
    'conclude-then-run': "Call `conclude` with 'not-executed', then `run`, which uses a new key.",
    'get-result': RESULT,
    'read-result': READ,
    'never-again': 'Do not send it again; read the result from the server.',
    'open-or-force':
      'Call `settle` to find out, or `forget` with { force: true } to stop looking for its outcome.',
    store: STORE,
    'inspect-store': INSPECT,
    'settle-or-other-id': 'Call `settle` to find out. Use another id for another intention only.',
    'whole-store': 'See `cause` for what the store needs.',
    update: 'Use the newer version of stillonce that wrote the record.',
    'load-again': 'See `cause`. Load the page again, or restart the process; then call `run` or `settle`.',
    report: 'Call `run` or `settle` again: the key is kept. Report this as a bug of stillonce, with `cause`.',
    'account-throws': 'Log in again, or correct `account`; then call `run` or `settle`: the key is kept.',
    'same-account':
      'Log in to the account that the operation was begun with, then call `run` or `settle`: the key is kept.',
    'same-profile':
      'Call `run` or `settle` with the profile that the operation was begun with: the key is kept.',
    'same-origin': 'Call `run` or `settle` at the origin that the operation was begun with: the key is kept.',
    'same-user': LOG_IN,
    'sign-in': 'Sign in, then call `settle` or `run`: the key is kept.',
    'find-out-before-run': 'Find out from the server before you call `run`, which uses a new key.',
  })
})

describe('of a fetch for an SDK, which has no `run`, and the methods of an operation behind `byId`', () => {
  test.each([
    ['run-with-input', 'Call the fetch with the request: the key is kept.'],
    ['run-or-settle', 'Call the fetch or `byId(id).settle` again: the key is kept.'],
    ['cancel-again', 'Call `byId(id).cancel` again, or `byId(id).settle` to find out: the key is kept.'],
    [
      'conclude-then-run',
      "Call `byId(id).conclude` with 'not-executed', then the fetch, which uses a new key.",
    ],
    ['name-the-key', 'Look at `byId(id).inspect`, and name the key that is meant.'],
    [
      'inspect-store',
      'Find out from the server whether it was executed; then drop the record with `force`: by `byId(id).forget`, on a server by `conclude`.',
    ],
    ['read-result', READ],
  ] as const)('%s', (advice, text) => {
    expect(adviceText({ code: 'unresolved', outcome: 'unknown', advice }, 'fetch')).toBe(text)
  })
})

describe('of what may have executed, where the usual advice could not help', () => {
  const doubtful = pendingRecord({ sent: 1, ambiguous: 1, attempts: 1 })
  const polled = { ...doubtful, statusUrl: 'https://shop.test/status/1' }
  const none = { record: doubtful, honoursKeys: false, hasStatus: false }

  test.each([
    ['a refusal, and the key tells', 'rejected', { honoursKeys: true }, 'look-and-run'],
    ['a refusal, and nobody answers', 'rejected', {}, 'look-and-conclude'],
    ['a conflict, and nobody answers', 'conflict', {}, 'look-and-conclude'],
    ['a refusal, and a status request', 'rejected', { hasStatus: true }, undefined],
    ['the deadline, and the key tells', 'unresolved', { honoursKeys: true }, undefined],
    ['the deadline, and a status request', 'unresolved', { hasStatus: true }, undefined],
    ['the deadline, and a URL to ask at', 'unresolved', { record: polled }, undefined],
    ['the deadline, and nobody answers', 'unresolved', {}, 'conclude'],
    ['an abort, and nobody answers', 'aborted', {}, 'conclude'],
    ['a server at work that cannot be asked', 'still-processing', {}, 'conclude'],
    ['of which nothing was sent', 'unresolved', { record: pendingRecord() }, undefined],
    ['of which no record is known', 'unresolved', { record: undefined }, undefined],
    ['an old key', 'key-expired', {}, undefined],
  ] as const)('%s', (_, code, ways, advice) => {
    expect(adviceInDoubt({ code, outcome: 'unknown' }, { ...none, ...ways })).toBe(advice)
  })

  test('what is known needs none', () => {
    expect(adviceInDoubt({ code: 'unresolved', outcome: 'not-executed' }, none)).toBeUndefined()
  })
})

test('an error has the advice of its reason at its end', () => {
  const reason = 'the account is not the one that the operation was begun with'
  const { message } = new OperationError({
    code: 'unresolved',
    outcome: 'unknown',
    reason,
    help: adviceText({ code: 'unresolved', outcome: 'unknown', advice: 'same-account' }),
  })
  expect(message).toBe(
    'The account is not the one that the operation was begun with. Whether the operation was executed is not known. ' +
      'Log in to the account that the operation was begun with, then call `run` or `settle`: the key is kept.',
  )
})
