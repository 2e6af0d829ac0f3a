import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Seed } from '../../src/core/record/new-record.ts'
import { newRecord } from '../../src/core/record/new-record.ts'
import type { RecordEvent } from '../../src/core/record/transition.ts'
import type { OperationRecord, StoredFailure, StoredResult } from '../../src/core/record/operation-record.ts'
import { factOf, transition } from '../../src/core/record/transition.ts'
import { isOpen } from '../../src/core/record/operation-record.ts'
import { outcomeOf } from '../../src/core/record/outcome.ts'
import type { Verdict } from '../../src/core/answers/verdict.ts'
import { START, failedRecord, frozen, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

const NOW = 1_800_000_005_000
const lease = { runner: 'tab-1', until: 1_800_000_065_000 }
const inFlight = { runner: 'tab-1', at: START }
const flying = pendingRecord({ attempts: 1, firstSentAt: START, inFlight, lease })
const result: StoredResult = { form: 'body', status: 201, text: '{"order":9}', replayed: false }
const failure: StoredFailure = { code: 'rejected', reason: '402', status: 402 }
const request = {
  url: 'https://shop.test/orders',
  headers: { 'content-type': 'application/json' },
  body: 'e30=',
}
const statusUrl = 'https://shop.test/operations/1'

const unknown: Verdict = { kind: 'unknown', terminal: false, reason: 'no answer' }
const success: Verdict = { kind: 'succeeded', replayed: false, result: 'readable', reason: '201' }
const notSent: Verdict = { kind: 'not-sent', reason: 'no connection' }
const refusal: Verdict = { kind: 'rejected', conclusive: true, doubtful: false, reason: '402' }
const remark: Verdict = { kind: 'rejected', conclusive: false, doubtful: false, reason: '401' }
const conflict: Verdict = { kind: 'conflict', conclusive: false, doubtful: false, reason: '409' }
const atWork: Verdict = { kind: 'processing', sure: true, reason: '202' }
const perhapsAtWork: Verdict = { kind: 'processing', sure: false, reason: '409' }

type Observation = Partial<Extract<RecordEvent, { kind: 'observe' }>>

function observed(verdict: Verdict, more: Observation = {}): RecordEvent {
  return { kind: 'observe', verdict, transportResends: false, ...more }
}

/** What a record says beside its identity; lines that are missing are undefined. */
function told(record: OperationRecord) {
  const { state, attempts, sent, ambiguous, updatedAt, highestSeenAt, firstSentAt } = record
  return { state, attempts, sent, ambiguous, updatedAt, highestSeenAt, firstSentAt }
}

type Row = readonly [
  does: string,
  before: OperationRecord,
  event: RecordEvent,
  after: Partial<Record<string, unknown>>,
]

function rows(table: readonly Row[]): void {
  test.each(table)('%s', (_, before, event, after) => {
    const given = frozen({ before, event })
    const next = transition(given.before, given.event, NOW)
    expect(next).toMatchObject(after)
  })
}

describe('a new generation', () => {
  test('has its identity, and has done nothing', () => {
    const seed: Seed = {
      v: 1,
      scope: 'user-7',
      name: 'place-order',
      id: 'cart-42',
      generation: 2,
      key: 'k2',
      fingerprint: 'f2',
      bodyHash: 'b2',
      target: pendingRecord().target,
      at: START,
      request: { url: 'https://shop.test/orders', headers: {} },
    }
    expect(newRecord(seed)).toStrictEqual({
      v: 1,
      scope: 'user-7',
      name: 'place-order',
      id: 'cart-42',
      generation: 2,
      key: 'k2',
      fingerprint: 'f2',
      bodyHash: 'b2',
      target: pendingRecord().target,
      request: { url: 'https://shop.test/orders', headers: {} },
      state: 'pending',
      createdAt: START,
      updatedAt: START,
      highestSeenAt: START,
      attempts: 0,
      sent: 0,
      ambiguous: 0,
      writer: { runner: '', write: 0 },
      line: undefined,
      firstSentAt: undefined,
      firstSentServerAt: undefined,
      keyRetentionMs: undefined,
      serverOffsetMs: undefined,
      lease: undefined,
      inFlight: undefined,
      statusUrl: undefined,
      statusIsMonitor: undefined,
    })
  })
})

describe('an attempt is written ahead', () => {
  const begin: RecordEvent = { kind: 'begin', at: 1_800_000_004_000, lease }
  rows([
    [
      'the first one starts the age of the key',
      pendingRecord(),
      begin,
      {
        state: 'pending',
        attempts: 1,
        sent: 0,
        ambiguous: 0,
        firstSentAt: 1_800_000_004_000,
        inFlight: { runner: 'tab-1', at: 1_800_000_004_000 },
        lease,
        updatedAt: NOW,
        highestSeenAt: NOW,
      },
    ],
    [
      'a later one leaves it',
      pendingRecord({ attempts: 2, sent: 2, ambiguous: 1, firstSentAt: START }),
      begin,
      { attempts: 3, sent: 2, ambiguous: 1, firstSentAt: START },
    ],
    [
      'one that nobody told about stays a doubt',
      flying,
      begin,
      { attempts: 2, sent: 1, ambiguous: 1, inFlight: { runner: 'tab-1', at: 1_800_000_004_000 } },
    ],
    [
      'a poll that sends again keeps the state',
      processingRecord(),
      begin,
      { state: 'processing', attempts: 2 },
    ],
    [
      'of a success, to read its result again: that changes nothing else',
      succeededRecord({ result: undefined, ambiguous: 1 }),
      begin,
      { state: 'succeeded', attempts: 2, sent: 1, ambiguous: 1, highestSeenAt: NOW },
    ],
    ['of a failure: nothing', failedRecord(), begin, failedRecord()],
    ['a request to keep is kept', pendingRecord(), { ...begin, request }, { request }],
    [
      'a request that is kept already stays',
      pendingRecord({ request: { url: 'https://shop.test/first', headers: {} } }),
      { ...begin, request },
      { request: { url: 'https://shop.test/first', headers: {} } },
    ],
  ])

  test('what is enqueued stays so where another account is the first to send it', () => {
    const first = { url: 'https://shop.test/first', headers: {} }
    const record = pendingRecord({ request: { ...first, isQueued: true } })
    const target = { ...record.target, account: 'other' }
    expect(transition(record, { ...begin, target, request: { ...first, text: '{}' } }, START)).toMatchObject({
      target: { account: 'other' },
      request: { ...first, text: '{}', isQueued: true },
    })
  })

  test('a clock that went back does not lower the highest time seen', () => {
    const record = transition(pendingRecord({ highestSeenAt: 1_800_000_900_000 }), begin, NOW)
    expect(told(record)).toMatchObject({ updatedAt: NOW, highestSeenAt: 1_800_000_900_000 })
  })
})

describe('an attempt that never left', () => {
  rows([
    [
      'withdrawn: the key has no age yet',
      flying,
      { kind: 'withdraw' },
      { state: 'pending', attempts: 1, sent: 0, inFlight: undefined, firstSentAt: undefined },
    ],
    [
      'withdrawn after another was sent: the age stays',
      { ...flying, attempts: 2, sent: 1 },
      { kind: 'withdraw' },
      { attempts: 2, sent: 1, inFlight: undefined, firstSentAt: START },
    ],
    [
      'seen by the transport: the key has no age yet',
      flying,
      observed(notSent),
      { state: 'pending', attempts: 1, sent: 0, ambiguous: 0, inFlight: undefined, firstSentAt: undefined },
    ],
    [
      'seen by the transport after another was sent: the age stays',
      { ...flying, attempts: 2, sent: 1, ambiguous: 1 },
      observed(notSent, { transportResends: true }),
      { attempts: 2, sent: 1, ambiguous: 1, inFlight: undefined, firstSentAt: START },
    ],
  ])
})

describe('what was seen of an attempt', () => {
  rows([
    [
      'a success settles it, with its result',
      { ...flying, request: { url: 'u', headers: {} }, statusUrl },
      observed(success, { result }),
      {
        state: 'succeeded',
        settledAt: NOW,
        result,
        attempts: 1,
        sent: 1,
        ambiguous: 0,
        key: '8e03978e-40d5-43dd-bc93-6894a57f9324',
        firstSentAt: START,
      },
    ],
    [
      'a success settles what was unknown',
      processingRecord({ ambiguous: 3 }),
      observed(success),
      { state: 'succeeded', ambiguous: 3, result: undefined },
    ],
    [
      'an unknown is a doubt',
      flying,
      observed(unknown),
      { state: 'pending', sent: 1, ambiguous: 1, inFlight: undefined },
    ],
    [
      'a conclusive refusal settles it',
      flying,
      observed(refusal, { failure }),
      { state: 'failed', settledAt: NOW, failure, sent: 1, ambiguous: 0 },
    ],
    [
      'a conclusive refusal settles the doubts before it, in a browser too',
      { ...flying, ambiguous: 1 },
      observed(refusal, { failure, transportResends: true }),
      { state: 'failed', failure, ambiguous: 1 },
    ],
    [
      'without a failure to store nothing is settled',
      flying,
      observed(refusal),
      { state: 'pending', sent: 1, ambiguous: 0 },
    ],
    [
      'any other refusal leaves it open',
      flying,
      observed(remark, { failure }),
      { state: 'pending', sent: 1, ambiguous: 0 },
    ],
    [
      'any other refusal is a doubt where the transport may have sent it twice',
      flying,
      observed(remark, { failure, transportResends: true }),
      { state: 'pending', sent: 1, ambiguous: 1 },
    ],
    [
      'a doubtful refusal is a doubt',
      flying,
      observed({ kind: 'try-again', conclusive: false, doubtful: true, reason: 'hook' }),
      { state: 'pending', sent: 1, ambiguous: 1 },
    ],
    [
      '"not now" is none',
      flying,
      observed({ kind: 'try-again', conclusive: false, doubtful: false, reason: '429' }),
      { state: 'pending', sent: 1, ambiguous: 0 },
    ],
    [
      'a mismatch is none',
      flying,
      observed({ kind: 'mismatch', conclusive: false, doubtful: false, reason: '422' }),
      { state: 'pending', sent: 1, ambiguous: 0 },
    ],
    [
      '"at work" is a doubt until it ends',
      flying,
      observed(atWork, { statusUrl }),
      { state: 'processing', processingSince: NOW, sent: 1, ambiguous: 1, statusUrl },
    ],
    [
      '"at work" again does not start it anew, and keeps where to ask',
      processingRecord({ statusUrl }),
      observed(atWork),
      { state: 'processing', processingSince: START, sent: 2, ambiguous: 2, statusUrl },
    ],
    [
      '"at work" again may name another place to ask',
      processingRecord({ statusUrl: 'https://shop.test/old' }),
      observed(atWork, { statusUrl }),
      { statusUrl },
    ],
    [
      'a 409 without a sign is not counted as a doubt yet',
      flying,
      observed(perhapsAtWork),
      { state: 'processing', processingSince: NOW, sent: 1, ambiguous: 0 },
    ],
    [
      'a 409 without a sign is a doubt where the transport may have sent it twice',
      flying,
      observed(perhapsAtWork, { transportResends: true }),
      { state: 'processing', sent: 1, ambiguous: 1 },
    ],
    [
      'a conflict ends what was only supposed to be at work',
      processingRecord({ ambiguous: 0 }),
      observed(conflict, { failure }),
      { state: 'pending', sent: 2, ambiguous: 0 },
    ],
    [
      'a conflict does not end what is surely at work',
      processingRecord(),
      observed(conflict, { failure }),
      { state: 'processing', sent: 2, ambiguous: 1 },
    ],
    [
      'a conflict does not end it where the transport may have sent it twice',
      processingRecord({ ambiguous: 0 }),
      observed(conflict, { failure, transportResends: true }),
      { state: 'processing', sent: 2, ambiguous: 1 },
    ],
    [
      'another refusal does not end what was supposed to be at work',
      processingRecord({ ambiguous: 0 }),
      observed(remark, { failure }),
      { state: 'processing', sent: 2, ambiguous: 0 },
    ],
  ])

  test('what was supposed to be at work, and is not, has no time since when', () => {
    const record = transition(processingRecord({ ambiguous: 0 }), observed(conflict), NOW)
    expect(record).not.toHaveProperty('processingSince')
  })

  test('a settled record keeps neither the lease, the request nor where to ask', () => {
    const open = { ...flying, request: { url: 'u', headers: {} }, statusUrl }
    const settled = transition(open, observed(success, { result }), NOW)
    expect(Object.keys(settled).toSorted()).toStrictEqual([
      'ambiguous',
      'attempts',
      'bodyHash',
      'createdAt',
      'fingerprint',
      'firstSentAt',
      'firstSentServerAt',
      'generation',
      'highestSeenAt',
      'id',
      'key',
      'keyRetentionMs',
      'line',
      'name',
      'result',
      'scope',
      'sent',
      'serverOffsetMs',
      'settledAt',
      'state',
      'target',
      'updatedAt',
      'v',
      'writer',
    ])
  })

  test("the server's time at the first send is learnt once, and never replaced", () => {
    const first = transition(flying, observed(unknown, { firstSentServerAt: 1_800_000_003_000 }), NOW)
    expect(first).toMatchObject({ firstSentServerAt: 1_800_000_003_000, highestSeenAt: NOW })
    const later = transition(first, observed(unknown, { firstSentServerAt: 1_800_003_603_000 }), NOW)
    expect(later).toMatchObject({ firstSentServerAt: 1_800_000_003_000, highestSeenAt: NOW })
  })
})

describe('a runner comes and goes', () => {
  const claim: RecordEvent = { kind: 'claim', lease: { runner: 'tab-2', until: 7 } }
  rows([
    [
      'claiming an operation with nothing in flight',
      pendingRecord({ attempts: 1, sent: 1, ambiguous: 0 }),
      claim,
      { lease: { runner: 'tab-2', until: 7 }, attempts: 1, sent: 1, ambiguous: 0 },
    ],
    [
      'claiming one whose runner vanished: its attempt may have executed',
      flying,
      claim,
      {
        lease: { runner: 'tab-2', until: 7 },
        inFlight: undefined,
        attempts: 1,
        sent: 1,
        ambiguous: 1,
        firstSentAt: START,
      },
    ],
    ['claiming a settled one: nothing', succeededRecord(), claim, succeededRecord()],
    [
      'letting go frees it, and keeps the attempt in flight a doubt',
      flying,
      { kind: 'release' },
      { lease: undefined, inFlight },
    ],
    ['letting go keeps the request', pendingRecord({ request }), { kind: 'release' }, { request }],
    [
      'letting go of what its callers were told was not executed drops the request: nobody else sends it',
      pendingRecord({ request }),
      { kind: 'release', drops: 'request' },
      { request: undefined, lease: undefined },
    ],
    [
      'a send that passed the gate by is a doubt, and starts the age of the key',
      pendingRecord(),
      { kind: 'suspect', at: START },
      { attempts: 0, sent: 1, ambiguous: 1, firstSentAt: START },
    ],
    [
      'a send that passed the gate by leaves the age as it is',
      pendingRecord({ attempts: 1, sent: 1, firstSentAt: START }),
      { kind: 'suspect', at: START },
      { attempts: 1, sent: 2, ambiguous: 1, firstSentAt: START },
    ],
  ])
})

describe('what somebody tells of it', () => {
  const executed = { kind: 'learn', told: { kind: 'executed', result } } as const
  const notExecuted = { kind: 'learn', told: { kind: 'not-executed', failure } } as const
  const working = { kind: 'learn', told: { kind: 'processing' } } as const
  const absent = { kind: 'learn', told: { kind: 'absent' } } as const
  rows([
    ['executed', processingRecord(), executed, { state: 'succeeded', settledAt: NOW, result }],
    [
      'executed, after a failure was written: success is never lost',
      failedRecord(),
      executed,
      { state: 'succeeded', settledAt: NOW, result },
    ],
    [
      'not executed settles every doubt',
      pendingRecord({ ambiguous: 2 }),
      notExecuted,
      { state: 'failed', settledAt: NOW, failure },
    ],
    ['not executed cannot undo executed', succeededRecord(), notExecuted, succeededRecord()],
    ['not executed again: the first failure stays', failedRecord(), notExecuted, failedRecord()],
    [
      'at work',
      pendingRecord({ sent: 2, ambiguous: 2, firstSentAt: START }),
      working,
      { state: 'processing', processingSince: NOW, sent: 2, ambiguous: 2, firstSentAt: START },
    ],
    [
      'at work, though nothing here was ambiguous: it is now',
      pendingRecord({ attempts: 2, sent: 2, firstSentAt: 1_800_000_001_000 }),
      working,
      { state: 'processing', sent: 2, ambiguous: 1, firstSentAt: 1_800_000_001_000 },
    ],
    [
      'at work, which was only supposed before: then no conflict takes it back',
      processingRecord({ ambiguous: 0 }),
      working,
      { state: 'processing', processingSince: START, ambiguous: 1 },
    ],
    [
      'at work, though nothing is known to have left: the key is as old as the record',
      pendingRecord({ createdAt: 1_700_000_000_000 }),
      working,
      { state: 'processing', sent: 1, ambiguous: 1, firstSentAt: 1_700_000_000_000 },
    ],
    [
      'absent with authority takes the doubts away, and the key stays',
      pendingRecord({ attempts: 3, sent: 3, ambiguous: 2, firstSentAt: START, statusUrl }),
      absent,
      { state: 'pending', attempts: 3, sent: 3, ambiguous: 0, firstSentAt: START },
    ],
    [
      'absent with authority ends the supposed work',
      processingRecord({ statusUrl }),
      absent,
      { state: 'pending', ambiguous: 0, sent: 1 },
    ],
    [
      'absent does not take away what is in flight',
      flying,
      absent,
      { state: 'pending', ambiguous: 0, inFlight },
    ],
  ])

  test.each([pendingRecord({ statusUrl }), processingRecord({ statusUrl })])(
    'where nothing is known of it, nobody is asked again: $state',
    record => {
      const next = transition(record, absent, NOW)
      expect(next).not.toHaveProperty('statusUrl')
      expect(next).not.toHaveProperty('processingSince')
    },
  )
})

describe('a success absorbs', () => {
  const unread = succeededRecord({ result: undefined })
  const late: StoredResult = { form: 'data', text: '1', replayed: true }
  rows([
    [
      'a late proof turns a failure into it',
      failedRecord(),
      observed(success, { result: late }),
      { state: 'succeeded', settledAt: NOW, result: late },
    ],
    ['a late doubt leaves a failure', failedRecord(), observed(unknown), failedRecord()],
    ['a refusal changes nothing', succeededRecord(), observed(refusal, { failure }), succeededRecord()],
    ['a doubt changes nothing', succeededRecord(), observed(unknown), succeededRecord()],
    [
      'another result changes nothing',
      succeededRecord(),
      observed(success, { result: late }),
      succeededRecord(),
    ],
    [
      'another telling changes nothing',
      succeededRecord(),
      { kind: 'learn', told: { kind: 'executed', result: late } },
      succeededRecord(),
    ],
    [
      'its missing result is taken in when it is read again',
      unread,
      observed(success, { result: late }),
      { state: 'succeeded', settledAt: START, result: late },
    ],
    [
      'its missing result is taken in when it is told',
      unread,
      { kind: 'learn', told: { kind: 'executed', result: late } },
      { state: 'succeeded', settledAt: START, result: late },
    ],
  ])

  test.each([
    observed(success),
    observed(unknown, { result: late }),
    { kind: 'learn', told: { kind: 'executed', result: undefined } },
    { kind: 'learn', told: { kind: 'absent' } },
    { kind: 'suspect', at: START },
    { kind: 'release' },
    { kind: 'withdraw' },
  ] as const)('what adds nothing to it is not even a change: %j', event => {
    expect(transition(unread, event, NOW)).toBe(unread)
  })
})

describe('a fact', () => {
  test('of a success is all but the result', () => {
    const fact = factOf(frozen(succeededRecord()))
    expect(fact).toStrictEqual(succeededRecord({ result: undefined }))
  })

  test('of a failure keeps why, and nothing that the server said', () => {
    const fact = factOf(frozen(failedRecord()))
    expect(fact).toStrictEqual(failedRecord({ failure: { code: 'rejected', reason: '402' } }))
  })
})

describe('a record is open', () => {
  test.each([
    ['pending', pendingRecord(), true],
    ['processing', processingRecord(), true],
    ['succeeded', succeededRecord(), false],
    ['failed', failedRecord(), false],
  ] as const)('%s', (_, record, expected) => {
    expect(isOpen(record)).toBe(expected)
  })
})

const refusals = fc.record({
  kind: fc.constantFrom('rejected', 'conflict', 'mismatch', 'try-again'),
  conclusive: fc.boolean(),
  doubtful: fc.boolean(),
  reason: fc.constant('a refusal'),
})
const verdicts: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constantFrom(notSent, unknown, success, atWork, perhapsAtWork),
  refusals as fc.Arbitrary<Verdict>,
)
const results = fc.option(fc.constant(result), { nil: undefined })
const runners = fc.constantFrom('tab-1', 'tab-2')
const times = fc.integer({ min: START, max: START + 1_000_000 })
const leases = fc.record({ runner: runners, until: times })
const events: fc.Arbitrary<RecordEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const), at: times, lease: leases }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { kind: 'withdraw' as const },
      { kind: 'release' as const },
      { kind: 'suspect' as const, at: START },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('claim' as const), lease: leases }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('observe' as const),
      verdict: verdicts,
      transportResends: fc.boolean(),
      firstSentServerAt: fc.option(times, { nil: undefined }),
      result: results,
      failure: fc.option(fc.constant(failure), { nil: undefined }),
      statusUrl: fc.option(fc.constant(statusUrl), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('learn' as const),
      told: fc.oneof(
        fc.record({ kind: fc.constant('executed' as const), result: results }),
        fc.constantFrom(
          { kind: 'not-executed' as const, failure },
          { kind: 'processing' as const },
          { kind: 'absent' as const },
        ),
      ),
    }),
  },
)

