import { expect, test } from 'vitest'
import { newColumn } from '../../examples/demo/column.ts'
import { isFlawless, tallyOf } from '../../examples/demo/report/tally.ts'
import type { Tally } from '../../examples/demo/report/tally.ts'
import type { LedgerCount } from '../../examples/demo/world/ledger.ts'
import { faultOf } from '../../examples/demo/world/faults.ts'

type Word = 'executed' | 'not-executed' | 'unknown'

/** One order, what the shop said of it, and what the ledger counts. */
function tally(words: readonly Word[], ledger: Partial<LedgerCount>): Tally {
  const column = newColumn('a shop')
  if (words.length > 0) column.words.set('order-001', [...words])
  return tallyOf(column, { charges: {}, declined: [], ...ledger }, [{ id: 'order-001', amount: 1_000 }])
}

const once = { charges: { 'order-001': 1 } }
const declined = { declined: ['order-001'] }

test.each([
  ['charged once and told so', ['executed'], once],
  ['charged once and told so, after an honest doubt', ['unknown', 'executed'], once],
  ['charged once and told so twice', ['executed', 'executed'], once],
  ['declined for good and told so', ['not-executed'], declined],
] as const)('an order %s is as it should be', (_, words, ledger) => {
  expect(isFlawless(tally(words, ledger))).toBe(true)
})

test.each([
  ['charged twice', ['executed'], { charges: { 'order-001': 2 } }, { chargedTwice: 1 }],
  ['told executed and never charged', ['executed'], {}, { lost: 1, toldWrongly: 1 }],
  ['told executed and declined', ['executed'], declined, { lost: 1, toldWrongly: 1 }],
  ['told failed and charged', ['not-executed'], once, { toldWrongly: 1 }],
  ['told failed first, whatever came later', ['not-executed', 'executed'], once, { toldWrongly: 1 }],
  ['given up that payments would have taken', ['not-executed'], {}, { lost: 1 }],
  ['left unknown', ['unknown'], once, { leftUnknown: 1 }],
  ['never told anything', [], once, { leftUnknown: 1 }],
] as const)('an order %s is found', (_, words, ledger, found) => {
  const none = { chargedTwice: 0, lost: 0, toldWrongly: 0, leftUnknown: 0 }
  expect(tally(words, ledger)).toMatchObject({ ...none, ...found })
  expect(isFlawless(tally(words, ledger))).toBe(false)
})

test('three requests of ten are struck, by each kind of fault, and a seed strikes the same ones again', () => {
  const struck = Array.from({ length: 10_000 }, (_, n) => faultOf(7, `order-${n}`, 1))
  const faults = struck.filter(fault => fault !== undefined)
  expect(faults.length).toBeGreaterThan(2_800)
  expect(faults.length).toBeLessThan(3_200)
  expect(new Set(faults).size).toBe(10)
  expect(Array.from({ length: 10_000 }, (_, n) => faultOf(7, `order-${n}`, 1))).toEqual(struck)
  expect(Array.from({ length: 10_000 }, (_, n) => faultOf(8, `order-${n}`, 1))).not.toEqual(struck)
})
