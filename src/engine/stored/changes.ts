import pRetry from 'p-retry'
import type { Told } from '../../core/record/transition.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import { newRecord, transition } from '../../core/record/transition.ts'
import { isTombstone, tombstone } from '../../core/record/tombstone.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import { outcomeOf } from '../../core/record/outcome.ts'
import type { OperationErrorInit } from '../../public/errors.ts'
import type { WhichGeneration } from './which-generation.ts'
import { isMeant, namesOne } from './which-generation.ts'
import type { Journal } from './journal.ts'
import { StoreFailure } from './journal.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/*
 * What is changed in a record from outside of a run: conclude, seal, forget, shrink. Each is one
 * compare-and-set, tried again when another write came first; a run that is under way finds out at its next
 * write, which then fails.
 */

/** More races than this for one record are not a race. */
const MOST_TRIES = 50

/** A change that was refused: nothing was written. */
export type Refused = {
  readonly refused: Pick<OperationErrorInit, 'code' | 'outcome' | 'reason' | 'advice'>
  /** It is the proof of another generation's success: the alarm of a possible duplicate. */
  readonly late?: OperationRecord | undefined
}

type Change = (
  record: OperationRecord | undefined,
) => Promise<OperationRecord | undefined | Refused> | OperationRecord | undefined | Refused

/** Reads, decides, writes; again while others write in between. Undefined from `change` means: leave it as it is. */
export function changeRecord(journal: Journal, change: Change): Promise<Refused | undefined> {
  const raced = new StoreFailure('the record is written by others all the time', false)
  // Only a race is tried again, and at once: whoever won it is done. What else is thrown comes out as it is.
  return pRetry(() => tried(journal, change, raced), {
    retries: MOST_TRIES - 1,
    minTimeout: 0,
    shouldRetry: ({ error }) => error === raced,
  })
}

async function tried(journal: Journal, change: Change, raced: StoreFailure): Promise<Refused | undefined> {
  const before = await journal.read()
  const after = await change(before)
  if (after === undefined || after === before) return undefined
  if ('refused' in after) return after
  if ((await journal.write(after)) === undefined) throw raced
  return undefined
}

/** What a caller knows from outside, of which generation, and what is written where nothing is. */
export type ToldFromOutside = {
  readonly told: Extract<Told, { kind: 'executed' | 'not-executed' }>
  readonly which: WhichGeneration
  /** Where the call is named in errors: `operation(place-order).conclude`. */
  readonly path: string
  /** Makes a record for what was never begun; undefined where the caller did not ask for one. */
  readonly create: (() => Promise<Parameters<typeof newRecord>[0]>) | undefined
}

/** Told from outside: proof. It cannot undo a success, and says nothing of another generation. */
export function concluded({ told, which, path, create }: ToldFromOutside, runtime: Runtime): Change {
  return async record => {
    if (record === undefined || isTombstone(record)) {
      const next = (record?.generation ?? 0) + 1
      const { generation = next } = which
      if (record !== undefined && (generation < next || (create === undefined && namesOne(which))))
        return otherGeneration(record, told)
      if (create === undefined) return neverBegun(path)
      // What did not happen needs no record.
      if (told.kind === 'not-executed') return undefined
      const seed = { ...(await create()), generation }
      return transition(newRecord(seed), { kind: 'learn', told }, runtime.now())
    }
    if (!isMeant(record, which)) return otherGeneration(record, told)
    if (told.kind === 'not-executed' && !namesOne(which) && record.generation > 1)
      return unclearWhich(record, path)
    if (record.state === 'succeeded' && told.kind === 'not-executed') {
      return {
        refused: {
          code: 'already-executed',
          outcome: 'executed',
          reason: 'the operation is proven to be executed, which nothing can undo',
        },
      }
    }
    return transition(record, { kind: 'learn', told }, runtime.now())
  }
}

function neverBegun(path: string): Refused {
  const reason = `${path}: nothing is stored of this operation, so nothing was written: look at scope, name and id, or give { begin: true } to write the operation down`
  return { refused: { code: 'configuration', outcome: 'unknown', reason } }
}

function unclearWhich(record: OperationRecord, path: string): Refused {
  const reason = `${path}: this operation has had more than one key: give the { key } or { generation } that was not executed`
  return { refused: { code: 'configuration', outcome: surely(record), reason } }
}

/** Nothing is written of it here; that it was executed all the same may mean that it was executed twice. */
function otherGeneration(record: OperationRecord, told: ToldFromOutside['told']): Refused {
  const reason = 'the call is about another key than the one that is stored now, so nothing was changed'
  const isLate = told.kind === 'executed'
  // Told of one generation and stored of another: together they prove nothing less than a success.
  const outcome = isLate && record.state !== 'succeeded' ? 'unknown' : surely(record)
  return {
    refused: { code: 'conflict', outcome, reason, advice: 'name-the-key' },
    late: isLate ? record : undefined,
  }
}

/** Whoever holds an open record may be about to send, and what was forgotten may have happened. */
function surely(record: OperationRecord): Outcome {
  return isOpen(record) || isTombstone(record) ? 'unknown' : outcomeOf(record)
}

/** The next run starts over, with a new key: a proof for the old one can only be a late alarm. */
export function forgotten(force: 'force' | 'settled-only', which: WhichGeneration, runtime: Runtime): Change {
  return record => {
    if (record === undefined) return undefined
    // What was forgotten has no key any more.
    const meant = isTombstone(record) ? { ...which, key: record.key } : which
    if (!isMeant(record, meant)) {
      const reason = 'the call is about another key than the one that is stored now, so nothing was changed'
      return { refused: { code: 'conflict', outcome: surely(record), reason, advice: 'name-the-key' } }
    }
    if (isTombstone(record)) return undefined
    if (isOpen(record) && force === 'settled-only') {
      return {
        refused: {
          code: 'unresolved',
          outcome: outcomeOf(record),
          reason: 'the operation is still open',
          advice: 'open-or-force',
        },
      }
    }
    return tombstone(record, runtime.now())
  }
}
