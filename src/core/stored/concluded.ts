import type { OperationRecord } from '../record/operation-record.ts'
import { saidInPassing } from '../record/may-be-said.ts'
import { isTombstone } from '../record/tombstone.ts'
import type { Seed } from '../record/new-record.ts'
import type { Told } from '../record/transition.ts'
import { newRecord } from '../record/new-record.ts'
import { transition } from '../record/transition.ts'
import type { RefusedChange, StoredChange } from './refused-change.ts'
import { ofAnotherKey } from './refused-change.ts'
import type { WhichGeneration } from './which-generation.ts'
import { isMeant, namesOne } from './which-generation.ts'

/** What a caller knows from outside, about which generation, and what to write if nothing is stored. */
export type Conclusive = {
  readonly told: Extract<Told, { kind: 'executed' | 'not-executed' }>
  readonly which: WhichGeneration
  /** How errors name the call: `operation(place-order).conclude`. */
  readonly path: string
  /** A record for an operation that was never begun; undefined if the caller did not ask for one. */
  readonly begins: Seed | undefined
}

/**
 * What `conclude` writes over a record. A conclusion is proof: it settles the generation that it is about, and turns a
 * failure into the success that was proven since. It cannot undo a success, changes no other generation, and begins an
 * operation only if its caller asked for that.
 */
export function concluded(
  record: OperationRecord | undefined,
  conclusion: Conclusive,
  nowAt: number,
): StoredChange {
  const { told, which, path } = conclusion
  if (record === undefined || isTombstone(record)) return concludedAnew(record, conclusion, nowAt)
  if (!isMeant(record, which)) return ofOtherGeneration(record, told)
  if (told.kind === 'not-executed' && !namesOne(which) && record.generation > 1)
    return unclearWhich(record, path)
  if (record.state === 'succeeded' && told.kind === 'not-executed')
    return {
      refused: {
        code: 'already-executed',
        outcome: 'executed',
        reason: 'the operation is proven to be executed, which nothing can undo',
      },
    }
  return transition(record, { kind: 'learn', told }, nowAt)
}

/** The conclusion if nothing is stored, or only what `forget` left. */
function concludedAnew(
  tombstone: OperationRecord | undefined,
  { told, which, path, begins }: Conclusive,
  nowAt: number,
): StoredChange {
  const next = (tombstone?.generation ?? 0) + 1
  const { generation = next } = which
  const isOfBefore = generation < next || (begins === undefined && namesOne(which))
  if (tombstone !== undefined && isOfBefore) return ofOtherGeneration(tombstone, told)
  if (begins === undefined) return neverBegun(path)
  // What was not executed needs no record.
  if (told.kind === 'not-executed') return undefined
  return transition(newRecord({ ...begins, generation }), { kind: 'learn', told }, nowAt)
}

function neverBegun(path: string): RefusedChange {
  const reason = `${path}: nothing is stored of this operation, so nothing was written: look at scope, name and id, or give { begin: true } to write the operation down`
  return { refused: { code: 'configuration', outcome: 'unknown', reason } }
}

function unclearWhich(record: OperationRecord, path: string): RefusedChange {
  const reason = `${path}: this operation has had more than one key: give the { key } or { generation } that was not executed`
  return { refused: { code: 'configuration', outcome: saidInPassing(record), reason } }
}

/** Nothing is written about another generation. If it was executed, the operation may have been executed twice. */
function ofOtherGeneration(record: OperationRecord, told: Conclusive['told']): RefusedChange {
  if (told.kind === 'not-executed') return ofAnotherKey(saidInPassing(record))
  // The conclusion is about one generation, and the record about another. Only a success of the stored one is a certain
  // outcome.
  const outcome = record.state === 'succeeded' ? 'executed' : 'unknown'
  return { ...ofAnotherKey(outcome), late: record }
}
