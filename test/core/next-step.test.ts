import { describe, expect, test } from 'vitest'
import type { Moment, Step, StepPolicy } from '../../src/core/run/step.ts'
import { nextStep } from '../../src/core/run/next-step.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import type { Progress } from '../../src/core/run/run-progress.ts'
import { startOfRun } from '../../src/core/run/run-progress.ts'
import type { StatusReading } from '../../src/core/answers/status-answer.ts'
import type { Verdict } from '../../src/core/answers/verdict.ts'
import { START, failedRecord, frozen, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

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
/** Without a limit of attempts, as where nothing is said. */
const endless: StepPolicy = { ...policy, attempts: undefined }
const asking: StepPolicy = { ...policy, mode: 'ask', hasStatus: true }
const noKeys: StepPolicy = { ...policy, honoursKeys: false }
const withStatus: StepPolicy = { ...policy, hasStatus: true }
const neither: StepPolicy = { ...noKeys, hasStatus: true }

const moment: Moment = {
  nowAt: 1_800_000_001_000,
  remainingMs: 100_000,
  ranMs: 20_000,
  random: 0.5,
  retryAllowed: true,
  askAllowed: true,
}
const HORIZON = 1_800_077_760_000

const unknown: Verdict = { kind: 'unknown', terminal: false, reason: 'no answer' }
const terminal: Verdict = { kind: 'unknown', terminal: true, reason: '500' }
const notSent: Verdict = { kind: 'not-sent', reason: 'no connection' }
const atWork: Verdict = { kind: 'processing', sure: true, reason: '202' }
const tooLong: Verdict = { kind: 'succeeded', replayed: false, result: 'too-long', reason: '201' }
const unreadable: Verdict = { kind: 'succeeded', replayed: false, result: 'unreadable', reason: '201' }
const elsewhere: Verdict = { kind: 'succeeded', replayed: true, result: 'elsewhere', reason: '409' }
const refusal = { conclusive: false, doubtful: false, reason: 'said no' } as const
const rejected: Verdict = { kind: 'rejected', ...refusal }
const conflict: Verdict = { kind: 'conflict', ...refusal }
const mismatch: Verdict = { kind: 'mismatch', ...refusal }
const tryAgain: Verdict = { kind: 'try-again', ...refusal }

const absent: StatusReading = { kind: 'absent' }
const working: StatusReading = { kind: 'processing' }
const inconclusive: StatusReading = { kind: 'inconclusive', reason: 'the server answered 500' }

const sentOnce = pendingRecord({ attempts: 1, sent: 1, firstSentAt: START })
const doubtful = pendingRecord({ attempts: 1, sent: 1, ambiguous: 1, firstSentAt: START })
const namedPlace = { statusUrl: 'https://shop.test/operations/1' }

/** After one attempt of this run, with the pause before the next step still to come. */
function after(last: Verdict, changes: Partial<Progress> = {}): Progress {
  return { ...startOfRun, turns: 1, last, lastEndedAt: START, rested: false, ...changes }
}

function rested(last: Verdict, changes: Partial<Progress> = {}): Progress {
  return after(last, { rested: true, ...changes })
}

type Row = readonly [
  says: string,
  record: OperationRecord,
  progress: Progress,
  policy: StepPolicy,
  moment: Partial<Moment>,
  step: Step,
]

function rows(table: readonly Row[]): void {
  test.each(table)('%s', (_, record, progress, how, when, step) => {
    const given = frozen({ record, progress, how, when: { ...moment, ...when } })
    expect(nextStep(given.record, given.progress, given.how, given.when)).toStrictEqual(step)
  })
}

describe('a settled operation', () => {
  const lost = succeededRecord({ result: undefined })
  const reread: Step = {
    kind: 'send',
    as: 'reread',
    reason: 'the answer could not be read: the same key brings it again',
  }
  const askResult: Step = { kind: 'ask', at: 'status', reason: 'executed, but its result is not known here' }
  const askPlace: Step = { kind: 'ask', at: 'result', reason: 'executed, and its result is at its own URL' }
  const nobody: Step = { kind: 'done', reason: 'executed, but there is no way to get the result' }
  rows([
    ['a failure is done', failedRecord(), startOfRun, policy, {}, { kind: 'done', reason: '402' }],
    ['a success is done', succeededRecord(), startOfRun, policy, {}, { kind: 'done', reason: 'executed' }],
    [
      'a success is done though the time is up',
      succeededRecord(),
      after(unreadable),
      policy,
      { remainingMs: 0 },
      { kind: 'done', reason: 'executed' },
    ],
    [
      'an unreadable answer is read again after a pause',
      lost,
      after(unreadable),
      policy,
      {},
      {
        kind: 'wait',
        delayMs: 125,
        before: 'retry',
        counts: 'pause',
        reason: 'the answer could not be read: the same key brings it again',
      },
    ],
    ['an unreadable answer is read again under its key', lost, rested(unreadable), policy, {}, reread],
    ['a re-read that failed is tried again', lost, rested(unknown, { turns: 2 }), policy, {}, reread],
    [
      'what another concluded without a key has none to read it under (seed 8320024180)',
      succeededRecord({ result: undefined, key: '' }),
      rested(unknown, { turns: 2 }),
      policy,
      {},
      nobody,
    ],
    ['an answer that is too long is not read again', lost, rested(tooLong), policy, {}, nobody],
    [
      'an answer that is too long: the status may be shorter',
      lost,
      rested(tooLong),
      withStatus,
      {},
      askResult,
    ],
    ['a re-read uses turns', lost, rested(unreadable, { turns: 4 }), policy, {}, nobody],
    [
      'no time is left to read it',
      lost,
      rested(unreadable),
      policy,
      { remainingMs: 0 },
      { kind: 'done', reason: 'executed, and no time is left to read its result' },
    ],
    [
      'a pause past the deadline is no reason to call it anything but executed',
      lost,
      after(unreadable, { retryAfterMs: 100_000 }),
      policy,
      {},
      { kind: 'done', reason: 'executed, but the server asks to wait past the deadline' },
    ],
    ['without an honoured key the status is asked', lost, rested(unreadable), neither, {}, askResult],
    ['without an honoured key and a status nobody can tell', lost, rested(unreadable), noKeys, {}, nobody],
    ['an old key is not sent again', lost, rested(unreadable), withStatus, { nowAt: HORIZON }, askResult],
    ['in a settle it is not sent again', lost, rested(unreadable), asking, {}, askResult],
    ['a result that lies elsewhere is asked for', lost, rested(elsewhere), withStatus, {}, askResult],
    ['a result that lies elsewhere is not sent for', lost, rested(elsewhere), policy, {}, nobody],
    ['a fact alone is asked for', lost, startOfRun, withStatus, {}, askResult],
    ['a fact alone is never sent for', lost, startOfRun, policy, {}, nobody],
    [
      'after a re-read that will bring nothing else the status is asked',
      lost,
      rested(terminal, { turns: 2 }),
      withStatus,
      {},
      askResult,
    ],
    [
      'the status is asked after a pause',
      lost,
      rested(elsewhere, { asks: 1, lastAsk: inconclusive, rested: false }),
      withStatus,
      {},
      {
        kind: 'wait',
        delayMs: 750,
        before: 'query',
        counts: 'pause',
        reason: 'executed, but its result is not known here',
      },
    ],
    [
      'the status is asked a third time',
      lost,
      rested(elsewhere, { asks: 2, lastAsk: inconclusive }),
      withStatus,
      {},
      askResult,
    ],
    [
      'the status is not asked again that has answered three times',
      lost,
      rested(elsewhere, { asks: 3, answeredAsks: 3, lastAsk: inconclusive }),
      withStatus,
      {},
      nobody,
    ],
    [
      'a status that did not answer is asked on',
      lost,
      rested(elsewhere, { asks: 30, answeredAsks: 2, lastAsk: inconclusive }),
      withStatus,
      {},
      askResult,
    ],
    [
      'it is asked at its own URL, at once',
      lost,
      after(elsewhere, { resultUrl: 'https://shop.test/orders/9' }),
      policy,
      {},
      askPlace,
    ],
    [
      'an own URL that did not answer is asked on',
      lost,
      rested(elsewhere, { resultUrl: 'https://shop.test/orders/9', resultAsks: 30, resultAnswers: 2 }),
      policy,
      {},
      askPlace,
    ],
    [
      'an own URL that did not answer three times gives way to the status',
      lost,
      rested(elsewhere, { resultUrl: 'https://shop.test/orders/9', resultAsks: 3 }),
      withStatus,
      {},
      askResult,
    ],
    [
      'and is asked on once the status has answered three times',
      lost,
      rested(elsewhere, {
        resultUrl: 'https://shop.test/orders/9',
        resultAsks: 3,
        asks: 6,
        answeredAsks: 3,
      }),
      withStatus,
      {},
      askPlace,
    ],
    [
      'an own URL that answered three times has it not',
      lost,
      rested(elsewhere, { resultUrl: 'https://shop.test/orders/9', resultAsks: 3, resultAnswers: 3 }),
      policy,
      {},
      nobody,
    ],
    [
      'asks for it are within the budget',
      lost,
      rested(elsewhere, { asks: 4, answeredAsks: 2, lastAsk: inconclusive }),
      withStatus,
      { askAllowed: false },
      {
        kind: 'wait',
        delayMs: 2_750,
        before: 'query',
        counts: 'pause',
        reason: 'executed, but its result is not known here',
      },
    ],
    [
      'an answer that could not be read four times is not read again',
      lost,
      rested(unreadable, { turns: 4, unreadable: 4 }),
      endless,
      {},
      nobody,
    ],
    [
      'a re-read that fails goes on to the deadline',
      lost,
      rested(unknown, { turns: 30, unreadable: 1 }),
      endless,
      {},
      reread,
    ],
    [
      'after four that failed the status is asked',
      lost,
      rested(unknown, { turns: 8, unreadable: 1 }),
      { ...endless, hasStatus: true },
      {},
      askResult,
    ],
  ])
})

describe('when the time is up', () => {
  rows([
    [
      'nothing more is sent',
      pendingRecord(),
      startOfRun,
      policy,
      { remainingMs: 0 },
      { kind: 'stop', code: 'unresolved', reason: 'the deadline has passed' },
    ],
    [
      'nothing more is asked',
      doubtful,
      rested(unknown),
      asking,
      { remainingMs: -1 },
      { kind: 'stop', code: 'unresolved', reason: 'the deadline has passed' },
    ],
    [
      'the server may still be at work',
      processingRecord(),
      rested(atWork),
      policy,
      { remainingMs: 0 },
      {
        kind: 'stop',
        code: 'still-processing',
        reason: 'the poll deadline has passed, the server is still at work',
      },
    ],
  ])
})

describe('an operation of which nothing was sent', () => {
  const send: Step = { kind: 'send', as: 'attempt', reason: 'first attempt' }
  rows([
    ['is sent at once', pendingRecord(), startOfRun, policy, {}, send],
    ['is sent without an honoured key too', pendingRecord(), startOfRun, noKeys, {}, send],
    [
      'is sent whatever is left of the budget',
      pendingRecord(),
      startOfRun,
      policy,
      { retryAllowed: false, askAllowed: false },
      send,
    ],
    [
      'is sent though it does not fit what was never sent',
      pendingRecord(),
      startOfRun,
      { ...policy, unfit: 'other bytes' },
      {},
      send,
    ],
    [
      'is not sent by a settle',
      pendingRecord(),
      startOfRun,
      asking,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'nothing can be asked, and nothing may be sent',
        advice: 'run-with-input',
      },
    ],
    [
      'was refused clearly before: it is sent again without an honoured key',
      sentOnce,
      startOfRun,
      noKeys,
      {},
      send,
    ],
    [
      'has an old key all the same',
      sentOnce,
      startOfRun,
      withStatus,
      { nowAt: HORIZON },
      {
        kind: 'stop',
        code: 'key-expired',
        reason: 'the server may have forgotten the key, by the clock of this device',
      },
    ],
    [
      'does not fit what was sent before',
      sentOnce,
      startOfRun,
      { ...policy, unfit: 'its bytes are others now' },
      {},
      { kind: 'stop', code: 'unresolved', reason: 'its bytes are others now', advice: 'conclude-then-run' },
    ],
  ])
})