type Moment = {
  readonly before: OperationRecord
  readonly event: RecordEvent
  readonly after: OperationRecord
}

/** Every moment of a random history from nothing. Frozen through and through: a transition that writes to its input throws. */
const histories: fc.Arbitrary<readonly Moment[]> = fc
  .array(fc.tuple(events, times), { maxLength: 40 })
  .map(history => {
    const moments: Moment[] = []
    let before: OperationRecord = frozen(pendingRecord())
    for (const [event, nowAt] of history) {
      const after: OperationRecord = frozen(transition(before, frozen(event), nowAt))
      moments.push({ before, event, after })
      before = after
    }
    return moments
  })

function isProofOfExecution({ event }: Moment): boolean {
  if (event.kind === 'observe') return event.verdict.kind === 'succeeded'
  return event.kind === 'learn' && event.told.kind === 'executed'
}

function isProofOfNone({ event }: Moment): boolean {
  if (event.kind === 'learn') return event.told.kind === 'not-executed'
  if (event.kind !== 'observe' || event.failure === undefined) return false
  return 'conclusive' in event.verdict && event.verdict.conclusive
}

function isAbsence({ event }: Moment): boolean {
  return event.kind === 'learn' && event.told.kind === 'absent'
}

function saysAtWork({ event }: Moment): boolean {
  if (event.kind === 'learn') return event.told.kind === 'processing'
  return event.kind === 'observe' && event.verdict.kind === 'processing' && event.verdict.sure
}

