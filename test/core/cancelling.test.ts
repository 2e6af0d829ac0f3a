import { describe, expect, test } from 'vitest'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { neverSent, tombstone } from '../../src/core/record/tombstone.ts'
import type {
  CancelActivity,
  CancelReply,
  CancelEvent,
  CancelFacts,
  CancelStep,
} from '../../src/core/stored/cancel-state.ts'
import { beginCancel, cancelStep } from '../../src/core/stored/cancelling.ts'
import { failedRecord, frozen, pendingRecord, processingRecord, START, succeededRecord } from './samples.ts'

const identity = { scope: 'user-7', name: 'place-order', id: 'cart-42' }
const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'

/** Ten seconds after everything begins. */
const facts: CancelFacts = {
  wallAt: START + 10_000,
  nowAt: START + 10_000,
  ms: 10_000,
  clocks: { nowAt: START + 10_000 },
  identity,
  runner: 'tab-1',
  honoursKeys: true,
  aim: { profile: 'plain', carriage: 'idempotency-key raw', account: '', origin: undefined },
  horizon: { retentionMs: 86_400_000, timeoutMs: 30_000 },
  hasStatus: false,
  isAborted: false,
  isRunning: false,
  isFree: lease => lease === undefined,
}

/** A look that began `ageMs` ago. */
function seen(stored: OperationRecord | undefined, ageMs = 100): CancelEvent {
  const since = { nowAt: START + 10_000 - ageMs, monotonicMs: 10_000 - ageMs }
  return { type: 'seen', look: { stored: frozen(stored), since } }
}

const failing = (isCorrupt: boolean): CancelEvent => ({
  type: 'store-failed',
  fault: {
    reason: 'the store could not read',
    isCorrupt,
    isMissing: false,
    isUnread: false,
    cause: 'the disk',
    told: 'the disk',
  },
})

function walked(events: readonly CancelEvent[], changes: Partial<CancelFacts> = {}): CancelStep {
  let step = beginCancel
  for (const event of events) step = cancelStep(step[0], event, { ...facts, ...changes })
  return step
}

const lease = { runner: 'tab-2', until: START + 60_000 }
const held = pendingRecord({ lease })
const doubtful = pendingRecord({ attempts: 1, sent: 1, ambiguous: 1, firstSentAt: START })
const asked = (record: OperationRecord, came: CancelReply): readonly CancelEvent[] => [
  seen(record),
  seen(record),
  { type: 'answered', came },
]
const unclear: CancelReply = { kind: 'inconclusive', reason: 'the server answered 500 to the cancel' }
const refused: CancelReply = {
  kind: 'proof',
  told: { kind: 'not-executed', failure: { code: 'sealed', reason: 'the key is refused' } },
}
const done: CancelReply = { kind: 'proof', told: { kind: 'executed', result: undefined } }
const cancelled = neverSent(undefined, identity, START)

