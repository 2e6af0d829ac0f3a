import { expect, test } from 'vitest'
import type { SucceededRecord } from '../../src/core/record/operation-record.ts'
import { proofKept } from '../../src/core/run/keeping.ts'
import { nothingKnown } from '../../src/core/run/knowledge.ts'
import { succeededRecord, START } from './samples.ts'

/* A proof whose place in the store was emptied while it was written (test/model found the first). */

const since = { nowAt: START, monotonicMs: 0 }

function lostBy(success: SucceededRecord): readonly string[] {
  const heard = { stored: undefined, since }
  const does = {
    name: 'keeping-proof',
    record: success,
    success,
    isReduced: false,
    after: { decision: 'turn' },
  } as const
  const knows = { ...nothingKnown(120_000), record: success, proof: 'stands' as const, heard }
  const now = { wallAt: START, ms: 0, nowAt: START } as Parameters<typeof proofKept>[3]
  const { commands } = proofKept(knows, does, { type: 'lost', heard }, now)
  return commands.map(command => (command.do === 'write' ? `write ${command.record.state}` : command.do))
}

test('of what was never stored takes the free place: what was dropped there was another generation', () => {
  expect(lostBy(succeededRecord({ writer: { runner: '', write: 0 } }))).toEqual(['write succeeded'])
})

test('of what was stored stays dropped', () => {
  expect(lostBy(succeededRecord())).toEqual([])
})