describe('an operation that may have executed, taken up again', () => {
  const send: Step = { kind: 'send', as: 'attempt', reason: 'taken up again' }
  const ask: Step = { kind: 'ask', at: 'status', reason: 'an attempt may have executed' }
  rows([
    ['is sent again under an honoured key', doubtful, startOfRun, withStatus, {}, send],
    [
      'is sent again a moment before the horizon',
      doubtful,
      startOfRun,
      withStatus,
      { nowAt: HORIZON - 1 },
      send,
    ],
    ['is only asked for from the horizon on', doubtful, startOfRun, withStatus, { nowAt: HORIZON }, ask],
    ['is only asked for without an honoured key', doubtful, startOfRun, neither, {}, ask],
    ['is only asked for by a settle', doubtful, startOfRun, asking, {}, ask],
    [
      'is only asked for where it does not fit',
      doubtful,
      startOfRun,
      { ...withStatus, unfit: 'other bytes' },
      {},
      ask,
    ],
    [
      'is asked for where the server said, without a status request',
      { ...doubtful, ...namedPlace },
      startOfRun,
      noKeys,
      {},
      { kind: 'ask', at: 'poll-url', reason: 'an attempt may have executed' },
    ],
    [
      'is asked for by the status request before that',
      { ...doubtful, ...namedPlace },
      startOfRun,
      neither,
      {},
      ask,
    ],
    [
      'cannot be asked for at all',
      doubtful,
      startOfRun,
      noKeys,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'an attempt may have executed, and the server does not honour keys',
      },
    ],
    [
      'has an old key, and cannot be asked for',
      doubtful,
      startOfRun,
      policy,
      { nowAt: HORIZON },
      {
        kind: 'stop',
        code: 'key-expired',
        reason: 'the server may have forgotten the key, by the clock of this device',
      },
    ],
    [
      'has an old key that no settle would send',
      doubtful,
      startOfRun,
      { ...asking, hasStatus: false },
      { nowAt: HORIZON },
      {
        kind: 'stop',
        code: 'key-expired',
        reason: 'the server may have forgotten the key, by the clock of this device',
      },
    ],
    [
      'has been sent as something else, and cannot be asked for',
      doubtful,
      startOfRun,
      { ...policy, unfit: 'its bytes are others now' },
      {},
      { kind: 'stop', code: 'unresolved', reason: 'its bytes are others now', advice: 'conclude' },
    ],
    [
      'does not fit, which says nothing to a settle',
      doubtful,
      startOfRun,
      { ...asking, hasStatus: false, unfit: 'its bytes are others now' },
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'nothing can be asked, and nothing may be sent',
        advice: 'run-with-input',
      },
    ],
  ])
})