describe('what a cancel does', () => {
  test.each<[string, readonly CancelEvent[], Partial<CancelFacts>, CancelActivity['name'], string]>([
    ['reads first', [], {}, 'looking', 'read'],
    ['stops a run that may be about to begin', [seen(undefined)], {}, 'stopping-run', 'stop-run'],
    ['the same after a forget', [seen(tombstone(failedRecord(), START))], {}, 'stopping-run', 'stop-run'],
    [
      'takes the place once the run is gone',
      [seen(undefined), { type: 'run-gone' }],
      {},
      'taking-the-place',
      'change',
    ],
    ['reads what is stored once more in the write', [seen(doubtful)], {}, 'taking-the-place', 'change'],
    ['asks about what may have been executed', [seen(doubtful), seen(doubtful)], {}, 'asking', 'ask'],
    [
      'asks about what another runner holds and has not sent: its byte may be about to leave',
      [seen(held), seen(held)],
      {},
      'asking',
      'ask',
    ],
    [
      'asks about what a run here is at',
      [seen(pendingRecord()), seen(pendingRecord())],
      { isRunning: true },
      'asking',
      'ask',
    ],
    [
      'asks about what was refused, and may be sent again',
      [seen(pendingRecord({ sent: 1 })), seen(pendingRecord({ sent: 1 }))],
      {},
      'asking',
      'ask',
    ],
    [
      'closes what never left and nobody holds, in the store alone',
      [seen(pendingRecord()), seen(pendingRecord())],
      {},
      'closing',
      'change',
    ],
    [
      'closes what never left at another account too: a run may begin it there',
      [seen(pendingRecord()), seen(pendingRecord())],
      { aim: { ...facts.aim, account: 'another' } },
      'closing',
      'change',
    ],
    [
      'asks about what was sent meanwhile',
      [seen(pendingRecord()), seen(pendingRecord()), seen(doubtful)],
      {},
      'asking',
      'ask',
    ],
    [
      'takes the place where it was dropped meanwhile',
      [seen(pendingRecord()), seen(pendingRecord()), seen(undefined)],
      {},
      'taking-the-place',
      'change',
    ],
    ['keeps a proof', asked(doubtful, refused), {}, 'keeping', 'change'],
    [
      'notes that the server is at work',
      asked(doubtful, { kind: 'processing' }),
      {},
      'keeping-at-work',
      'note',
    ],
    ['looks again after an unclear answer', asked(doubtful, unclear), {}, 'looking-after', 'read'],
    [
      'looks again where nobody has proven "not executed" for a second',
      [seen(undefined), { type: 'run-gone' }, seen(cancelled, 1_000)],
      {},
      'looking-again',
      'read',
    ],
    [
      'the same of what an aborted one read',
      [seen(pendingRecord()), seen(pendingRecord(), 1_000)],
      { isAborted: true },
      'looking-again',
      'read',
    ],
  ])('%s', (_, events, changes, does, command) => {
    const [state, next] = walked(events, changes)
    expect([state.does.name, next.do]).toEqual([does, command])
  })
})

describe('what a cancel writes', () => {
  const writtenOver = (events: readonly CancelEvent[], stored: OperationRecord | undefined) => {
    const [, command] = walked(events)
    if (command.do !== 'change' && command.do !== 'note') throw new Error('nothing is written')
    return command.change(frozen(stored))
  }

  test.each<[string, readonly CancelEvent[], OperationRecord | undefined, readonly unknown[] | undefined]>([
    [
      'the place of the first generation, where nothing is stored',
      [seen(undefined), { type: 'run-gone' }],
      undefined,
      ['failed', '', 1],
    ],
    [
      'the place of the next generation after a forget',
      [seen(undefined), { type: 'run-gone' }],
      tombstone(failedRecord(), START),
      ['failed', '', 2],
    ],
    [
      'nothing over what a run has begun meanwhile',
      [seen(undefined), { type: 'run-gone' }],
      doubtful,
      undefined,
    ],
    [
      'the end of what never left',
      [seen(pendingRecord()), seen(pendingRecord())],
      pendingRecord(),
      ['failed', KEY, 1],
    ],
    [
      'nothing over what was sent meanwhile',
      [seen(pendingRecord()), seen(pendingRecord())],
      doubtful,
      undefined,
    ],
    [
      'nothing over what another holds meanwhile',
      [seen(pendingRecord()), seen(pendingRecord())],
      held,
      undefined,
    ],
    [
      'no proof over what was begun for another account meanwhile: there the key is not sealed',
      asked(held, refused),
      pendingRecord({ target: { ...doubtful.target, account: 'another' }, sent: 1, ambiguous: 1 }),
      undefined,
    ],
    [
      'nothing of a server at work over the same',
      asked(held, { kind: 'processing' }),
      pendingRecord({ target: { ...doubtful.target, profile: 'another' }, sent: 1, ambiguous: 1 }),
      undefined,
    ],
    ['a proof over its own key', asked(doubtful, refused), doubtful, ['failed', KEY, 1]],
    ['that it is executed over its own key', asked(doubtful, done), doubtful, ['succeeded', KEY, 1]],
    [
      'no proof over the next key',
      asked(doubtful, refused),
      pendingRecord({ key: 'the next', generation: 2 }),
      undefined,
    ],
    ['no proof where the record is gone', asked(doubtful, refused), undefined, undefined],
    [
      'that the server is at work, over what may have been executed',
      asked(doubtful, { kind: 'processing' }),
      doubtful,
      ['processing', KEY, 1],
    ],
    [
      'nothing of that over what was never sent',
      asked(doubtful, { kind: 'processing' }),
      pendingRecord(),
      undefined,
    ],
    ['nothing of that over a proof', asked(doubtful, { kind: 'processing' }), failedRecord(), undefined],
  ])('%s', (_, events, stored, written) => {
    const after = writtenOver(events, stored)
    expect(after && [after.state, after.key, after.generation]).toEqual(written)
  })
})

