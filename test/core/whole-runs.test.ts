import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Moment, Step, StepPolicy } from '../../src/core/run/step.ts'
import { nextStep } from '../../src/core/run/next-step.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { transition } from '../../src/core/record/transition.ts'
import { isOpen } from '../../src/core/record/operation-record.ts'
import type { Progress } from '../../src/core/run/run-progress.ts'
import { afterAsk, afterAttempt, afterPause, startOfRun } from '../../src/core/run/run-progress.ts'
import type { StatusReading } from '../../src/core/answers/status-answer.ts'
import type { Verdict } from '../../src/core/answers/verdict.ts'
import { START, frozen, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

/* Whole runs: the steps are performed in the mind, with whatever a server may answer. */

const policy: StepPolicy = {
  mode: 'run',
  attempts: 4,
  backoff: { base: 250, cap: 8_000 },
  pollInterval: { min: 500, max: 5_000 },
  honoursKeys: true,
  // A margin of 8,640,000 ms: sending stops 77,760,000 ms after the first send.
  horizon: { retentionMs: 86_400_000, timeoutMs: 30_000 },
  hasStatus: false,
  unfit: undefined,
}

const refusal = { conclusive: false, doubtful: false, reason: 'said no' } as const
const unknown: Verdict = { kind: 'unknown', terminal: false, reason: 'no answer' }
const usual: readonly Verdict[] = [
  { kind: 'unknown', terminal: true, reason: '500' },
  { kind: 'unknown', terminal: false, reason: '500', hint: 'retry' },
  { kind: 'processing', sure: true, reason: '202' },
  { kind: 'processing', sure: false, reason: '409' },
  { kind: 'succeeded', replayed: false, result: 'unreadable', reason: '201' },
  { kind: 'succeeded', replayed: true, result: 'elsewhere', reason: '409' },
  { kind: 'rejected', ...refusal },
  { kind: 'conflict', ...refusal },
  { kind: 'mismatch', ...refusal },
  { kind: 'try-again', ...refusal },
]
const inconclusive: StatusReading = { kind: 'inconclusive', reason: 'the server answered 500' }
const sentOnce = pendingRecord({ attempts: 1, sent: 1, firstSentAt: START })
const doubtful = pendingRecord({ attempts: 1, sent: 1, ambiguous: 1, firstSentAt: START })

const refusals: fc.Arbitrary<Verdict> = fc.record({
  kind: fc.constantFrom('rejected' as const, 'conflict' as const, 'mismatch' as const, 'try-again' as const),
  conclusive: fc.boolean(),
  doubtful: fc.boolean(),
  reason: fc.constant('said no'),
  hint: fc.constantFrom('retry' as const, 'stop' as const),
})
const verdicts: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Verdict>(unknown, { kind: 'not-sent', reason: 'no connection' }) },
  { weight: 3, arbitrary: fc.constantFrom(...usual) },
  { weight: 1, arbitrary: refusals },
)
const readings = fc.constantFrom<StatusReading>(
  { kind: 'absent' },
  { kind: 'processing' },
  inconclusive,
  inconclusive,
  { kind: 'not-executed' },
  { kind: 'executed', data: undefined, form: 'body' },
)
const retryAfter = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
)

type Script = {
  readonly policy: StepPolicy
  readonly record: OperationRecord
  readonly verdicts: readonly Verdict[]
  readonly readings: readonly StatusReading[]
  readonly retryAfter: readonly (number | undefined)[]
  readonly random: readonly number[]
  readonly budget: readonly boolean[]
  /** How long each request takes; some of them are hours, as where a machine sleeps. */
  readonly takes: readonly number[]
  readonly pollUrls: readonly (string | undefined)[]
}

