import { expect, test } from 'vitest'
import type { AnswerBody } from '../../src/core/answers/evidence.ts'
import type { JudgeContext, Verdict } from '../../src/core/answers/verdict.ts'
import { judge } from '../../src/core/answers/verdict.ts'
import { outcomeOf } from '../../src/core/record/outcome.ts'
import { transition } from '../../src/core/record/transition.ts'
import { START, answer, emptyBody, htmlPage, json, pendingRecord, plainProfile } from '../core/samples.ts'
import { quoted, tableRows } from './markdown.ts'
import { manual } from './pages.ts'

const context: JudgeContext = {
  profile: plainProfile(),
  sentBefore: false,
  ambiguousBefore: false,
  sameBytes: true,
  conditional: false,
  askedAgain: true,
  unseenCopies: false,
  wantsData: false,
  wantsText: false,
  hasHook: false,
  acceptsHtml: false,
  unsureBefore: 0,
}

const cut: AnswerBody = { kind: 'cut', text: '{"ord', why: 'connection' }
const ownType = json({ type: 'https://shop.test/out-of-stock', title: 'Out of stock' })
const keyless = { profile: plainProfile({ honoursKeys: false }), unseenCopies: true }

/** What the columns of the table stand for. */
const columns = (data: AnswerBody): readonly (readonly [AnswerBody, Partial<JudgeContext>])[] => [
  [data, {}],
  [htmlPage, {}],
  [cut, {}],
  [data, { ambiguousBefore: true }],
  [data, keyless],
]

/** What the record says after it, as the table words it. */
function told(verdict: Verdict, given: JudgeContext): string {
  const begun = pendingRecord({
    attempts: 1,
    firstSentAt: START,
    ambiguous: given.ambiguousBefore ? 1 : 0,
    inFlight: { runner: 'tab-1', at: START },
  })
  const record = transition(
    begun,
    {
      kind: 'observe',
      verdict,
      transportResends: given.unseenCopies,
      failure: { code: 'rejected', reason: verdict.reason },
    },
    START,
  )
  const outcome = outcomeOf(record)
  if (verdict.kind === 'succeeded') return outcome + (verdict.result === 'readable' ? '' : ', no result')
  if (record.state === 'processing') return 'processing'
  if (outcome === 'unknown') return 'unknown'
  if (verdict.kind === 'try-again') return 'try again'
  return record.state === 'failed' ? 'not executed' : 'not executed, key kept'
}

const rows = tableRows(manual, 'What each answer proves').filter(row => row.length === 6)

test.each(rows.map(row => [row[0] ?? '', row.slice(1)] as const))('%s', (statuses, cells) => {
  const conditional = statuses.endsWith('to a precondition')
  const numbers = quoted(statuses)
    .filter(text => /^\d+$/.test(text))
    .map(Number)
  expect(numbers).not.toEqual([])
  for (const status of numbers) {
    const empty = status === 204 || status === 205
    const data = statuses.includes('of its own') ? ownType : json({ order: 9 })
    const found = columns(empty ? emptyBody : data).map(([body, more]) => {
      const given = { ...context, conditional, ...more }
      return told(judge(answer(status, body), given), given)
    })
    expect([status, ...found]).toEqual([status, ...cells])
  }
})

test('every status that is registered is in the table', () => {
  const named = new Set(
    rows.flatMap(([statuses = '']) => quoted(statuses)).filter(text => /^\d+$/.test(text)),
  )
  const registered = [
    [100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226],
    [300, 301, 302, 303, 304, 305, 307, 308],
    Array.from({ length: 18 }, (_, index) => 400 + index),
    [421, 422, 423, 424, 425, 426, 428, 429, 431, 451],
    [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
  ].flat()
  expect(registered.filter(status => !named.has(String(status)))).toEqual([])
})
