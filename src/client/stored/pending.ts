import type { ClientCore } from '../client-core.ts'
import { idPart } from '../../core/names/id-part.ts'
import { scopeOfKey } from '../../core/names/identity.ts'
import { isFree } from '../../core/record/lease.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import type { OpenRecord, OperationRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import { plainPlan } from '../definition.ts'
import { StoreFailure, storageKeyOf } from '../../engine/stored/journal.ts'
import { isLookedUpAgain, saidAtLast } from '../../core/stored/resumed.ts'
import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import { presenceOf } from '../../engine/run/presence.ts'
import { decodeStored } from '../../engine/stored/decode-stored.ts'
import { isStillIn } from '../../engine/run/still-in.ts'
import { storedPayload } from '../../engine/request/stored-payload.ts'
import type { ErrorCode } from '../../public/errors.ts'
import { errorOf } from '../error-of.ts'
import { joinRun } from '../join-run.ts'
import { startRun } from '../start-run.ts'
import type { OperationContext } from '../operation-context.ts'
import { named } from '../operation-context.ts'
import { openRecords, patientJournal, patientStoreOf } from './patient-journal.ts'
import { checkedForget } from './call-arguments.ts'
import type { RecordOperations } from './stored-operation.ts'
import { recordOperations } from './record-operations.ts'
import { storeFailedError } from './store-errors.ts'
import type { Settled } from '../settled.ts'
import type { WhoseRecords } from './whose.ts'
import { contextOf, prefixOf, scopeNowOf } from './whose.ts'
import type { Snapshot } from '../snapshot.ts'
import { blankSnapshot } from '../snapshot.ts'
import { snapshotOf } from '../snapshot-of.ts'
import type { ListedRecord } from '../../public/store.ts'

/** An open operation in the list of `pending`: what is known of it, and what can be done about it. */
export type PendingOperation = Snapshot & Pick<RecordOperations, 'settle' | 'conclude' | 'forget'>

/** What `resume` did with one open operation. */
export type Resumed = {
  readonly id: unknown
  readonly name: string
  readonly scope: string
  readonly outcome: Outcome | 'skipped'
  readonly reason: string
  /** The error's code, if the operation did not end as executed. */
  readonly code?: ErrorCode | undefined
}

/** How many operations are resumed at once. */
const RESUMED_AT_ONCE = 8

export async function listPending(
  core: ClientCore,
  whose: WhoseRecords,
): Promise<readonly PendingOperation[]> {
  const found: PendingOperation[] = []
  await eachOpen(core, prefixOf(whose, 'pending'), async listed => {
    const record = await openRecord(core, listed, whose)
    found.push(record === undefined ? corrupt(core, listed) : pendingOperation(core, record, whose))
  })
  return found
}

type HowToResume = { readonly send?: boolean | undefined; readonly signal?: AbortSignal | undefined }

export async function resumeAll(
  core: ClientCore,
  whose: WhoseRecords,
  options: HowToResume,
): Promise<readonly Resumed[]> {
  const waiting: ListedRecord[] = []
  await eachOpen(core, prefixOf(whose, 'resume'), async listed => void waiting.push(listed))
  const taken: TakenUp[] = []
  const next = async (): Promise<void> => {
    for (let listed = waiting.shift(); listed !== undefined; listed = waiting.shift()) {
      taken.push(await resumeOne(core, listed, whose, options))
    }
  }
  await Promise.all(Array.from({ length: RESUMED_AT_ONCE }, next))
  return Promise.all(taken.map(saidNow))
}

/** The result for an operation that was taken up. `read` reads its record, if there was one to take up. */
type TakenUp = {
  readonly resumed: Resumed
  readonly read?: () => Promise<OperationRecord | undefined>
}

async function saidNow({ resumed, read }: TakenUp): Promise<Resumed> {
  if (read === undefined || !isLookedUpAgain(resumed)) return resumed
  const { id, name, scope } = resumed
  return { id, name, scope, ...saidAtLast(resumed, await read().catch(() => undefined)) }
}

async function eachOpen(
  core: ClientCore,
  prefix: string,
  visit: (listed: ListedRecord) => Promise<void>,
): Promise<void> {
  try {
    for await (const listed of openRecords(core, prefix)) await visit(listed)
  } catch (error) {
    throw storeFailedError(error)
  }
}

async function resumeOne(
  core: ClientCore,
  listed: ListedRecord,
  whose: WhoseRecords,
  options: HowToResume,
): Promise<TakenUp> {
  const record = await openRecord(core, listed, whose)
  const about =
    record === undefined
      ? { id: listed.key, name: '', scope: scopeOfKey(listed.key) }
      : { id: record.id, name: record.name, scope: record.scope }
  const skipped = (reason: string): TakenUp => ({ resumed: { ...about, outcome: 'skipped', reason } })
  if (record === undefined) return skipped('the record cannot be understood')
  const { scope } = record
  const scopeNow = scopeNowOf(whose, scope)
  const context = contextOf(core, record.name, scopeNow)
  if (context === undefined) return skipped('no operation of this name is defined')
  if (options.signal?.aborted === true) return skipped('aborted')
  // Listing took time, and so did the operations before this one: nothing begun for one user is resumed for another.
  if (!isStillIn(scope, scopeNow)) return skipped('another user is logged in now')
  if (await isBusyElsewhere(core, record))
    return skipped('another tab or process is working on the operation')
  const payload =
    options.send === true ? await storedPayload(core.engineOf(record.scope), context.plan, record) : undefined
  const settled =
    typeof payload === 'object'
      ? await send(context, record, payload, options.signal)
      : await ask(context, record, options.signal)
  const why = typeof payload === 'string' && settled.outcome === 'unknown' ? ` (not sent: ${payload})` : ''
  return {
    resumed: {
      ...about,
      outcome: settled.outcome,
      reason: `${settled.error?.message ?? 'executed'}${why}`,
      code: settled.error?.code,
    },
    read: () => patientJournal(core, named(context, idOf(record), record.scope)).read(),
  }
}