const limited: fc.Arbitrary<Script> = fc.record({
  policy: fc.record({
    mode: fc.constantFrom('run' as const, 'run' as const, 'run' as const, 'ask' as const),
    attempts: fc.integer({ min: 1, max: 6 }),
    backoff: fc.constantFrom({ base: 250, cap: 8_000 }, { base: 0, cap: 0 }, { base: 1, cap: 1 }),
    pollInterval: fc.constantFrom({ min: 500, max: 5_000 }, { min: 500, max: 500 }),
    honoursKeys: fc.boolean(),
    horizon: fc.constant(policy.horizon),
    hasStatus: fc.boolean(),
    unfit: fc.constantFrom(undefined, undefined, 'other bytes'),
  }),
  record: fc.constantFrom<OperationRecord>(
    pendingRecord(),
    sentOnce,
    doubtful,
    processingRecord(),
    processingRecord({ ambiguous: 0, statusUrl: 'https://shop.test/operations/1' }),
    succeededRecord({ result: undefined }),
  ),
  verdicts: fc.array(verdicts, { minLength: 1, maxLength: 8 }),
  readings: fc.array(readings, { minLength: 1, maxLength: 8 }),
  retryAfter: fc.array(retryAfter, { minLength: 1, maxLength: 5 }),
  random: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
    minLength: 1,
    maxLength: 5,
  }),
  budget: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  takes: fc.array(fc.constantFrom(0, 0, 5, 30_000, 76_000_000), { minLength: 1, maxLength: 5 }),
  pollUrls: fc.array(fc.constantFrom(undefined, undefined, 'https://shop.test/operations/2'), {
    minLength: 1,
    maxLength: 3,
  }),
})

/** Without a limit of attempts the pauses bound them: no chance makes all of them next to nothing. */
const unlimited = limited.map((script): Script => ({
  ...script,
  policy: { ...script.policy, attempts: undefined, backoff: { base: 250, cap: 8_000 } },
  random: script.random.map(random => 0.5 + random / 2),
}))
const scripts = fc.oneof(limited, unlimited)

type Turn = {
  readonly record: OperationRecord
  readonly progress: Progress
  readonly moment: Moment
  readonly step: Step
}

const MOST_STEPS = 5_000

function perform(script: Script): readonly Turn[] {
  const turns: Turn[] = []
  const pick = <T>(from: readonly T[]): T => from[turns.length % from.length]!
  let { record } = script
  let progress = startOfRun
  let nowAt = START
  let polling = false
  let endsAt = START + 120_000
  while (turns.length < MOST_STEPS) {
    if (record.state === 'processing' && !polling) {
      polling = true
      endsAt = nowAt + 600_000
    }
    const when: Moment = {
      nowAt,
      remainingMs: endsAt - nowAt,
      ranMs: nowAt - START,
      random: pick(script.random),
      retryAllowed: pick(script.budget),
      askAllowed: pick(script.budget),
    }
    const step = nextStep(record, progress, script.policy, when)
    turns.push({ record, progress, moment: when, step })
    switch (step.kind) {
      case 'done':
      case 'stop':
        return turns
      case 'wait':
        nowAt += step.delayMs
        progress = afterPause(progress, step.counts)
        break
      case 'ask': {
        nowAt += Math.min(pick(script.takes), 30_000)
        const reading = pick(script.readings)
        record = learnt(record, reading, nowAt)
        progress = afterAsk(progress, reading, {
          isAnswered: reading !== inconclusive,
          status: undefined,
          retryAfterMs: pick(script.retryAfter),
        })
        break
      }
      case 'send': {
        const lease = { runner: 'tab-1', until: nowAt + 60_000 }
        const begun = transition(record, { kind: 'begin', at: nowAt, lease }, nowAt)
        nowAt += pick(script.takes)
        const verdict = pick(script.verdicts)
        record = transition(begun, { kind: 'observe', verdict, transportResends: false }, nowAt)
        progress = afterAttempt(progress, {
          verdict,
          status: undefined,
          retryAfterMs: pick(script.retryAfter),
          poll: pollOf(pick(script.pollUrls)),
          resourceUrl: undefined,
          foreign: undefined,
          asPoll: step.as === 'poll',
          ambiguous: false,
          endedAt: nowAt,
        })
        break
      }
      default:
        step satisfies never
    }
  }
  return turns
}

