import { keyFault } from '../../core/names/key-grammar.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { End } from '../../engine/run/end.ts'
import type { Journal } from '../../engine/stored/journal.ts'
import { StoreFailure } from '../../engine/stored/journal.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import { changeRecord, concluded, forgotten } from '../../engine/stored/changes.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { configurationError, errorOf, isOperationError } from '../../public/errors.ts'
import type { OperationError } from '../../public/errors.ts'
import type { Run } from '../join-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'
import { settledFrom } from '../settled.ts'
import type { Settled } from '../settled.ts'
import { cancel } from './cancel.ts'
import { resumeRecord, settleRecord } from './settle-and-resume.ts'
import type { Snapshot } from '../snapshot.ts'
import { snapshotOf } from '../snapshot.ts'
import type { WhichGeneration } from '../../engine/stored/which-generation.ts'
import { isMeant, namesOne } from '../../engine/stored/which-generation.ts'
import type { CheckedConclusion, CheckedForget } from './checked-at-call.ts'

/**
 * What a caller knows from outside: a webhook, a reconciliation. `data` is the schema's input; what JSON would drop or
 * empty is refused. `key` or
 * `generation` say of which key it speaks: another one than is stored then is left as it is.
 */
export type Conclusion = ConclusionOptions &
  (
    | { readonly outcome: 'executed'; readonly data?: unknown }
    | { readonly outcome: 'not-executed'; readonly error?: unknown }
  )

/** They may stand beside the outcome, or in an object of their own. */
export type ConclusionOptions = WhichGeneration & {
  /** Writes down also what was never begun here. Without it, an id that nobody knows is a mistake. */
  readonly begin?: boolean | undefined
}

export type ForgetOptions = WhichGeneration & {
  /** Drops an open operation too, and gives up finding out. */
  readonly force?: boolean | undefined
}

/** What can be done with an operation of which only the id is known. */
export type RecordOperations<Output = unknown> = {
  /** What the store knows, or undefined; sends nothing. */
  readonly inspect: () => Promise<Snapshot<Output> | undefined>
  /** Finds out by polling and asking, never by sending; `not-executed` where there is no record. Never rejects. */
  readonly settle: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Settled<Output>>
  /**
   * Takes up what is stored, as something to watch: polls and asks, and gives what is settled again. `send: true`
   * also sends what is younger than `validFor`. It never begins an operation: undefined where nothing is stored.
   */
  readonly resume: (options?: ResumeOptions) => Promise<Run<Output> | undefined>
  /** Seals the key: a proven `not-executed`, or `executed` if it was too late. Never rejects but for `configuration`. */
  readonly cancel: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Settled<Output>>
  /**
   * Tells the outcome from outside: proof. Rejects, changing nothing: `already-executed` where the opposite of
   * `executed` is told; `conflict` where `key` or `generation` is another than is stored (a success is then told
   * by the event `late-success`); `configuration` where nothing was begun and `begin` is not said, and for
   * `not-executed` without `key` or `generation` once there has been more than one key.
   */
  readonly conclude: (told: Conclusion, options?: ConclusionOptions) => Promise<void>
  /**
   * Drops a settled record, raising the generation; an open one only with `force`, else it rejects. Rejects as
   * `conflict`, changing nothing, where `key` or `generation` is another than is stored.
   */
  readonly forget: (options?: ForgetOptions) => Promise<void>
}