describe('after an attempt', () => {
  const again: Step = { kind: 'send', as: 'attempt', reason: 'again, after: no answer' }
  const ask: Step = { kind: 'ask', at: 'status', reason: 'an attempt may have executed' }
  rows([
    [
      'without a limit of attempts it is sent on',
      doubtful,
      rested(unknown, { turns: 41 }),
      { ...endless, hasStatus: true },
      {},
      again,
    ],
    [
      'and after four in a row it is asked about, once',
      doubtful,
      rested(unknown, { turns: 40 }),
      { ...endless, hasStatus: true },
      {},
      ask,
    ],
    [
      'and after four in a row it is asked about where the server said',
      { ...doubtful, ...namedPlace },
      rested(unknown, { turns: 40 }),
      endless,
      {},
      { ...ask, at: 'poll-url' },
    ],
    [
      'and after that it is sent on',
      doubtful,
      rested(unknown, { turns: 40, lastAsk: inconclusive, asks: 1 }),
      { ...endless, hasStatus: true },
      {},
      again,
    ],
    [
      'of which nothing may have executed it is sent on, without a question',
      pendingRecord({ attempts: 4 }),
      rested(notSent, { turns: 4 }),
      { ...endless, hasStatus: true },
      {},
      { ...again, reason: 'again, after: no connection' },
    ],
    [
      'that ended unknown there is a pause',
      doubtful,
      after(unknown),
      policy,
      {},
      {
        kind: 'wait',
        delayMs: 125,
        before: 'retry',
        counts: 'pause',
        reason: 'again, after: no answer',
      },
    ],
    [
      'and a longer one after the next',
      doubtful,
      after(unknown, { turns: 2 }),
      policy,
      {},
      {
        kind: 'wait',
        delayMs: 250,
        before: 'retry',
        counts: 'pause',
        reason: 'again, after: no answer',
      },
    ],
    [
      'the pause is never shorter than the server asked',
      doubtful,
      after(unknown, { retryAfterMs: 7_000 }),
      policy,
      {},
      {
        kind: 'wait',
        delayMs: 7_000,
        before: 'retry',
        counts: 'pause',
        reason: 'again, after: no answer',
      },
    ],
    [
      'and longer where the backoff is',
      doubtful,
      after(unknown, { retryAfterMs: 100, turns: 4 }),
      { ...policy, attempts: 9 },
      {},
      {
        kind: 'wait',
        delayMs: 1_000,
        before: 'retry',
        counts: 'pause',
        reason: 'again, after: no answer',
      },
    ],
    ['and then it is sent again', doubtful, rested(unknown), policy, {}, again],
    ['sending goes before asking', doubtful, rested(unknown), withStatus, {}, again],
    ['until the attempts are used up', doubtful, rested(unknown, { turns: 3 }), policy, {}, again],
    [
      'and then it stops',
      doubtful,
      rested(unknown, { turns: 4 }),
      policy,
      {},
      { kind: 'stop', code: 'unresolved', reason: '4 attempts are used up; the last: no answer' },
    ],
    ['or asks', doubtful, rested(unknown, { turns: 4 }), withStatus, {}, ask],
    [
      'or asks after a pause',
      doubtful,
      after(unknown, { turns: 4 }),
      withStatus,
      {},
      {
        kind: 'wait',
        delayMs: 500,
        before: 'query',
        counts: 'pause',
        reason: 'an attempt may have executed',
      },
    ],
    [
      'that never left, it is sent without an honoured key',
      pendingRecord({ attempts: 1 }),
      rested(notSent),
      noKeys,
      {},
      { kind: 'send', as: 'attempt', reason: 'again, after: no connection' },
    ],
    [
      'that was told to come again, it is sent without an honoured key',
      sentOnce,
      rested(tryAgain),
      noKeys,
      {},
      { kind: 'send', as: 'attempt', reason: 'again, after: said no' },
    ],
    [
      'that may have executed, it is not sent without an honoured key',
      doubtful,
      rested(unknown),
      noKeys,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'an attempt may have executed, and the server does not honour keys; the last: no answer',
      },
    ],
    [
      'that may have executed, it is asked for without an honoured key',
      doubtful,
      rested(unknown),
      neither,
      {},
      ask,
    ],
    ['that may have executed, a settle asks', doubtful, rested(unknown), asking, {}, ask],
    [
      'the key may have grown old',
      doubtful,
      rested(unknown),
      policy,
      { nowAt: HORIZON },
      {
        kind: 'stop',
        code: 'key-expired',
        reason: 'the server may have forgotten the key, by the clock of this device',
      },
    ],
    ['a 500 that is replayed is asked about', doubtful, rested(terminal), withStatus, {}, ask],
    [
      'a 500 that is replayed is not sent again',
      doubtful,
      rested(terminal),
      policy,
      {},
      { kind: 'stop', code: 'unresolved', reason: '500' },
    ],
    [
      'that the server hints not to repeat it stops',
      doubtful,
      rested({ ...unknown, hint: 'stop' }),
      policy,
      {},
      { kind: 'stop', code: 'unresolved', reason: 'no answer' },
    ],
    [
      'no hint to repeat it opens what P8 closes',
      doubtful,
      rested({ ...unknown, hint: 'retry' }),
      noKeys,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'an attempt may have executed, and the server does not honour keys; the last: no answer',
      },
    ],
    [
      'no hint to repeat it opens what P4 closes',
      doubtful,
      rested({ ...unknown, hint: 'retry' }),
      policy,
      { nowAt: HORIZON },
      {
        kind: 'stop',
        code: 'key-expired',
        reason: 'the server may have forgotten the key, by the clock of this device',
      },
    ],
    [
      'a 429 with a hint not to repeat it stops',
      sentOnce,
      rested({ ...tryAgain, hint: 'stop' }),
      policy,
      {},
      { kind: 'stop', code: 'unresolved', reason: 'said no' },
    ],
    [
      'a refusal stops it',
      sentOnce,
      rested(rejected),
      policy,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
    [
      'a conflict stops it',
      sentOnce,
      rested(conflict),
      policy,
      {},
      { kind: 'stop', code: 'conflict', reason: 'said no' },
    ],
    [
      'a mismatch stops it',
      sentOnce,
      rested(mismatch),
      policy,
      {},
      { kind: 'stop', code: 'payload-mismatch', reason: 'said no' },
    ],
    [
      'a refusal with a hint to repeat it is repeated',
      sentOnce,
      rested({ ...rejected, hint: 'retry' }),
      policy,
      {},
      { kind: 'send', as: 'attempt', reason: 'again, after: said no' },
    ],
    [
      'a conflict with a hint to repeat it is repeated',
      sentOnce,
      rested({ ...conflict, hint: 'retry' }),
      policy,
      {},
      { kind: 'send', as: 'attempt', reason: 'again, after: said no' },
    ],
    [
      'a refusal with a hint to stop is not',
      sentOnce,
      rested({ ...rejected, hint: 'stop' }),
      policy,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
    [
      'a conclusive refusal is not repeated, whatever the hint',
      sentOnce,
      rested({ ...rejected, conclusive: true, hint: 'retry' }),
      policy,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
    ['a refusal after an ambiguous attempt is asked about', doubtful, rested(rejected), withStatus, {}, ask],
    [
      'a refusal after an ambiguous attempt stops it where nothing can be asked',
      doubtful,
      rested(rejected),
      policy,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
    [
      'a pause past the deadline ends it',
      doubtful,
      after(unknown),
      policy,
      { remainingMs: 125 },
      { kind: 'stop', code: 'unresolved', reason: 'the next pause would pass the deadline' },
    ],
    [
      'a pause that ends before the deadline does not',
      doubtful,
      after(unknown),
      policy,
      { remainingMs: 126 },
      {
        kind: 'wait',
        delayMs: 125,
        before: 'retry',
        counts: 'pause',
        reason: 'again, after: no answer',
      },
    ],
    [
      'without a doubt or a fitting request, the attempts are what was used up',
      pendingRecord({ attempts: 4 }),
      rested(notSent, { turns: 4 }),
      { ...policy, unfit: 'other bytes' },
      {},
      { kind: 'stop', code: 'unresolved', reason: '4 attempts are used up; the last: no connection' },
    ],
    [
      'where the server asks to wait just as long as there is time, it says until when',
      sentOnce,
      after(tryAgain, { retryAfterMs: 125 }),
      policy,
      { remainingMs: 125 },
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'the server asks to wait past the deadline',
        retryAt: 1_800_000_001_125,
        advice: 'after-retry-at',
      },
    ],
    [
      'where the server asks to wait past the deadline it says until when',
      sentOnce,
      after(tryAgain, { retryAfterMs: 100_000 }),
      policy,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'the server asks to wait past the deadline',
        retryAt: 1_800_000_101_000,
        advice: 'after-retry-at',
      },
    ],
  ])
})