function pollOf(url: string | undefined): { readonly url: string; readonly isMonitor: boolean } | undefined {
  return url === undefined ? undefined : { url, isMonitor: false }
}

function learnt(record: OperationRecord, reading: StatusReading, nowAt: number): OperationRecord {
  switch (reading.kind) {
    case 'executed':
      return transition(record, { kind: 'learn', told: { kind: 'executed', result: undefined } }, nowAt)
    case 'not-executed': {
      const failure = { code: 'rejected', reason: 'told' } as const
      return transition(record, { kind: 'learn', told: { kind: 'not-executed', failure } }, nowAt)
    }
    case 'processing':
      return transition(record, { kind: 'learn', told: { kind: 'processing' } }, nowAt)
    default:
      return record
  }
}

function sends(turns: readonly Turn[]): readonly Turn[] {
  return turns.filter(({ step }) => step.kind === 'send')
}

type Law = readonly [says: string, holds: (script: Script, turns: readonly Turn[]) => boolean]

const laws: readonly Law[] = [
  ['it comes to an end', (_, turns) => turns.length < MOST_STEPS],
  ['a settle never sends', ({ policy: { mode } }, turns) => mode === 'run' || sends(turns).length === 0],
  [
    'what may have executed is sent only under an honoured key (P8)',
    ({ policy: { honoursKeys } }, turns) =>
      honoursKeys ||
      sends(turns).every(
        ({ record }) => record.state === 'pending' && record.ambiguous === 0 && record.inFlight === undefined,
      ),
  ],
  [
    'nothing is sent past the horizon (P4)',
    (_, turns) =>
      sends(turns).every(
        ({ record, moment: { nowAt } }) =>
          record.firstSentAt === undefined || nowAt - record.firstSentAt < 77_760_000,
      ),
  ],
  [
    'nothing that does not fit is sent after something was',
    ({ policy: { unfit } }, turns) =>
      unfit === undefined || sends(turns).every(({ record }) => record.sent === 0),
  ],
  [
    'attempts and re-reads never exceed the attempts allowed',
    ({ policy: { attempts } }, turns) =>
      sends(turns).filter(({ step }) => step.kind === 'send' && step.as !== 'poll').length <=
      (attempts ?? Number.POSITIVE_INFINITY),
  ],
  [
    'a wait is a whole number of ms, not negative, and ends before the deadline',
    (_, turns) =>
      turns.every(({ step, moment: { remainingMs } }) => {
        if (step.kind !== 'wait') return true
        return Number.isInteger(step.delayMs) && step.delayMs >= 0 && step.delayMs < remainingMs
      }),
  ],
  [
    'a wait is never shorter than the server asked',
    (_, turns) =>
      turns.every(
        ({ step, progress }) => step.kind !== 'wait' || step.delayMs >= (progress.retryAfterMs ?? 0),
      ),
  ],
  [
    'a wait before asking is never shorter than the interval',
    ({ policy: { pollInterval } }, turns) =>
      turns.every(
        ({ step }) => step.kind !== 'wait' || step.before === 'retry' || step.delayMs >= pollInterval.min,
      ),
  ],
  [
    'between two requests there is a wait',
    (_, turns) =>
      turns.every(({ step }, index) => {
        const before = turns[index - 1]?.step
        const request = (one: Step | undefined) => one?.kind === 'send' || one?.kind === 'ask'
        return !(request(step) && request(before))
      }),
  ],
  [
    'a retry is sent only where the budget allows it',
    (_, turns) =>
      sends(turns).every(({ step, progress, moment: { retryAllowed } }) => {
        const first = progress.last === undefined && progress.lastAsk === undefined
        return first || retryAllowed || (step.kind === 'send' && step.as !== 'attempt')
      }),
  ],
  [
    'nothing is sent or asked after the deadline',
    (_, turns) =>
      turns.every(
        ({ step, moment: { remainingMs } }) =>
          remainingMs > 0 || step.kind === 'stop' || step.kind === 'done',
      ),
  ],
  [
    'a settled operation is done, an open one stops',
    (_, turns) => {
      const last = turns.at(-1)!
      return isOpen(last.record) ? last.step.kind === 'stop' : last.step.kind === 'done'
    },
  ],
  [
    'it says until when to wait only where the server asked for it',
    (_, turns) =>
      turns.every(({ step, progress, moment: { nowAt } }) => {
        if (step.kind !== 'stop' || step.retryAt === undefined) return true
        return step.retryAt === nowAt + (progress.retryAfterMs ?? Number.NaN)
      }),
  ],
]

