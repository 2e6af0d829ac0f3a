import { describe, expect, test } from 'vitest'
import type { Observed, Progress } from '../../src/core/run/run-progress.ts'
import {
  afterAsk,
  afterAttempt,
  afterPause,
  afterResultAsk,
  startOfRun,
} from '../../src/core/run/run-progress.ts'
import type { StatusReading } from '../../src/core/answers/status-answer.ts'
import { START, frozen } from './samples.ts'

const unknown = { kind: 'unknown', terminal: false, reason: 'no answer' } as const
const unsure = { kind: 'processing', sure: false, reason: '409' } as const
const attempt: Observed = {
  verdict: unknown,
  status: undefined,
  retryAfterMs: undefined,
  poll: undefined,
  resourceUrl: undefined,
  foreign: undefined,
  asPoll: false,
  ambiguous: true,
  endedAt: START,
}
const absent: StatusReading = { kind: 'absent' }
const ANSWERED = { isAnswered: true, status: 200, retryAfterMs: undefined }
const inconclusive: StatusReading = { kind: 'inconclusive', reason: 'the server answered 500' }

const midway: Progress = frozen({
  turns: 2,
  denials: 1,
  asks: 5,
  answeredAsks: 2,
  last: unsure,
  lastAsk: inconclusive,
  failedAsksInARow: 2,
  absentInARow: 1,
  unknownWord: 'shipped',
  isKnownThere: false,
  resultUrl: undefined,
  resultAsks: 1,
  resultAnswers: 0,
  unreadable: 1,
  unsureCount: 3,
  askedAgain: false,
  ambiguousHere: 1,
  lastEndedAt: START - 1_000,
  pollUrl: 'https://shop.test/operations/1',
  pollsMonitor: true,
  resourceUrl: 'https://shop.test/orders/1',
  foreign: 'https://jobs.test',
  signInsInARow: 1,
  retryAfterMs: 9_000,
  rested: true,
})

test('a run begins rested, with nothing done', () => {
  expect(startOfRun).toStrictEqual({
    turns: 0,
    denials: 0,
    asks: 0,
    answeredAsks: 0,
    last: undefined,
    lastAsk: undefined,
    failedAsksInARow: 0,
    absentInARow: 0,
    unknownWord: undefined,
    isKnownThere: false,
    resultUrl: undefined,
    resultAsks: 0,
    resultAnswers: 0,
    unreadable: 0,
    unsureCount: 0,
    askedAgain: false,
    ambiguousHere: 0,
    lastEndedAt: undefined,
    pollUrl: undefined,
    pollsMonitor: false,
    resourceUrl: undefined,
    foreign: undefined,
    signInsInARow: 0,
    retryAfterMs: undefined,
    rested: true,
  })
})

describe('after an attempt', () => {
  test.each<[string, Partial<Observed>, Partial<Progress>]>([
    ['it took a turn', {}, { turns: 3, asks: 5 }],
    ['the budget has not denied the next one yet', {}, { denials: 0 }],
    [
      'a success that cannot be read is counted',
      { verdict: { kind: 'succeeded', replayed: false, result: 'unreadable', reason: '201' } },
      { unreadable: 2 },
    ],
    ['as a poll it took no turn: it asked', { asPoll: true }, { turns: 2, asks: 6 }],
    ['its verdict is the last word', {}, { last: unknown, lastAsk: undefined, absentInARow: 0 }],
    ['nothing of the asks before it failed in a row', {}, { failedAsksInARow: 0 }],
    ['as a poll that ended unknown it is a failed ask', { asPoll: true }, { failedAsksInARow: 3 }],
    [
      'as a poll that never left it is a failed ask',
      { asPoll: true, verdict: { kind: 'not-sent', reason: 'offline' } },
      { failedAsksInARow: 3 },
    ],
    ['as a poll that was answered it is none', { asPoll: true, verdict: unsure }, { failedAsksInARow: 0 }],
    ['a 409 without a sign is counted', { verdict: unsure }, { unsureCount: 4 }],
    [
      'a sure word that the server is at work is not',
      { verdict: { kind: 'processing', sure: true, reason: '202' } },
      { unsureCount: 3 },
    ],
    ['any other word is not', {}, { unsureCount: 3 }],
    ['a doubt is counted, with when it ended', {}, { ambiguousHere: 2, lastEndedAt: START }],
    ['what was no doubt is not', { ambiguous: false }, { ambiguousHere: 1, lastEndedAt: START }],
    [
      'where to ask stays, and where the result will be',
      {},
      {
        pollUrl: 'https://shop.test/operations/1',
        pollsMonitor: true,
        resourceUrl: 'https://shop.test/orders/1',
      },
    ],
    [
      'where to ask is taken from the newest answer',
      { poll: { url: 'https://shop.test/x', isMonitor: false }, resourceUrl: 'https://shop.test/y' },
      { pollUrl: 'https://shop.test/x', pollsMonitor: false, resourceUrl: 'https://shop.test/y' },
    ],
    ['an origin that is not asked stays', {}, { foreign: 'https://jobs.test' }],
    [
      'an origin that is not asked is taken from the newest answer',
      { foreign: 'https://other.test' },
      { foreign: 'https://other.test' },
    ],
    ['an old Retry-After is over', {}, { retryAfterMs: undefined }],
    ['its own Retry-After counts', { retryAfterMs: 2_000 }, { retryAfterMs: 2_000 }],
    ['a pause is due', {}, { rested: false }],
  ])('%s', (_, seen, expected) => {
    expect(afterAttempt(midway, frozen({ ...attempt, ...seen }))).toMatchObject(expected)
  })
})