describe('when the retry budget is used up', () => {
  const denied: Step = {
    kind: 'wait',
    delayMs: 1_000,
    before: 'retry',
    counts: 'denied',
    reason: 'the retry budget is used up',
  }
  rows([
    [
      'the pause comes first',
      doubtful,
      after(unknown, { turns: 2 }),
      policy,
      { retryAllowed: false },
      {
        kind: 'wait',
        delayMs: 250,
        before: 'retry',
        counts: 'pause',
        reason: 'again, after: no answer',
      },
    ],
    [
      'a retry becomes a wait',
      doubtful,
      rested(unknown, { turns: 2 }),
      policy,
      { retryAllowed: false },
      denied,
    ],
    [
      'what was never written ahead is no retry: it waits for nothing',
      pendingRecord(),
      rested(notSent),
      policy,
      { retryAllowed: false },
      { kind: 'send', as: 'attempt', reason: 'again, after: no connection' },
    ],
    [
      'and the next wait is longer, as after an attempt',
      doubtful,
      rested(unknown, { turns: 2, denials: 3 }),
      policy,
      { retryAllowed: false },
      { ...denied, delayMs: 2_000 },
    ],
    [
      'no budget prolongs attempts that are used up',
      doubtful,
      rested(unknown, { turns: 4 }),
      policy,
      { retryAllowed: false },
      { kind: 'stop', code: 'unresolved', reason: '4 attempts are used up; the last: no answer' },
    ],
    [
      'a server that asked for less has not asked for this wait',
      doubtful,
      { ...rested(unknown, { turns: 2 }), retryAfterMs: 500 },
      { ...policy, backoff: { base: 0, cap: 0 } },
      { retryAllowed: false, remainingMs: 1_000 },
      { kind: 'stop', code: 'unresolved', reason: 'the next pause would pass the deadline' },
    ],
    [
      'the wait does not pass the deadline',
      doubtful,
      rested(unknown, { turns: 2 }),
      policy,
      { retryAllowed: false, remainingMs: 1_000 },
      { kind: 'stop', code: 'unresolved', reason: 'the next pause would pass the deadline' },
    ],
  ])
})

