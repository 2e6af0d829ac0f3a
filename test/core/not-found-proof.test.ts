import { expect, test } from 'vitest'
import type { AbsenceFacts } from '../../src/core/run/not-found-proof.ts'
import { isAbsenceProof } from '../../src/core/run/not-found-proof.ts'
import { startOfRun } from '../../src/core/run/run-progress.ts'
import { START, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

const record = pendingRecord({ attempts: 2, sent: 2, ambiguous: 2, firstSentAt: START })
const progress = { ...startOfRun, ambiguousHere: 2, lastEndedAt: 10_000 }
const facts: AbsenceFacts = {
  absentAfterMs: 5_000,
  madeMs: 15_000,
  horizon: { retentionMs: 86_400_000, timeoutMs: 30_000 },
  nowAt: START + 15_000,
}

test('a "not found" is proof to who saw all attempts end, so long after the last', () => {
  expect(isAbsenceProof(record, progress, facts)).toBe(true)
})

test.each<[string, Parameters<typeof isAbsenceProof>]>([
  ['where the definition does not say so', [record, progress, { ...facts, absentAfterMs: undefined }]],
  ['too early', [record, progress, { ...facts, madeMs: 14_999 }]],
  ['to who saw no attempt end', [record, { ...progress, lastEndedAt: undefined }, facts]],
  ['where another runner’s attempt is doubtful', [{ ...record, ambiguous: 3 }, progress, facts]],
  ['where less is doubtful than was seen', [{ ...record, ambiguous: 1 }, progress, facts]],
  [
    'while an attempt is under way',
    [{ ...record, inFlight: { runner: 'tab-2', at: START } }, progress, facts],
  ],
  ['after the server said that it is at work', [processingRecord({ ambiguous: 2 }), progress, facts]],
  ['after it was known there', [record, { ...progress, isKnownThere: true }, facts]],
  ['of what is settled', [succeededRecord({ ambiguous: 2 }), progress, facts]],
  // The margin of a day is 10 %: 8,640,000 ms before its end.
  ['beyond the key’s horizon', [record, progress, { ...facts, nowAt: START + 77_760_000 }]],
  [
    'while only the last answer says that the horizon is over',
    [
      { ...record, firstSentServerAt: START },
      progress,
      { ...facts, serverNowAt: START, lastToldNowAt: START + 77_760_000 },
    ],
  ],
])('but not %s', (_, given) => {
  expect(isAbsenceProof(...given)).toBe(false)
})

test('to the last moment of the horizon', () => {
  expect(isAbsenceProof(record, progress, { ...facts, nowAt: START + 77_759_999 })).toBe(true)
})