/** Whether another runner holds the operation. */
export async function isBusyElsewhere(core: ClientCore, record: OpenRecord): Promise<boolean> {
  const { runtime, writer } = core.engine
  const { lease } = record
  const presence = presenceOf(core.engine)
  if (lease === undefined || isFree(lease, writer.runner, runtime.now(), presence.isGone)) return false
  return !(await presence.probe(lease))
}

function ask(
  context: OperationContext,
  record: OpenRecord,
  signal: AbortSignal | undefined,
): Promise<Settled> {
  const operations = operationsOf(context, record)
  return operations.settle(signal === undefined ? {} : { signal })
}

function operationsOf(
  context: OperationContext,
  record: OpenRecord,
  which: WhichGeneration = {},
): RecordOperations {
  const operation = () => named(context, idOf(record), record.scope)
  return recordOperations(context, operation, { which })
}

type StoredPayload = Exclude<Awaited<ReturnType<typeof storedPayload>>, string>

async function send(
  context: OperationContext,
  record: OpenRecord,
  payload: StoredPayload,
  signal: AbortSignal | undefined,
): Promise<Settled> {
  const operation = named(context, idOf(record), record.scope)
  const live = context.core.liveRun(operation.liveKey)
  if (live?.isJoinable === true && live.mode !== 'ask' && !live.isLook)
    return joinRun(live, signal, undefined).settled
  // A run that only asks or looks gives way to this one, which may send; its callers move to the new run.
  if (live?.isJoinable === true) live.stop('yielded')
  const run = startRun(context.core, {
    ...operation,
    plan: context.plan,
    schema: context.schema,
    mode: 'resume',
    scopeNow: context.scopeNow,
    prepare: async () => ({ payload }),
    retarget: undefined,
  })
  const settled = await joinRun(run, signal, undefined).settled
  // A run that gave way to a call ends as that call does, like every other run that took the operation up.
  return run.stopRequest === 'yielded' ? ask(context, record, signal) : settled
}

function pendingOperation(core: ClientCore, record: OpenRecord, whose: WhoseRecords): PendingOperation {
  const scopeNow = scopeNowOf(whose, record.scope)
  const context: OperationContext = contextOf(core, record.name, scopeNow) ?? {
    core,
    plan: plainPlan(record.name, core.options),
    schema: undefined,
    scopeNow,
  }
  // Actions on a list entry concern exactly the listed key and generation, not what may have replaced them.
  const { key, generation } = record
  const { settle, conclude, forget } = operationsOf(context, record, { key, generation })
  const { liveKey } = named(context, idOf(record), record.scope)
  const nextLookAt = core.watching?.nextLookAt(liveKey)
  return Object.freeze({ ...snapshotOf(record), nextLookAt, settle, conclude, forget })
}

/**
 * A record that cannot be understood. It is listed so that somebody looks at it; the only possible action is `forget`
 * with `force`.
 */
function corrupt(core: ClientCore, listed: ListedRecord): PendingOperation {
  const reason = 'the record cannot be understood'
  const error = errorOf(
    { code: 'store-corrupt', outcome: 'unknown', reason },
    { operationId: listed.key, record: undefined },
  )
  return {
    ...blankSnapshot(listed.key, error),
    scope: scopeOfKey(listed.key),
    settle: async () => ({ outcome: 'unknown', error }),
    conclude: async () => {
      throw error
    },
    forget: async options => {
      const { force } = checkedForget(options, {}, 'forget')
      if (force !== 'force') throw error
      try {
        await patientStoreOf(core).delete(listed.key, { expected: listed.version })
      } catch (cause) {
        throw storeFailedError(new StoreFailure('the store could not delete', false, cause))
      }
    },
  }
}

/**
 * Undefined if the record is no open record of these scopes, or is stored in another operation's place: nothing is done
 * then.
 */
export async function openRecord(
  core: ClientCore,
  listed: ListedRecord,
  whose: WhoseRecords,
): Promise<OpenRecord | undefined> {
  const decoded = await decodeStored(listed.value)
  if (!decoded.ok || !isOpen(decoded.record)) return undefined
  if (whose !== 'all' && decoded.record.scope !== whose.scope) return undefined
  return (await placeOf(core, decoded.record)) === listed.key ? decoded.record : undefined
}

/**
 * Undefined for an id that no operation can have (`1e999`), so that one such record does not end the list or the
 * worker.
 */
async function placeOf(core: ClientCore, record: OpenRecord): Promise<string | undefined> {
  try {
    return await storageKeyOf(record, core.engine.runtime)
  } catch {
    return undefined
  }
}

export function idOf({ id }: OpenRecord): Parameters<typeof named>[1] {
  return { id, text: idPart(id) }
}