describe('after a question', () => {
  const ask: Step = { kind: 'ask', at: 'status', reason: 'an attempt may have executed' }
  const said = (lastAsk: StatusReading, changes: Partial<Progress> = {}) =>
    rested(unknown, { asks: 1, lastAsk, turns: 1, ...changes })
  rows([
    [
      'absence permits sending it again under an honoured key',
      doubtful,
      said(absent),
      withStatus,
      {},
      {
        kind: 'send',
        as: 'attempt',
        reason: 'the server does not know the operation: under the same key, sending again is safe',
      },
    ],
    [
      'absence permits it after a pause',
      doubtful,
      said(absent, { rested: false }),
      withStatus,
      {},
      {
        kind: 'wait',
        delayMs: 125,
        before: 'retry',
        counts: 'pause',
        reason: 'the server does not know the operation: under the same key, sending again is safe',
      },
    ],
    ['absence permits nothing without an honoured key', doubtful, said(absent), neither, {}, ask],
    ['absence permits nothing past the horizon', doubtful, said(absent), withStatus, { nowAt: HORIZON }, ask],
    [
      'absence permits nothing when the attempts are used up',
      doubtful,
      said(absent, { turns: 4 }),
      withStatus,
      {},
      ask,
    ],
    ['an inconclusive word is asked again', doubtful, said(inconclusive), neither, {}, ask],
    [
      'an inconclusive word is asked again where the attempts are used up',
      doubtful,
      said(inconclusive, { turns: 4 }),
      withStatus,
      {},
      ask,
    ],
    [
      'an inconclusive word leaves the attempts that there are',
      doubtful,
      said(inconclusive),
      withStatus,
      {},
      { kind: 'send', as: 'attempt', reason: 'again, after: no answer' },
    ],
    [
      'an inconclusive word leaves the first attempt too',
      doubtful,
      { ...startOfRun, asks: 1, lastAsk: inconclusive },
      withStatus,
      {},
      { kind: 'send', as: 'attempt', reason: 'again, after: nothing' },
    ],
    [
      'an inconclusive word does not repeat a refusal that it was to explain',
      doubtful,
      rested({ ...conflict, hint: 'retry', asksAgain: true }, { asks: 1, lastAsk: inconclusive }),
      withStatus,
      {},
      ask,
    ],
    [
      'absence permits nothing in a run that made no attempt and has none left',
      sentOnce,
      { ...startOfRun, asks: 1, lastAsk: absent, turns: 4 },
      withStatus,
      {},
      { kind: 'stop', code: 'unresolved', reason: '4 attempts are used up; the last: none' },
    ],
    [
      'a settle takes three absences for the last word',
      doubtful,
      said(absent, { absentInARow: 3 }),
      asking,
      { ranMs: 30_000 },
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'the server does not know the operation (any more, or yet): that proves nothing',
      },
    ],
    [
      'but not while what was sent before may be on its way',
      doubtful,
      said(absent, { absentInARow: 30 }),
      asking,
      { ranMs: 29_999 },
      ask,
    ],
    [
      'a settle asks again after two',
      doubtful,
      said(absent, { absentInARow: 2 }),
      asking,
      { ranMs: 90_000 },
      ask,
    ],
    ['a run asks on', doubtful, said(absent, { absentInARow: 3, turns: 4 }), neither, {}, ask],
    [
      'the third answer in a row that asks who it is ends the asking',
      doubtful,
      said(inconclusive, { signInsInARow: 3 }),
      neither,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'the server asks who is logged in before it says what became of the operation',
        advice: 'sign-in',
      },
    ],
    ['the second does not', doubtful, said(inconclusive, { signInsInARow: 2 }), neither, {}, ask],
    ['nor what came after it', doubtful, said(working, { signInsInARow: 3 }), neither, {}, ask],
    [
      'a send that was asked who it is, of which the server knows nothing, is not made again',
      doubtful,
      said(absent, { last: rejected, signInsInARow: 1 }),
      withStatus,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
    [
      'nor is another refusal, the third time that nothing is known of it',
      doubtful,
      said(absent, { last: rejected, asks: 3 }),
      withStatus,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
    [
      'before that it is: the same refusal again may be the one of the key',
      doubtful,
      said(absent, { last: rejected, asks: 2 }),
      withStatus,
      {},
      {
        kind: 'send',
        as: 'attempt',
        reason: 'the server does not know the operation: under the same key, sending again is safe',
      },
    ],
    [
      'and so it is where the server says that it may be tried again',
      doubtful,
      said(absent, { last: { ...rejected, hint: 'retry' }, signInsInARow: 1 }),
      withStatus,
      {},
      {
        kind: 'send',
        as: 'attempt',
        reason: 'the server does not know the operation: under the same key, sending again is safe',
      },
    ],
    [
      'a place that does not know of it is not asked again',
      { ...doubtful, ...namedPlace },
      said(absent),
      noKeys,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'an attempt may have executed, and the server does not honour keys; the last: no answer',
      },
    ],
    [
      'a place that an answer of this run named is asked',
      doubtful,
      said(inconclusive, { pollUrl: 'https://shop.test/operations/2?sig=1' }),
      noKeys,
      {},
      { kind: 'ask', at: 'poll-url', reason: 'an attempt may have executed' },
    ],
    [
      'the pauses grow',
      doubtful,
      said(inconclusive, { asks: 3, rested: false }),
      neither,
      {},
      {
        kind: 'wait',
        delayMs: 2_250,
        before: 'query',
        counts: 'pause',
        reason: 'an attempt may have executed',
      },
    ],
    [
      'a Retry-After goes before the longest interval',
      doubtful,
      said(inconclusive, { asks: 1, rested: false, retryAfterMs: 60_000 }),
      neither,
      {},
      {
        kind: 'wait',
        delayMs: 60_000,
        before: 'query',
        counts: 'pause',
        reason: 'an attempt may have executed',
      },
    ],
    [
      'asking backs off where its budget is used up',
      doubtful,
      said(inconclusive),
      neither,
      { askAllowed: false },
      {
        kind: 'wait',
        delayMs: 750,
        before: 'query',
        counts: 'pause',
        reason: 'an attempt may have executed',
      },
    ],
  ])
})

