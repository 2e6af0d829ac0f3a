import type { Told } from '../core/operation-state.ts'
import type { OperationRecord, StoredFailure } from '../core/operation-record.ts'
import { factOf, newRecord, transition } from '../core/operation-state.ts'
import { isOpen } from '../core/operation-record.ts'
import { outcomeOf } from '../core/outcome.ts'
import type { OperationErrorInit } from '../errors.ts'
import type { Journal } from './journal.ts'
import { StoreFailure } from './journal.ts'
import type { Runtime } from './runtime.ts'

/*
 * What is changed in a record from outside of a run: conclude, seal, forget, shrink. Each is one
 * compare-and-set, tried again when another write came first; a run that is under way finds out at its next
 * write, which then fails.
 */

/** More races than this for one record are not a race. */
const MOST_TRIES = 50

/** A change that was refused: nothing was written. */
export type Refused = { readonly refused: Pick<OperationErrorInit, 'code' | 'outcome' | 'reason'> }

type Change = (
  record: OperationRecord | undefined,
) => Promise<OperationRecord | undefined | Refused> | OperationRecord | undefined | Refused

/** Reads, decides, writes; again while others write in between. Undefined from `change` means: leave it as it is. */
export async function changeRecord(journal: Journal, change: Change): Promise<Refused | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const before = await journal.read()
    const after = await change(before)
    if (after === undefined || after === before) return undefined
    if ('refused' in after) return after
    if ((await journal.write(after)) !== undefined) return undefined
  }
  throw new StoreFailure('the record is written by others all the time', false)
}

/** Told from outside: proof. It cannot undo a success. */
export function concluded(
  told: Extract<Told, { kind: 'executed' | 'not-executed' }>,
  runtime: Runtime,
  create: () => Promise<Parameters<typeof newRecord>[0]>,
): Change {
  return async record => {
    if (record === undefined || isForgotten(record)) {
      if (told.kind === 'not-executed') return undefined
      const seed = await create()
      const generation = (record?.generation ?? 0) + 1
      return transition(newRecord({ ...seed, generation }), { kind: 'learn', told }, runtime.now())
    }
    if (record.state === 'succeeded' && told.kind === 'not-executed') {
      return {
        refused: {
          code: 'already-executed',
          outcome: 'executed',
          reason: 'it is proven to be executed, which nothing can undo',
        },
      }
    }
    return transition(record, { kind: 'learn', told }, runtime.now())
  }
}

/** The next run starts over, with a new key: a proof for the old one can only be a late alarm. */
export function forgotten(force: 'force' | 'settled-only', runtime: Runtime): Change {
  return record => {
    if (record === undefined || isForgotten(record)) return undefined
    if (isOpen(record) && force === 'settled-only') {
      return {
        refused: {
          code: 'unresolved',
          outcome: outcomeOf(record),
          reason: 'it is still open: `forget` needs { force: true }, and gives up finding out',
        },
      }
    }
    return tombstone(record, runtime.now())
  }
}

/** A settled place without key or result: it only counts the generations, so that the next run raises it. */
function tombstone(record: OperationRecord, nowAt: number): OperationRecord {
  const seed = {
    v: record.v,
    scope: record.scope,
    name: record.name,
    id: record.id,
    generation: record.generation,
    key: '',
    fingerprint: '',
    bodyHash: '',
    target: record.target,
    at: nowAt,
  }
  const failure: StoredFailure = { code: 'forgotten', reason: 'it was forgotten' }
  return transition(newRecord(seed), { kind: 'learn', told: { kind: 'not-executed', failure } }, nowAt)
}

/** What `cancel` leaves where nothing was ever sent: the generation that somebody may be about to begin is over. */
export function neverSent(
  before: OperationRecord | undefined,
  identity: Pick<OperationRecord, 'scope' | 'name' | 'id'>,
  nowAt: number,
): OperationRecord {
  const { scope, name, id } = identity
  const target = before?.target ?? {
    method: '',
    origin: '',
    path: '',
    queryHash: '',
    profile: '',
    account: '',
  }
  const seed = { v: 1 as const, scope, name, id, generation: (before?.generation ?? 0) + 1, at: nowAt }
  const failure: StoredFailure = { code: 'sealed', reason: 'it was cancelled before anything was sent of it' }
  return transition(
    newRecord({ ...seed, key: '', fingerprint: '', bodyHash: '', target }),
    { kind: 'learn', told: { kind: 'not-executed', failure } },
    nowAt,
  )
}

/** Whether a record is what `forget` left. */
export function isForgotten(record: OperationRecord): boolean {
  return record.state === 'failed' && record.failure.code === 'forgotten'
}

/** An open record without what a user may have typed; a settled one without its result. */
export function shrunk(record: OperationRecord): OperationRecord {
  if (!isOpen(record)) return factOf(record)
  const { request: _request, statusUrl: _statusUrl, ...rest } = record
  return rest
}
