import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/core/answers/evidence.ts'
import type { Verdict } from '../../src/core/answers/verdict-kinds.ts'
import type { AskedAbout, Read } from '../../src/core/answers/weighed-reading.ts'
import { readingOfReplay, weighed, whyNotRead } from '../../src/core/answers/weighed-reading.ts'
import { answer, emptyBody, htmlPage, json, plainProfile } from './samples.ts'

const usual: AskedAbout = { named: 'own', waitsForBody: true, isOwnReading: false, profile: plainProfile() }
const absent = { kind: 'absent' } as const
const failed = { kind: 'not-executed' } as const
const executed = { kind: 'executed', data: undefined, form: 'body' } as const
const processing = { kind: 'processing' } as const
const led = (ledTo: Answer['ledTo'], given: Answer) => ({ ...given, ledTo })
const nothing = (reason: string) => ({ kind: 'inconclusive', reason })
const redirected = 'the question was redirected, which proves nothing'
const order = json({ order: 9 })

describe('an answer to an ask is not read', () => {
  test.each<[string, Answer, Partial<AskedAbout>, string | undefined]>([
    [
      'where it names another key',
      answer(200, order),
      { named: 'another' },
      'the answer names another key than the one that was asked about',
    ],
    [
      'where it was cut',
      answer(200, { kind: 'cut', text: '{"or', why: 'connection' }),
      {},
      'the answer was cut',
    ],
    ['where its body is missing', answer(200, emptyBody), {}, 'the answer was cut'],
    [
      'where a redirect led elsewhere',
      led('elsewhere', answer(200, order)),
      {},
      'the question was redirected, and the page there is not about the operation',
    ],
    ['unless nothing is wrong with it', answer(200, order), {}, undefined],
    ['unless nobody waits for its body', answer(200, emptyBody), { waitsForBody: false }, undefined],
    ['unless a redirect led to the result', led('result', answer(200, order)), {}, undefined],
    ['unless it names no key', answer(200, order), { named: 'none' }, undefined],
  ])('%s', (_, given, changes, reason) => {
    expect(whyNotRead(given, { ...usual, ...changes })).toBe(reason)
  })
})

describe('of what was read counts', () => {
  test.each<[string, Read, Answer, Partial<AskedAbout>, unknown]>([
    ['that it was executed', executed, answer(200, order), {}, executed],
    [
      'that it was executed, by an answer that a redirect led to',
      executed,
      led('result', answer(200, order)),
      {},
      executed,
    ],
    [
      'that it is at work, and when to ask again',
      { ...processing, retryAfterMs: 5 },
      answer(202),
      {},
      { ...processing, retryAfterMs: 5 },
    ],
    ['that it was not executed', failed, answer(200, json({ status: 'failed' })), {}, failed],
    ['a "not found"', absent, answer(404), {}, absent],
    ['"gone" to a definition that reads it so', absent, answer(410), { isOwnReading: true }, absent],
    ['no "gone"', absent, answer(410), {}, { ...absent, isProof: false, isThere: true }],
    ['no "not modified"', absent, answer(304), { isOwnReading: true }, { ...absent, isProof: false }],
    [
      'no "not found" that names no key',
      absent,
      answer(404),
      { named: 'none' },
      { ...absent, isProof: false },
    ],
    ['no "not found" that a redirect led to', absent, led('result', answer(404)), {}, nothing(redirected)],
    ['no failure that a redirect led to', failed, led('word', answer(200)), {}, nothing(redirected)],
    ['no "not found" of a redirect', absent, answer(302), { isOwnReading: true }, nothing(redirected)],
    ['no page', absent, answer(404, htmlPage), {}, nothing('a page came instead of data')],
    [
      'no bytes',
      absent,
      answer(404, { kind: 'whole', text: '\0', parsed: undefined, form: 'binary' }),
      {},
      nothing('neither data nor a text came'),
    ],
  ])('%s', (_, reading, given, changes, counted) => {
    expect(weighed(given, reading, { ...usual, ...changes })).toStrictEqual(counted)
  })

  test('beside what proves nothing, that the answer shows the operation', () => {
    const unread = { kind: 'inconclusive', reason: 'the answer names no status' } as const
    expect(weighed(answer(200, order), unread, usual)).toStrictEqual({ ...unread, isThere: true })
    expect(weighed(answer(200, order), absent, usual)).toStrictEqual({ ...absent, isThere: true })
  })

  test('and does not where the definition itself calls it a "not found", or no key is named', () => {
    expect(weighed(answer(200, order), absent, { ...usual, isOwnReading: true })).toStrictEqual(absent)
    expect(weighed(answer(200, order), absent, { ...usual, named: 'none' })).toStrictEqual({
      ...absent,
      isProof: false,
    })
  })
})

const refused = { reason: 'no', doubtful: false }

test.each<[string, Verdict, unknown]>([
  ['a success', { kind: 'succeeded', reason: '201', replayed: true, result: 'readable' }, executed],
  ['"still processing"', { kind: 'processing', reason: '202', sure: true }, processing],
  ['a refusal that speaks for the key', { kind: 'rejected', conclusive: true, ...refused }, failed],
  ['a refusal that does not', { kind: 'rejected', conclusive: false, ...refused }, nothing('no')],
  ['a conflict that speaks for the key', { kind: 'conflict', conclusive: true, ...refused }, failed],
  ['another payload', { kind: 'mismatch', conclusive: true, ...refused }, nothing('no')],
  ['"try again"', { kind: 'try-again', conclusive: true, ...refused }, nothing('no')],
  ['what nobody knows', { kind: 'unknown', reason: 'no', terminal: false }, nothing('no')],
])("the operation's own answer, given again: %s", (_, verdict, reading) => {
  expect(readingOfReplay(verdict)).toStrictEqual(reading)
})