describe('while the server is at work', () => {
  const known = processingRecord(namedPlace)
  const poll: Step = { kind: 'ask', at: 'poll-url', reason: 'still processing' }
  const status: Step = { kind: 'ask', at: 'status', reason: 'still processing' }
  const resend: Step = {
    kind: 'send',
    as: 'poll',
    reason: 'still processing: the same key brings the answer',
  }
  const noWay: Step = {
    kind: 'stop',
    code: 'still-processing',
    reason: 'the server is at work, and there is no way to ask it',
  }
  const said = (lastAsk: StatusReading, changes: Partial<Progress> = {}) =>
    rested(atWork, { asks: 1, lastAsk, ...changes })
  rows([
    ['it is asked where it said', known, rested(atWork), withStatus, {}, poll],
    [
      'it is asked where it said in this run',
      processingRecord(),
      rested(atWork, { pollUrl: 'https://shop.test/operations/2?sig=1' }),
      withStatus,
      {},
      poll,
    ],
    ['else by the status request', processingRecord(), rested(atWork), withStatus, {}, status],
    ['else by sending the same again', processingRecord(), rested(atWork), policy, {}, resend],
    [
      'sending the same again is no attempt',
      processingRecord(),
      rested(atWork, { turns: 4 }),
      policy,
      {},
      resend,
    ],
    ['never without an honoured key', processingRecord(), rested(atWork), noKeys, {}, noWay],
    ['never by a settle', processingRecord(), startOfRun, { ...asking, hasStatus: false }, {}, noWay],
    [
      'never where it does not fit',
      processingRecord(),
      rested(atWork),
      { ...policy, unfit: 'other bytes' },
      {},
      noWay,
    ],
    [
      'never past the horizon',
      processingRecord(),
      rested(atWork),
      policy,
      { nowAt: HORIZON },
      {
        kind: 'stop',
        code: 'key-expired',
        reason: 'the server is at work, and the key is too old to ask with, by the clock of this device',
      },
    ],
    [
      'polls pause',
      processingRecord(),
      after(atWork),
      policy,
      {},
      {
        kind: 'wait',
        delayMs: 500,
        before: 'poll',
        counts: 'pause',
        reason: 'still processing: the same key brings the answer',
      },
    ],
    [
      'polls pause longer and longer',
      known,
      said(working, { asks: 2, rested: false }),
      policy,
      {},
      { kind: 'wait', delayMs: 1_250, before: 'poll', counts: 'pause', reason: 'still processing' },
    ],
    [
      'polls by status pause as polls',
      known,
      rested(unknown, { lastAsk: working, rested: false }),
      policy,
      {},
      { kind: 'wait', delayMs: 500, before: 'poll', counts: 'pause', reason: 'still processing' },
    ],
    [
      'a Retry-After is kept',
      processingRecord(),
      after(atWork, { retryAfterMs: 30_000 }),
      withStatus,
      {},
      { kind: 'wait', delayMs: 30_000, before: 'poll', counts: 'pause', reason: 'still processing' },
    ],
    [
      'a Retry-After past the deadline ends the run, and says until when',
      processingRecord(),
      after(atWork, { retryAfterMs: 200_000 }),
      withStatus,
      {},
      {
        kind: 'stop',
        code: 'still-processing',
        reason: 'the server asks to wait past the deadline',
        retryAt: 1_800_000_201_000,
        advice: 'after-retry-at',
      },
    ],
    [
      'a pause past the deadline ends the run',
      processingRecord(),
      after(atWork),
      withStatus,
      { remainingMs: 500 },
      { kind: 'stop', code: 'still-processing', reason: 'the next pause would pass the deadline' },
    ],
    [
      'polling backs off where its budget is used up',
      known,
      said(working, { asks: 2 }),
      policy,
      { askAllowed: false },
      { kind: 'wait', delayMs: 1_250, before: 'poll', counts: 'pause', reason: 'still processing' },
    ],
    [
      'a place that does not know of it gives way to the status request',
      known,
      said(absent, { absentInARow: 1 }),
      { ...neither },
      {},
      status,
    ],
    [
      'a status that does not know of it permits sending the same again',
      processingRecord(),
      said(absent),
      withStatus,
      {},
      resend,
    ],
    [
      'a place that fails three times gives way to the status request',
      known,
      said(inconclusive, { failedAsksInARow: 3 }),
      withStatus,
      {},
      status,
    ],
    [
      'a place and a status that fail three times each give way to sending the same again',
      known,
      said(inconclusive, { failedAsksInARow: 6 }),
      withStatus,
      {},
      resend,
    ],
    [
      'a status that tells nothing three times gives way to sending the same again',
      processingRecord(),
      said(inconclusive, { failedAsksInARow: 3 }),
      withStatus,
      {},
      resend,
    ],
    [
      'a status that tells nothing twice does not',
      processingRecord(),
      said(inconclusive, { failedAsksInARow: 2 }),
      withStatus,
      {},
      status,
    ],
    [
      'a place that fails three times gives way to sending the same again',
      known,
      said(inconclusive, { failedAsksInARow: 3 }),
      policy,
      {},
      resend,
    ],
    [
      'a place that fails twice does not',
      known,
      said(inconclusive, { failedAsksInARow: 2 }),
      withStatus,
      {},
      poll,
    ],
    [
      'a place that fails three times is asked on where there is no other way',
      known,
      said(inconclusive, { failedAsksInARow: 3 }),
      noKeys,
      {},
      poll,
    ],
    [
      'a settle takes three absences for the last word',
      processingRecord(),
      said(absent, { absentInARow: 3 }),
      asking,
      { ranMs: 30_000 },
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'the server does not know the operation (any more, or yet)',
      },
    ],
    [
      'a settle asks again after two',
      processingRecord(),
      said(absent, { absentInARow: 2 }),
      asking,
      {},
      status,
    ],
    ['a run asks on after three', processingRecord(), said(absent, { absentInARow: 3 }), neither, {}, status],
    [
      'the third answer in a row that asks who it is ends the asking',
      processingRecord(),
      said(inconclusive, { signInsInARow: 3 }),
      neither,
      {},
      {
        kind: 'stop',
        code: 'unresolved',
        reason: 'the server asks who is logged in before it says what became of the operation',
        advice: 'sign-in',
      },
    ],
    [
      'the second does not',
      processingRecord(),
      said(inconclusive, { signInsInARow: 2 }),
      neither,
      {},
      status,
    ],
    ['nor what came after it', processingRecord(), said(working, { signInsInARow: 3 }), neither, {}, status],
  ])
})