describe('how a cancel ends', () => {
  const NOT_EXECUTED = { kind: 'failed' }

  test.each<[string, readonly CancelEvent[], Partial<CancelFacts>, object, string]>([
    [
      'a success is given',
      [seen(succeededRecord()), seen(succeededRecord())],
      {},
      { kind: 'executed', replayed: false },
      'goes-on',
    ],
    [
      'a proven failure is given',
      [seen(failedRecord()), seen(failedRecord(), 5_000)],
      {},
      NOT_EXECUTED,
      'goes-on',
    ],
    [
      'what was never sent is not executed',
      [seen(undefined), { type: 'run-gone' }, seen(cancelled)],
      {},
      NOT_EXECUTED,
      'goes-on',
    ],
    [
      'a seal stops a run that is at it',
      [...asked(doubtful, refused), seen(failedRecord())],
      {},
      NOT_EXECUTED,
      'stops',
    ],
    [
      'too late: a run that is at it looks again',
      [...asked(doubtful, done), seen(succeededRecord({ result: undefined }))],
      {},
      { kind: 'executed' },
      'looks-again',
    ],
    [
      'a mistake in what cancel.read gave',
      [
        ...asked(doubtful, { ...done, mistake: { message: 'cancel.read.data is no JSON' } }),
        seen(succeededRecord()),
      ],
      {},
      { code: 'configuration', outcome: 'executed', reason: 'cancel.read.data is no JSON' },
      'looks-again',
    ],
    [
      "a place that is the next key's by now",
      [...asked(doubtful, refused), seen(pendingRecord({ key: 'the next', generation: 2 }))],
      {},
      { code: 'forgotten', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'the server is at work',
      [...asked(doubtful, { kind: 'processing' }), seen(processingRecord())],
      {},
      { code: 'still-processing', outcome: 'unknown', advice: undefined },
      'looks-again',
    ],
    [
      'the same, of what nobody can ask about',
      [...asked(doubtful, { kind: 'processing' }), seen(processingRecord())],
      { honoursKeys: false },
      { code: 'still-processing', outcome: 'unknown', advice: 'conclude' },
      'looks-again',
    ],
    [
      'the same, where the store cannot keep it',
      [...asked(doubtful, { kind: 'processing' }), failing(false)],
      {},
      { code: 'still-processing', outcome: 'unknown' },
      'looks-again',
    ],
    [
      'aborted, of what was never sent',
      [seen(pendingRecord()), seen(pendingRecord())],
      { isAborted: true },
      { code: 'aborted', outcome: 'not-executed' },
      'goes-on',
    ],
    [
      // The run goes on, and may be about to send.
      'aborted, of what a run here is at',
      [seen(pendingRecord()), seen(pendingRecord())],
      { isAborted: true, isRunning: true },
      { code: 'aborted', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'another account, of what a run here is at',
      [seen(pendingRecord()), seen(pendingRecord())],
      { aim: { ...facts.aim, account: 'another' }, isRunning: true },
      { code: 'unresolved', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'aborted, of what may have been executed',
      [seen(doubtful), seen(doubtful)],
      { isAborted: true },
      { code: 'aborted', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'aborted, of what another runner holds',
      [seen(pendingRecord({ lease })), seen(pendingRecord({ lease }))],
      { isAborted: true },
      { code: 'aborted', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'another account',
      [seen(doubtful), seen(doubtful)],
      { aim: { ...facts.aim, account: 'another' } },
      { code: 'unresolved', outcome: 'unknown', advice: 'same-account' },
      'goes-on',
    ],
    [
      'a key that the server may have forgotten',
      [seen(doubtful), seen(doubtful)],
      { clocks: { nowAt: START + 90_000_000 } },
      { code: 'key-expired', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'an unclear answer about what may have been executed',
      [...asked(doubtful, unclear), seen(doubtful)],
      {},
      {
        code: 'unresolved',
        outcome: 'unknown',
        reason: 'the server answered 500 to the cancel',
        advice: 'cancel-again',
      },
      'goes-on',
    ],
    [
      'begun for another account while it asked',
      [
        ...asked(held, refused),
        seen(pendingRecord({ target: { ...doubtful.target, account: 'another' }, sent: 1, ambiguous: 1 })),
      ],
      {},
      { code: 'unresolved', outcome: 'unknown', advice: 'same-account' },
      'goes-on',
    ],
    [
      'an unclear answer about what was never sent, and is let go meanwhile',
      [...asked(held, unclear), seen(pendingRecord())],
      {},
      { code: 'unresolved', outcome: 'not-executed', advice: 'cancel-again' },
      'goes-on',
    ],
    [
      'the same, while a run here is at it',
      [...asked(pendingRecord(), unclear), seen(pendingRecord())],
      { isRunning: true },
      { code: 'unresolved', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'the same, while a run elsewhere holds it',
      [...asked(held, unclear), seen(held)],
      {},
      { code: 'unresolved', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'settled by another while it asked',
      [...asked(doubtful, unclear), seen(succeededRecord())],
      {},
      { kind: 'executed', replayed: true },
      'goes-on',
    ],
    [
      'dropped by another while it asked',
      [...asked(doubtful, unclear), seen(undefined)],
      {},
      { code: 'forgotten', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'a store that fails at once',
      [failing(false)],
      {},
      { code: 'store-failed', outcome: 'unknown', cause: 'the disk' },
      'goes-on',
    ],
    [
      'a record that cannot be understood',
      [failing(true)],
      {},
      { code: 'store-corrupt', outcome: 'unknown' },
      'goes-on',
    ],
    [
      'a store that fails after a success was read: that stays known',
      [seen(succeededRecord()), failing(false)],
      {},
      { code: 'store-failed', outcome: 'executed' },
      'goes-on',
    ],
    [
      'a store that fails while a seal is written',
      [...asked(held, refused), failing(false)],
      {},
      { code: 'store-failed', outcome: 'unknown' },
      'goes-on',
    ],
  ])('%s', (_, events, changes, expected, run) => {
    const [state, command] = walked(events, changes)
    expect(state.does.name).toBe('ended')
    expect(command).toMatchObject({ do: 'end', end: expected, run })
  })
})

describe('"not executed" by a look of a second ago is looked at once more', () => {
  const late = [seen(undefined), { type: 'run-gone' }, seen(cancelled, 1_000)] as const

  test.each<[string, CancelEvent, object]>([
    ['nobody has written since: not executed', seen(cancelled), { kind: 'failed' }],
    [
      'and the store is slow again: nobody knows',
      seen(cancelled, 1_000),
      { code: 'unresolved', outcome: 'unknown' },
    ],
    [
      'executed meanwhile',
      seen(succeededRecord({ generation: 2, writer: { runner: 'tab-2', write: 3 } })),
      { kind: 'executed', replayed: true },
    ],
    [
      'begun meanwhile',
      seen(pendingRecord({ generation: 2, writer: { runner: 'tab-2', write: 3 } })),
      { code: 'unresolved', outcome: 'unknown', advice: 'cancel-again' },
    ],
    [
      'refused meanwhile',
      seen(failedRecord({ generation: 2, writer: { runner: 'tab-2', write: 3 } })),
      { kind: 'failed' },
    ],
    ['dropped meanwhile', seen(undefined), { code: 'forgotten', outcome: 'unknown' }],
  ])('%s', (_, event, expected) => {
    expect(walked([...late, event])[1]).toMatchObject({ do: 'end', end: expected })
  })
})

test('an end says whose key it is about: the one that was asked for, where another has taken its place', () => {
  const next = seen(pendingRecord({ key: 'the next', generation: 2 }))
  expect(walked([...asked(doubtful, refused), next])[1]).toMatchObject({ about: { key: KEY, generation: 1 } })
})

test('pairs of activity and event that cannot be are a fault, not a decision', () => {
  expect(() => walked([seen(doubtful), seen(doubtful), seen(doubtful)])).toThrow('no answer')
  expect(() => walked([failing(false), seen(doubtful)])).toThrow('has ended')
})

test.each([
  ['where nothing is stored to be sent', {}, 'not-executed'],
  [
    'which a resume would send: its request is stored',
    { request: { url: 'https://shop.test/orders', headers: {} } },
    'unknown',
  ],
] as const)(
  'a cancel that found nothing out, of an operation that was refused without proof %s',
  (_, kept, outcome) => {
    const record = pendingRecord({ attempts: 1, sent: 1, firstSentAt: START, ...kept })

    const [, command] = walked([...asked(record, unclear), seen(record)])

    expect(command).toMatchObject({ do: 'end', end: { kind: 'stopped', outcome } })
  },
)
