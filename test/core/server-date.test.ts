import { describe, expect, test } from 'vitest'
import { serverDateOf } from '../../src/core/answers/answer-date.ts'
import { firstSendOfAsk, firstSendOfSend, firstSendTime } from '../../src/core/record/first-send-time.ts'
import { answer, emptyBody, htmlPage, json, START } from './samples.ts'

/** START as servers write it. */
const date = 'Fri, 15 Jan 2027 08:00:00 GMT'
const about = { isStillonce: false, leftAt: START, nowAt: START + 500 }
const expired = (at: string) => json({ type: 'urn:stillonce:key-expired', date: at })

describe("an answer's Date is the server's time", () => {
  test('in seconds', () => {
    expect(serverDateOf(answer(200, emptyBody, { date }), about)).toEqual({ at: START, isExact: false })
  })

  test("to the millisecond in a problem about times of this package's server, and of no other", () => {
    const exact = answer(400, expired(`${date};ms=250`), { date })
    expect(serverDateOf(exact, { ...about, isStillonce: true })).toEqual({ at: START + 250, isExact: true })
    expect(serverDateOf(exact, about)).toEqual({ at: START, isExact: false })
    const other = answer(400, json({ type: 'about:blank', date: `${date};ms=250` }), { date })
    expect(serverDateOf(other, { ...about, isStillonce: true })).toEqual({ at: START, isExact: false })
  })

  test.each([
    ['it has none', answer(200), {}],
    ['it is no date', answer(200, emptyBody, { date: 'soon' }), {}],
    ['a cache kept it', answer(200, emptyBody, { date, age: '0' }), {}],
    ['a page stands in its place', answer(503, htmlPage, { date }), {}],
    ['a redirect led elsewhere', { ...answer(200, emptyBody, { date }), ownTarget: false }, {}],
    ['it may have been slept through', answer(200, emptyBody, { date }), { nowAt: START + 60_001 }],
  ])('not where %s', (_, given, changes) => {
    expect(serverDateOf(given, { ...about, ...changes })).toBe(undefined)
  })

  test('a minute on its way is not too long', () => {
    const given = answer(200, emptyBody, { date })
    expect(serverDateOf(given, { ...about, nowAt: START + 60_000 })).toEqual({ at: START, isExact: false })
  })
})

describe('the time of the first send that a server is given', () => {
  const firstSend = { nowAt: START, monotonicMs: 1_000 }
  const nothing = { firstSentAt: START, firstSentServerAt: undefined, clock: [], firstSend: undefined }
  const byOne = (aheadMs: number, isExact = false) => [
    { nowAt: START, monotonicMs: 1_000, serverAt: START + aheadMs, isExact },
  ]

  test.each([
    ['is not given before a send', { firstSentAt: undefined }, undefined],
    ['is that of the record where no server has given its time', {}, { at: START, isExact: false }],
    [
      "is the server's where the record has it, and the clock was wrong by days",
      { firstSentServerAt: START + 172_800_000 },
      { at: START + 172_800_000, isExact: false },
    ],
    [
      'is the later one where the clock was right but for some seconds',
      { firstSentServerAt: START + 3_000 },
      { at: START + 3_000, isExact: false },
    ],
    [
      'is the local one where that is the later',
      { firstSentServerAt: START - 3_000 },
      { at: START, isExact: false },
    ],
    [
      'is corrected by one answer in the process that first sent it',
      { clock: byOne(172_800_000), firstSend },
      { at: START + 172_800_000, isExact: false },
    ],
    ['is not corrected in another process', { clock: byOne(172_800_000) }, { at: START, isExact: false }],
    [
      'has its milliseconds for a server that gave its own',
      { clock: byOne(172_800_250, true), firstSend },
      { at: START + 172_800_250, isExact: true },
    ],
  ])('%s', (_, changes, given) => {
    expect(firstSendTime({ ...nothing, ...changes })).toEqual(given)
  })
})

describe('the time of the first send is written', () => {
  const at = START + 250
  const exact = 'Fri, 15 Jan 2027 08:00:00 GMT;ms=250'

  test('in seconds, or to the millisecond where the server gave its own', () => {
    expect(firstSendOfSend({ at, isExact: false })).toBe(date)
    expect(firstSendOfSend({ at, isExact: true })).toBe(exact)
  })

  test.each([
    ["a server of this package, by the record's own time", { isStillonce: true, firstSentAt: at }, exact],
    ['a server of this package, by another time', { isStillonce: true, firstSentAt: START }, date],
    ['another server', { isStillonce: false, firstSentAt: at }, date],
  ])('with a question to %s', (_, asked, text) => {
    expect(firstSendOfAsk({ at, isExact: false }, asked)).toBe(text)
  })
})