function isFlying(record: OperationRecord): boolean {
  return isOpen(record) && record.inFlight !== undefined
}

type Law = readonly [says: string, holds: (moments: readonly Moment[]) => boolean]

/** A law that each moment keeps for itself. */
function always(says: string, holds: (moment: Moment) => boolean): Law {
  return [says, moments => moments.every(holds)]
}

const laws: readonly Law[] = [
  [
    'executed absorbs, and is never said without proof',
    moments =>
      moments.every(({ after }, index) => {
        const proven = moments.slice(0, index + 1).some(isProofOfExecution)
        return (outcomeOf(after) === 'executed') === proven
      }),
  ],
  always('a result that was read is never lost or replaced', ({ before, after }) => {
    if (before.state !== 'succeeded' || before.result === undefined) return true
    return after.state === 'succeeded' && after.result === before.result
  }),
  always('a failure is left only for a success', moment => {
    if (moment.before.state !== 'failed') return true
    return isProofOfExecution(moment) ? moment.after.state === 'succeeded' : moment.after === moment.before
  }),
  always('a failure is written only on proof', moment => {
    return !isOpen(moment.before) || moment.after.state !== 'failed' || isProofOfNone(moment)
  }),
  always('a doubt leaves an open record only by absence with authority', moment => {
    if (!isOpen(moment.before) || !isOpen(moment.after) || isAbsence(moment)) return true
    return moment.after.ambiguous >= moment.before.ambiguous
  }),
  always('an attempt in flight ends by being told about, or becomes a doubt', ({ before, event, after }) => {
    if (!isFlying(before) || !isOpen(after) || event.kind === 'observe' || event.kind === 'withdraw')
      return true
    if (event.kind === 'begin' || event.kind === 'claim') return after.ambiguous === before.ambiguous + 1
    return isFlying(after)
  }),
  always(
    'an open operation is "not executed" only with nothing ambiguous, in flight or at work',
    ({ after }) => {
      if (!isOpen(after)) return true
      const clear = after.state === 'pending' && after.ambiguous === 0 && !isFlying(after)
      return outcomeOf(after) === (clear ? 'not-executed' : 'unknown')
    },
  ),
  [
    'the server surely at work leaves the outcome unknown until proof or absence with authority',
    moments => {
      let surely = false
      return moments.every(moment => {
        surely = saysAtWork(moment) || (surely && !isAbsence(moment))
        return !surely || !isOpen(moment.after) || outcomeOf(moment.after) === 'unknown'
      })
    },
  ],
  always('no counter goes back, and no more is ambiguous than was sent', ({ before, after }) => {
    const bounded = !isOpen(after) || after.ambiguous <= after.sent
    return after.attempts >= before.attempts && after.sent >= before.sent && bounded
  }),
  always(
    'the highest time seen never goes back',
    ({ before, after }) => after.highestSeenAt >= before.highestSeenAt,
  ),
  always('the age of the key is known and kept while anything may have been sent', ({ before, after }) => {
    const known = outcomeOf(after) !== 'unknown' || after.firstSentAt !== undefined
    return known && (before.sent === 0 || after.firstSentAt === before.firstSentAt)
  }),
  always('who it is never changes', ({ before, after }) => {
    const names = [
      'v',
      'scope',
      'name',
      'id',
      'generation',
      'key',
      'fingerprint',
      'bodyHash',
      'target',
      'createdAt',
    ] as const
    return names.every(name => after[name] === before[name])
  }),
]

describe('in every history', () => {
  test.each(laws)('%s', (_, holds) => {
    fc.assert(fc.property(histories, holds), { numRuns: 2_000 })
  })
})
