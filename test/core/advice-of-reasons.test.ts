import { expect, test } from 'vitest'
import { adviceFor } from '../../src/core/run/advice.ts'
import type { ErrorCode } from '../../src/core/run/error-code.ts'
import { advices } from '../../src/public/advice-texts.ts'
import type { StopPlace } from './stop-places.ts'
import { stopPlaces } from './stop-places.ts'

/*
 * Every place in the core that says why something stops, with its code, its reason, and what its reader is advised to do:
 * where the operation was not executed, and where nobody knows. Who adds a place adds a row, and reads whether the advice
 * can help there; where the usual one of code and outcome cannot, the place names another. `passed on`: reason and advice
 * are those of the place that they come from. Of what may have executed and nobody can ask about: adviceInDoubt.
 */
type Row = readonly [file: string, code: string, reason: string, notExecuted: string, unknown: string]

const ROWS: readonly Row[] = [
  ['core/run/after-conflict.ts', 'conflict', 'after a conflict, …', 'passed on', 'passed on'],
  ['core/run/after-conflict.ts', 'configuration', '…', 'none', 'none'],
  ['core/run/finding.ts', 'unresolved', 'nothing is stored of this operation', 'run', 'run-or-settle'],
  ['core/run/finding.ts', 'forgotten', 'the record was dropped', 'run', 'find-out-before-run'],
  [
    'core/run/finding.ts',
    'forgotten',
    'the record was dropped, and the operation was begun again',
    'run',
    'find-out-before-run',
  ],
  [
    'core/run/finding.ts',
    'aborted',
    'the call was stopped before it went on with the operation',
    'none',
    'settle-or-run',
  ],
  [
    'core/run/finding.ts',
    'unresolved',
    'another tab or process is working on the operation, and the deadline has passed',
    'run',
    'run-or-settle',
  ],
  [
    'core/run/finding.ts',
    'payload-mismatch',
    'the operation was begun with another payload',
    'other-id',
    'other-id',
  ],
  [
    'core/run/finding.ts',
    'payload-mismatch',
    'the operation was begun with another method or URL',
    'settle-or-other-id',
    'settle-or-other-id',
  ],
  [
    'core/run/finding.ts',
    '…',
    'the operation was begun at …, and its request goes to … now',
    'same-origin',
    'same-origin',
  ],
  ['core/run/finding.ts', 'forgotten', '…', 'run', 'find-out-before-run'],
  ['core/run/finding.ts', 'sealed', '…', 'run', 'settle'],
  [
    'core/run/finding.ts',
    'aborted',
    'the call was stopped before the operation was begun',
    'none',
    'settle-or-run',
  ],
  ['core/run/interrupting.ts', 'unresolved', 'an unexpected error ended the run', 'report', 'report'],
  [
    'core/run/interrupting.ts',
    'unresolved',
    'the run met an event that cannot come there: … while …',
    'report',
    'report',
  ],
  ['core/run/landing.ts', '…', '…', 'passed on', 'passed on'],
  ['core/run/letting-go.ts', '…', '…', 'passed on', 'passed on'],
  [
    'core/run/letting-go.ts',
    'unresolved',
    'the operation was begun again with a new key',
    'passed on',
    'passed on',
  ],
  [
    'core/run/letting-go.ts',
    'payload-mismatch',
    'the operation was begun with another payload',
    'other-id',
    'other-id',
  ],
  ['core/run/letting-go.ts', 'forgotten', '…', 'passed on', 'passed on'],
  ['core/run/letting-go.ts', '…', '…', 'passed on', 'passed on'],
  ['core/run/looking.ts', 'forgotten', '…', 'run', 'find-out-before-run'],
  ['core/run/looking.ts', 'payload-mismatch', '…', 'other-id', 'other-id'],
  ['core/run/looking.ts', 'sealed', '…', 'run', 'settle'],
  ['core/run/looking.ts', 'unresolved', '…', 'run', 'run-or-settle'],
  ['core/run/looking.ts', '…', '… | …', 'passed on', 'passed on'],
  [
    'core/run/make-end.ts',
    'store-failed',
    'the server refused the operation, but the store could neither keep nor confirm that',
    'store',
    'store',
  ],
  [
    'core/run/make-end.ts',
    'unresolved',
    'the server refused the operation, but a hook sent the request under another key too',
    'find-out-before-run',
    'find-out-before-run',
  ],
  ['core/run/make-end.ts', 'unresolved', 'nothing is known of this operation', 'run', 'run-or-settle'],
  ['core/run/make-end.ts', '…', '…', 'passed on', 'passed on'],
  ['core/run/make-end.ts', 'configuration', '…', 'none', 'none'],
  ['core/run/make-end.ts', '…', '…, and nothing was sent by this call | …', 'passed on', 'passed on'],
  [
    'core/run/next-step.ts',
    'key-expired',
    'the server is at work, and the key is too old to ask with…',
    'conclude-then-run',
    'conclude',
  ],
  [
    'core/run/next-step.ts',
    'still-processing',
    'the server is at work, and there is no way to ask it',
    'later',
    'later',
  ],
  [
    'core/run/next-step.ts',
    'unresolved',
    'the server does not know the operation (any more, or yet)',
    'run',
    'run-or-settle',
  ],
  [
    'core/run/next-step.ts',
    'unresolved',
    'the server does not know the operation (any more, or yet): that proves nothing',
    'run',
    'run-or-settle',
  ],
  [
    'core/run/next-step.ts',
    'key-expired',
    'the server may have forgotten the key…',
    'conclude-then-run',
    'conclude',
  ],
  [
    'core/run/next-step.ts',
    'unresolved',
    '…',
    'conclude | conclude-then-run',
    'conclude | conclude-then-run',
  ],
  [
    'core/run/next-step.ts',
    'unresolved',
    'an attempt may have executed, and the server does not honour keys…',
    'run',
    'run-or-settle',
  ],
  ['core/run/next-step.ts', 'unresolved', '… … used up; the last: …', 'run', 'run-or-settle'],
  ['core/run/next-step.ts', 'unresolved', '…', 'run', 'run-or-settle'],
  ['core/run/next-step.ts', '…', '…', 'passed on', 'passed on'],
  ['core/run/next-step.ts', 'payload-mismatch', '…', 'other-id', 'other-id'],
  ['core/run/next-step.ts', 'still-processing', 'the poll deadline has passed…', 'later', 'later'],
  ['core/run/next-step.ts', 'unresolved', 'the deadline has passed', 'run', 'run-or-settle'],
  ['core/run/one-look.ts', 'still-processing | unresolved', '…', 'passed on', 'passed on'],
  [
    'core/run/pauses.ts',
    'still-processing | unresolved',
    'the server asks to wait past the deadline',
    'after-retry-at',
    'after-retry-at',
  ],
  [
    'core/run/pauses.ts',
    'still-processing | unresolved',
    'the next pause would pass the deadline',
    'passed on',
    'passed on',
  ],
  [
    'core/run/signed-out.ts',
    'unresolved',
    'the server asks who is logged in before it says what became of the operation',
    'sign-in',
    'sign-in',
  ],
  ['core/run/turning.ts', '…', '…', 'passed on', 'passed on'],
  ['core/run/turning.ts', '…', '…', 'passed on', 'passed on'],
  [
    'core/run/turning.ts',
    'already-executed',
    'the operation was executed, and its result is not known here; …',
    'run',
    'settle',
  ],
  ['core/run/turning.ts', 'scope-changed', 'another user is logged in now', 'same-user', 'same-user'],
  [
    'core/run/turning.ts',
    'unresolved',
    'the request is not stored, so that only a call with the input can send it',
    'run-with-input',
    'run-with-input',
  ],
  ['core/run/turning.ts', 'configuration', 'key: …', 'none', 'none'],
  ['core/stored/cancelling.ts', '…', '…', 'passed on', 'passed on'],
  ['core/stored/cancelling.ts', 'aborted', 'the caller aborted', 'none', 'settle-or-run'],
  [
    'core/stored/cancelling.ts',
    'key-expired',
    'a cancel proves nothing, because the server may have forgotten the key…',
    'conclude-then-run',
    'conclude',
  ],
  [
    'core/stored/cancelling.ts',
    'unresolved',
    'the clocks disagree about how old the key is',
    'settle-then-cancel',
    'settle-then-cancel',
  ],
  ['core/stored/cancelling.ts', 'aborted | unresolved', '…', 'passed on', 'passed on'],
  [
    'core/stored/cancelling.ts',
    'forgotten',
    'the operation was begun again with a new key before the cancel was stored',
    'run',
    'find-out-before-run',
  ],
  ['core/stored/cancelling.ts', 'configuration', '…', 'none', 'none'],
  ['core/stored/cancelling.ts', '…', '…', 'passed on', 'passed on'],
  [
    'core/stored/cancelling.ts',
    'still-processing',
    'the server is at work: it is too late to cancel',
    'later',
    'later',
  ],
  ['core/stored/cancelling.ts', '…', '…', 'passed on', 'passed on'],
  [
    'core/stored/cancelling.ts',
    'forgotten',
    'the record was dropped meanwhile',
    'run',
    'find-out-before-run',
  ],
  ['core/stored/cancelling.ts', '…', '…', 'cancel-again', 'cancel-again'],
  [
    'core/stored/cancelling.ts',
    'forgotten',
    'the record was dropped meanwhile',
    'run',
    'find-out-before-run',
  ],
  [
    'core/stored/cancelling.ts',
    'unresolved',
    'the operation was begun again meanwhile',
    'cancel-again',
    'cancel-again',
  ],
  [
    'core/stored/cancelling.ts',
    'unresolved',
    'the store answers so slowly that the operation may have been begun since it was read',
    'cancel-again',
    'cancel-again',
  ],
  ['core/stored/cancelling.ts', '…', '…', 'passed on', 'passed on'],
  ['core/stored/cancelling.ts', 'unresolved', 'nothing is known of this operation', 'run', 'run-or-settle'],
  ['core/stored/cancelling.ts', '…', '…', 'passed on', 'passed on'],
  [
    'core/stored/concluded.ts',
    'already-executed',
    'the operation is proven to be executed, which nothing can undo',
    'run',
    'settle',
  ],
  [
    'core/stored/concluded.ts',
    'configuration',
    '…: nothing is stored of this operation, so nothing was written: look at scope, name and id, or give { begin: true } to write the operation down',
    'none',
    'none',
  ],
  [
    'core/stored/concluded.ts',
    'configuration',
    '…: this operation has had more than one key: give the { key } or { generation } that was not executed',
    'none',
    'none',
  ],
  [
    'core/stored/enqueued.ts',
    'payload-mismatch',
    'the operation was begun with another payload',
    'other-id',
    'other-id',
  ],
  [
    'core/stored/enqueued.ts',
    'key-expired',
    'the server may have forgotten the key…',
    'conclude-then-run',
    'conclude',
  ],
  [
    'core/stored/enqueued.ts',
    'unresolved',
    'the bytes of the request have changed, and the server compares bytes',
    'conclude | conclude-then-run',
    'conclude | conclude-then-run',
  ],
  ['core/stored/forgotten.ts', 'unresolved', 'the operation is still open', 'open-or-force', 'open-or-force'],
  [
    'core/stored/refused-change.ts',
    'conflict',
    'the call is about another key than the one that is stored now, so nothing was changed',
    'name-the-key',
    'name-the-key',
  ],
  [
    'core/stored/resumed.ts',
    'unresolved',
    'the operation was begun again, or settled, while others were resumed',
    'run',
    'run-or-settle',
  ],
  ['core/record/stored-answer.ts', '…', '…', 'passed on', 'passed on'],
  ['core/record/target-fault.ts', '…', '`account` threw, …', 'account-throws', 'account-throws'],
  [
    'core/record/target-fault.ts',
    '…',
    'the account is not the one that the operation was begun with, …',
    'same-account',
    'same-account',
  ],
  [
    'core/record/target-fault.ts',
    '…',
    'the profile is not the one that the operation was begun with, …',
    'same-profile',
    'same-profile',
  ],
  [
    'core/record/target-fault.ts',
    '…',
    'the profile puts the key into another place or form than before, …',
    'same-profile',
    'same-profile',
  ],
  [
    'core/record/target-fault.ts',
    '…',
    'the origin is not the one that the operation was begun at, …',
    'same-origin',
    'same-origin',
  ],
  ['core/record/tombstone.ts', 'forgotten', 'the operation was forgotten', 'run', 'find-out-before-run'],
  [
    'core/record/tombstone.ts',
    'sealed',
    'the operation was cancelled before anything was sent',
    'run',
    'settle',
  ],
  ['core/record/transition.ts', '…', '…', 'passed on', 'passed on'],
]

test('every place that stops is in the table, and gets the advice that the table says', () => {
  expect(stopPlaces().map(rowOf)).toEqual(ROWS)
})

function rowOf(place: StopPlace): Row {
  return [
    `core/${place.file}`,
    place.code,
    place.reason,
    adviceAt(place, 'not-executed'),
    adviceAt(place, 'unknown'),
  ]
}

function adviceAt({ code, advice }: StopPlace, outcome: 'not-executed' | 'unknown'): string {
  if (advice !== undefined) return advice === '…' ? 'passed on' : advice
  // More than one code, or that of another place.
  return /…|\|/.test(code) ? 'passed on' : adviceFor({ code: code as ErrorCode, outcome })
}

test('what is advised is known', () => {
  const advised = ROWS.flatMap(([, , , ...advice]) => advice).flatMap(each => each.split(' | '))
  const known = advices('operation')
  expect(advised.filter(each => each !== 'passed on' && !(each in known))).toEqual([])
})

test('where nobody knows, nothing is advised that sends with a new key unasked', () => {
  const inDoubt = ROWS.map(([, , , , unknown]) => unknown)
  expect(inDoubt.filter(advice => advice === 'run' || advice === 'decide-again')).toEqual([])
})