describe('while the server is at work, a poll by sending the same again', () => {
  const resend: Step = {
    kind: 'send',
    as: 'poll',
    reason: 'still processing: the same key brings the answer',
  }
  const status: Step = { kind: 'ask', at: 'status', reason: 'still processing' }
  const noWay: Step = {
    kind: 'stop',
    code: 'still-processing',
    reason: 'the server is at work, and there is no way to ask it',
  }
  rows([
    ['goes on after a failure', processingRecord(), rested(unknown), policy, {}, resend],
    ['goes on after "not now"', processingRecord(), rested(tryAgain), policy, {}, resend],
    ['goes on after what never left', processingRecord(), rested(notSent), policy, {}, resend],
    [
      'goes on after a refusal: a failed poll is not a failed operation',
      processingRecord(),
      rested(rejected),
      policy,
      {},
      resend,
    ],
    [
      'goes on after a conflict with a hint to repeat it',
      processingRecord(),
      rested({ ...conflict, hint: 'retry' }),
      policy,
      {},
      resend,
    ],
    [
      'ends with a conflict: more 409s would say no more',
      processingRecord(),
      rested(conflict),
      policy,
      {},
      { kind: 'stop', code: 'conflict', reason: 'said no' },
    ],
    [
      'ends with a mismatch',
      processingRecord(),
      rested(mismatch),
      policy,
      {},
      { kind: 'stop', code: 'payload-mismatch', reason: 'said no', advice: 'look-and-conclude' },
    ],
    [
      'gives way to the status request after a conflict',
      processingRecord(),
      rested(conflict),
      withStatus,
      {},
      status,
    ],
    ['ends with a 500 that is replayed', processingRecord(), rested(terminal), policy, {}, noWay],
    [
      'ends with a hint not to repeat it',
      processingRecord(),
      rested({ ...unknown, hint: 'stop' }),
      policy,
      {},
      noWay,
    ],
    [
      'ends with a 429 and a hint not to repeat it',
      processingRecord(),
      rested({ ...tryAgain, hint: 'stop' }),
      policy,
      {},
      noWay,
    ],
    [
      'ends with a refusal and a hint not to repeat it',
      processingRecord(),
      rested({ ...rejected, hint: 'stop' }),
      policy,
      {},
      { kind: 'stop', code: 'rejected', reason: 'said no' },
    ],
  ])
})