describe('after an ask', () => {
  test.each<[string, StatusReading, Partial<Progress>]>([
    ['it is counted, and took no turn', inconclusive, { asks: 6, turns: 2 }],
    ['its answer is the last word', absent, { lastAsk: absent, last: unsure }],
    ['an inconclusive one failed', inconclusive, { failedAsksInARow: 3, absentInARow: 0 }],
    ['an absence did not', absent, { failedAsksInARow: 0, absentInARow: 2 }],
    ['"at work" ends both rows', { kind: 'processing' }, { failedAsksInARow: 0, absentInARow: 0 }],
    ['a place that does not know of it is forgotten', absent, { pollUrl: undefined }],
    ['any other place is kept', inconclusive, { pollUrl: 'https://shop.test/operations/1' }],
    ['a pause is due', absent, { rested: false }],
    ['a word that nobody knows is kept', { kind: 'processing', word: 'x' }, { unknownWord: 'x' }],
    ['an answer that says nothing leaves it', inconclusive, { unknownWord: 'shipped' }],
    ['one that says something ends it', { kind: 'processing' }, { unknownWord: undefined }],
    ['"at work" is said of what is there', { kind: 'processing' }, { isKnownThere: true }],
    ['so is any word', { ...inconclusive, word: 'x' }, { isKnownThere: true }],
    ['so is what shows it', { ...inconclusive, isThere: true }, { isKnownThere: true }],
    ['so is what was there', { ...absent, isThere: true }, { isKnownThere: true }],
    ['but not what says nothing', inconclusive, { isKnownThere: false }],
    ['nor an absence', absent, { isKnownThere: false }],
  ])('%s', (_, reading, expected) => {
    expect(afterAsk(midway, frozen(reading), ANSWERED)).toMatchObject(expected)
  })

  test('its own Retry-After counts, an older one is over', () => {
    expect(afterAsk(midway, absent, { ...ANSWERED, retryAfterMs: 2_000 })).toMatchObject({
      retryAfterMs: 2_000,
    })
    expect(afterAsk(midway, absent, ANSWERED)).toMatchObject({ retryAfterMs: undefined })
  })

  test('only an answer is counted as one', () => {
    expect(afterAsk(midway, inconclusive, ANSWERED)).toMatchObject({ asks: 6, answeredAsks: 3 })
    expect(afterAsk(midway, inconclusive, { ...ANSWERED, isAnswered: false })).toMatchObject({
      asks: 6,
      answeredAsks: 2,
    })
  })
})

test.each([
  [401, 2],
  [407, 2],
  // What did not arrive, failed or found nothing says nothing of who is logged in.
  [undefined, 1],
  [503, 1],
  [404, 1],
  [410, 1],
  [200, 0],
  [202, 0],
  [403, 0],
  [409, 0],
] as const)('answers that want a sign-in, of which one came, are %s -> %i in a row', (status, inARow) => {
  expect(afterAttempt(midway, { ...attempt, status })).toMatchObject({ signInsInARow: inARow })
  expect(afterAsk(midway, inconclusive, { ...ANSWERED, status })).toMatchObject({ signInsInARow: inARow })
})

test('after an ask for the result it is counted, and a pause is due', () => {
  expect(afterResultAsk(midway, { isAnswered: true, retryAfterMs: 2_000 })).toStrictEqual({
    ...midway,
    asks: 6,
    answeredAsks: 3,
    resultAsks: 2,
    resultAnswers: 1,
    retryAfterMs: 2_000,
    rested: false,
  })
})

describe('after a pause', () => {
  const tired = frozen({ ...midway, rested: false })

  test('the run has rested, and nothing else changed', () => {
    expect(afterPause(tired, 'pause')).toStrictEqual({ ...midway, rested: true })
  })

  test('that took the place of a retry no attempt is used, and the next pause is longer', () => {
    expect(afterPause(tired, 'denied')).toStrictEqual({ ...midway, denials: 2, rested: true })
  })
})