describe('in every run', () => {
  test.each(laws)('%s', (_, holds) => {
    fc.assert(
      fc.property(scripts, script => holds(script, perform(frozen(script)))),
      { numRuns: 1_000 },
    )
  })

  test('where every attempt ends unknown and nobody can be asked, four attempts and three pauses are all', () => {
    const silent = { policy, record: pendingRecord(), verdicts: [unknown], readings: [inconclusive] }
    const turns = perform({
      ...silent,
      retryAfter: [undefined],
      random: [0.5],
      budget: [true],
      takes: [1_000],
      pollUrls: [undefined],
    })
    expect(turns.map(({ step }) => (step.kind === 'wait' ? step.delayMs : step.kind))).toStrictEqual([
      'send',
      125,
      'send',
      250,
      'send',
      500,
      'send',
      'stop',
    ])
  })

  test('where the budget denies every retry, one attempt is all, and the run waits for it to the deadline', () => {
    const turns = perform({
      policy,
      record: pendingRecord(),
      verdicts: [unknown],
      readings: [inconclusive],
      retryAfter: [undefined],
      random: [0.5],
      budget: [false],
      takes: [1_000],
      pollUrls: [undefined],
    })
    expect(
      turns.map(({ step }) => (step.kind === 'wait' ? step.delayMs : step.kind)).slice(0, 9),
    ).toStrictEqual(['send', 125, 1_000, 1_000, 1_000, 1_000, 2_000, 4_000, 4_000])
    expect(turns.at(-1)).toMatchObject({
      step: { kind: 'stop', reason: 'the next pause would pass the deadline' },
      moment: { nowAt: START + 119_125 },
    })
    expect(sends(turns)).toHaveLength(1)
  })

  test('without a limit of attempts it sends on to the deadline', () => {
    const turns = perform({
      policy: { ...policy, attempts: undefined },
      record: pendingRecord(),
      verdicts: [{ kind: 'not-sent', reason: 'no connection' }],
      readings: [inconclusive],
      retryAfter: [undefined],
      random: [0.5],
      budget: [true],
      takes: [1_000],
      pollUrls: [undefined],
    })
    expect(turns.at(-1)).toMatchObject({ step: { kind: 'stop', code: 'unresolved' } })
    expect(turns.at(-1)!.moment.remainingMs).toBeLessThan(4_000)
    expect(sends(turns)).toHaveLength(28)
  })

  test('where sending and asking bring nothing, four attempts and one ask take turns', () => {
    const turns = perform({
      policy: { ...policy, attempts: undefined, hasStatus: true },
      record: pendingRecord(),
      verdicts: [unknown],
      readings: [inconclusive],
      retryAfter: [undefined],
      random: [0.5],
      budget: [true],
      takes: [1_000],
      pollUrls: [undefined],
    })
    const kinds = turns.flatMap(({ step }) =>
      step.kind === 'send' || step.kind === 'ask' ? [step.kind] : [],
    )
    expect(kinds.slice(0, 11)).toStrictEqual([
      'send',
      'send',
      'send',
      'send',
      'ask',
      'send',
      'send',
      'send',
      'send',
      'ask',
      'send',
    ])
  })
})