describe('an operation that may have executed, while only the last answer says that its key is old', () => {
  const inDoubt = { serverNowAt: START, lastToldNowAt: HORIZON }
  const sent = { sent: 1, ambiguous: 1, firstSentAt: START, firstSentServerAt: START }
  const pending = pendingRecord({ attempts: 1, ...sent })
  const atServer = processingRecord(sent)
  const named = processingRecord({ ...sent, ...namedPlace })
  const askStatus: Step = { kind: 'ask', at: 'status', reason: 'an attempt may have executed' }
  const askUrl: Step = { kind: 'ask', at: 'poll-url', reason: 'still processing' }
  rows([
    ['is asked about before it is sent again', pending, startOfRun, withStatus, inDoubt, askStatus],
    [
      'is sent again where the last answer says that the key is young',
      pending,
      startOfRun,
      withStatus,
      { ...inDoubt, lastToldNowAt: HORIZON - 1 },
      { kind: 'send', as: 'attempt', reason: 'taken up again' },
    ],
    [
      'is sent again where nothing can be asked',
      pending,
      startOfRun,
      policy,
      inDoubt,
      { kind: 'send', as: 'attempt', reason: 'taken up again' },
    ],
    [
      'is sent again where nothing has executed',
      { ...pending, ambiguous: 0 },
      startOfRun,
      withStatus,
      inDoubt,
      { kind: 'send', as: 'attempt', reason: 'first attempt' },
    ],
    [
      'is asked about where the server said, also after a "not found" there',
      named,
      rested(atWork, { asks: 1, lastAsk: absent, absentInARow: 1 }),
      policy,
      inDoubt,
      askUrl,
    ],
    [
      'is polled by the same key where nothing can be asked',
      atServer,
      rested(atWork),
      policy,
      inDoubt,
      { kind: 'send', as: 'poll', reason: 'still processing: the same key brings the answer' },
    ],
  ])
})