export type ResumeOptions = {
  readonly send?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** The same of one operation that is named, with what each call was told: see when-loaded.ts. */
export type StoredOperations<Output> = {
  readonly inspect: () => Promise<Snapshot<Output> | undefined>
  readonly settle: (options: CallSignal) => Promise<Settled<Output>>
  readonly resume: (options: ResumeOptions) => Promise<Run<Output> | undefined>
  readonly cancel: (options: CallSignal) => Promise<Settled<Output>>
  readonly conclude: (word: CheckedConclusion) => Promise<void>
  readonly forget: (word: CheckedForget) => Promise<void>
}

type CallSignal = { readonly signal?: AbortSignal | undefined }

/** `payload` makes the request of a call that has its input; without it only a stored request can be sent. */
export function recordOperations<Output>(
  context: OperationContext,
  of: () => Named,
  payload?: () => Promise<Payload>,
): StoredOperations<Output> {
  return {
    inspect: async () => inspect<Output>(context, of()),
    settle: async ({ signal }) => settleRecord<Output>(context, of(), signal),
    resume: async options => resumeRecord<Output>(context, of(), options, payload),
    cancel: async ({ signal }) => cancel<Output>(context, of(), signal),
    conclude: async word => conclude(context, of(), word),
    forget: async word => forget(context, of(), word),
  }
}

async function inspect<Output>(
  context: OperationContext,
  operation: Named,
): Promise<Snapshot<Output> | undefined> {
  const journal = patientJournal(context.core, operation)
  const record = await journal.read().catch((error: unknown) => {
    throw storeError(operation, error)
  })
  if (record === undefined || isTombstone(record)) return undefined
  const snapshot = snapshotOf(record)
  if (record.state !== 'succeeded' && record.state !== 'failed')
    return Object.freeze(snapshot) as Snapshot<Output>
  const { rememberMs } = context.plan.settings
  const isForgettable =
    record.state === 'succeeded' && context.core.engine.runtime.now() >= record.settledAt + rememberMs
  const end: End =
    record.state === 'succeeded'
      ? {
          kind: 'executed',
          record: isForgettable ? { ...record, result: undefined } : record,
          replayed: true,
        }
      : { kind: 'failed', record }
  const settled = await settledFrom<Output>(end, {
    ...operation,
    schema: context.schema,
    parseJson: context.core.engine.transport.parseJson,
    answer: undefined,
    record,
  })
  return Object.freeze({
    ...snapshot,
    data: settled.outcome === 'executed' ? settled.data : undefined,
    error: settled.error,
    replayed: settled.outcome === 'executed',
  })
}

async function conclude(
  context: OperationContext,
  operation: Named,
  { told, which, begins, path }: CheckedConclusion,
): Promise<void> {
  const { core, plan } = context
  const { runtime } = core.engine
  const { maxLength } = plan.settings.profile.key
  const fault = which.key === undefined ? undefined : keyFault(which.key, maxLength)
  if (begins && fault !== undefined) throw configurationError(`${path}.key`, fault)
  const create = async () => ({
    v: 1 as const,
    ...operation.identity,
    generation: 1,
    key: which.key ?? (await runtime.createKey()),
    fingerprint: '',
    bodyHash: '',
    target: { ...noTarget, profile: plan.settings.profile.name },
    at: runtime.now(),
  })
  const change = concluded({ told, which, path, create: begins ? create : undefined }, runtime)
  const refused = await changed(operation, patientJournal(core, operation), change)
  if (refused === undefined) return core.liveRun(operation.liveKey)?.execution.lookAgain()
  if (refused.late !== undefined) alarm(context, operation, which, refused.late)
  throw refused.error
}

const noTarget = { method: '', origin: '', path: '', queryHash: '', account: '' }

/** A success of one generation where the store has another: the operation may have been executed twice. */
function alarm(
  { core, plan }: OperationContext,
  { operationId }: Named,
  { key, generation }: WhichGeneration,
  stored: OperationRecord,
): void {
  // The second generation of a line knows the key of the first.
  const first = stored.generation === 2 ? stored.line : undefined
  core.engine.emit(
    { name: plan.name, operationId, key: key ?? (generation === 1 ? first : undefined) },
    {
      type: 'late-success',
      generation: generation ?? (key !== undefined && key === first ? 1 : undefined),
      currentKey: stored.key,
      currentGeneration: stored.generation,
    },
  )
}

async function forget(
  { core }: OperationContext,
  operation: Named,
  { which, force }: CheckedForget,
): Promise<void> {
  const journal = patientJournal(core, operation)
  try {
    const refused = await changed(operation, journal, forgotten(force, which, core.engine.runtime))
    if (refused !== undefined) throw refused.error
  } catch (error) {
    const isCorrupt = isOperationError(error) && error.code === 'store-corrupt'
    // Whose key it holds cannot be told.
    if (!isCorrupt || force !== 'force' || namesOne(which)) throw error
    // What cannot be understood cannot be reduced to a tombstone: it goes altogether.
    if (!(await journal.delete())) throw error
  }
  if (force !== 'force') return
  const live = core.liveRun(operation.liveKey)
  // A run that is at the next generation by now is not meant.
  if (live !== undefined && isRunOf(live.execution.record, which)) live.stop('forgotten')
}

function isRunOf(record: OperationRecord | undefined, which: WhichGeneration): boolean {
  return record === undefined ? !namesOne(which) : isMeant(record, which)
}

/** Undefined where it was changed or needs no change; else what was refused, as the error to throw. */
async function changed(
  operation: Named,
  journal: Journal,
  change: Parameters<typeof changeRecord>[1],
): Promise<{ readonly error: OperationError; readonly late: OperationRecord | undefined } | undefined> {
  const refused = await changeRecord(journal, change).catch((error: unknown) => {
    throw storeError(operation, error)
  })
  if (refused === undefined) return undefined
  return { error: errorOf(refused.refused, { ...operation, record: journal.stored }), late: refused.late }
}

/** A store's failure outside of any operation. */
export function storeFailedError(error: unknown): OperationError {
  return storeError({ operationId: undefined }, error)
}

export function storeError(
  operation: { readonly operationId: string | undefined },
  error: unknown,
): OperationError {
  if (isOperationError(error)) return error
  const corrupt = error instanceof StoreFailure && error.corrupt
  const reason = error instanceof Error ? error.message : 'the store failed'
  const cause = error instanceof StoreFailure ? error.cause : error
  return errorOf(
    { code: corrupt ? 'store-corrupt' : 'store-failed', outcome: 'unknown', reason, cause },
    { operationId: operation.operationId, record: undefined },
  )
}
