import { describe, expect, test } from 'vitest'
import { startOfRun } from '../../src/core/run/run-progress.ts'
import type { StatusReading } from '../../src/core/answers/status-answer.ts'
import type { Verdict } from '../../src/core/answers/verdict.ts'
import { repeatMayTell, wantsAnotherAttempt } from '../../src/core/run/worth-sending.ts'

const refused = { conclusive: false, doubtful: false, reason: 'said no' } as const
const success = { kind: 'succeeded', replayed: false, result: 'unreadable', reason: '201' } as const
const unknown = { kind: 'unknown', terminal: false, reason: 'no answer' } as const

type Row = readonly [says: string, last: Verdict | undefined, attempt: boolean, poll: boolean]

describe('another send is worth making after', () => {
  const rows: readonly Row[] = [
    ['nothing', undefined, true, true],
    ['what never left', { kind: 'not-sent', reason: 'offline' }, true, true],
    ['an unknown', unknown, true, true],
    ['an unknown, with a hint to repeat it', { ...unknown, hint: 'retry' }, true, true],
    ['an unknown, with a hint to stop', { ...unknown, hint: 'stop' }, false, false],
    ['an unknown that a replay brings again', { ...unknown, terminal: true }, false, false],
    [
      'an unknown that a replay brings again, whatever the hint',
      { ...unknown, terminal: true, hint: 'retry' },
      false,
      false,
    ],
    ['"not now"', { kind: 'try-again', ...refused }, true, true],
    ['"not now", with a hint to stop', { kind: 'try-again', ...refused, hint: 'stop' }, false, false],
    ['a refusal, as a poll only', { kind: 'rejected', ...refused }, false, true],
    ['a refusal, with a hint to repeat it', { kind: 'rejected', ...refused, hint: 'retry' }, true, true],
    ['a refusal, with a hint to stop', { kind: 'rejected', ...refused, hint: 'stop' }, false, false],
    [
      'a conclusive refusal, as a poll only',
      { kind: 'rejected', ...refused, conclusive: true, hint: 'retry' },
      false,
      true,
    ],
    ['a conflict', { kind: 'conflict', ...refused }, false, false],
    ['a conflict, with a hint to repeat it', { kind: 'conflict', ...refused, hint: 'retry' }, true, true],
    ['a mismatch', { kind: 'mismatch', ...refused, hint: 'retry' }, false, false],
    ['"at work", as a poll only', { kind: 'processing', sure: true, reason: '202' }, false, true],
    ['a success, as a poll only', success, false, true],
  ]

  test.each(rows)('%s', (_, last, attempt, poll) => {
    expect(wantsAnotherAttempt({ ...startOfRun, last })).toBe(attempt)
    expect(repeatMayTell(last)).toBe(poll)
  })
})

describe('after a question, another attempt is worth making', () => {
  test.each<[StatusReading, boolean]>([
    [{ kind: 'absent' }, true],
    [{ kind: 'processing' }, false],
    [{ kind: 'inconclusive', reason: '500' }, true],
    [{ kind: 'executed', data: undefined, form: 'body' }, false],
    [{ kind: 'not-executed' }, false],
  ])('unless the answer says more than the last send: %j', (lastAsk, worth) => {
    expect(wantsAnotherAttempt({ ...startOfRun, last: unknown, lastAsk })).toBe(worth)
  })

  test('after nothing was sent, and an ask that told nothing', () => {
    const lastAsk: StatusReading = { kind: 'inconclusive', reason: '500' }
    expect(wantsAnotherAttempt({ ...startOfRun, lastAsk })).toBe(true)
  })

  test('but not to explain a refusal that the ask did not explain', () => {
    const last: Verdict = { kind: 'conflict', ...refused, hint: 'retry' }
    const lastAsk: StatusReading = { kind: 'inconclusive', reason: '500' }
    expect(wantsAnotherAttempt({ ...startOfRun, last, lastAsk })).toBe(false)
  })
})
