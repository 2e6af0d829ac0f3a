import type { Told } from './core/operation-state.ts'
import type { End } from './engine/end.ts'
import type { Journal } from './engine/journal.ts'
import { StoreFailure } from './engine/journal.ts'
import { changeRecord, concluded, forgotten, isForgotten } from './engine/record-changes.ts'
import { jsonText, resultFromData } from './engine/server-response.ts'
import type { Payload } from './engine/payload.ts'
import { configurationError, errorOf, isOperationError } from './errors.ts'
import type { OperationError } from './errors.ts'
import type { Run } from './handle.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { patientJournal } from './patient-records.ts'
import { settledFrom } from './result.ts'
import type { Settled } from './result.ts'
import { cancel } from './cancel.ts'
import { resumeRecord, settleRecord } from './take-up.ts'
import type { Snapshot } from './snapshot.ts'
import { snapshotOf } from './snapshot.ts'

/** What a caller knows from outside: a webhook, a reconciliation. `data` is the schema's input. */
export type Conclusion =
  | { readonly outcome: 'executed'; readonly data?: unknown }
  | { readonly outcome: 'not-executed'; readonly error?: unknown }

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
  /** Tells the outcome from outside: proof. Rejects, changing nothing, where the opposite of `executed` is told. */
  readonly conclude: (told: Conclusion) => Promise<void>
  /** Drops a settled record, raising the generation; an open one only with `force`, else it rejects. */
  readonly forget: (options?: { readonly force?: boolean | undefined }) => Promise<void>
}

export type ResumeOptions = {
  readonly send?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** `payload` makes the request of a call that has its input; without it only a stored request can be sent. */
export function recordOperations<Output>(
  context: OperationContext,
  of: () => Named,
  payload?: () => Promise<Payload>,
): RecordOperations<Output> {
  return {
    inspect: async () => inspect<Output>(context, of()),
    settle: async options => settleRecord<Output>(context, of(), options?.signal),
    resume: async options => resumeRecord<Output>(context, of(), options, payload),
    cancel: async options => cancel<Output>(context, of(), options?.signal),
    conclude: async told => conclude(context, of(), told),
    forget: async options => forget(context, of(), options?.force === true ? 'force' : 'settled-only'),
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
  if (record === undefined || isForgotten(record)) return undefined
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

async function conclude(context: OperationContext, operation: Named, told: Conclusion): Promise<void> {
  const { core } = context
  const { runtime } = core.engine
  const journal = patientJournal(core, operation)
  const change = concluded(toldFromOutside(told, context), runtime, async () => ({
    v: 1,
    ...operation.identity,
    generation: 1,
    key: await runtime.createKey(),
    fingerprint: '',
    bodyHash: '',
    target: {
      method: '',
      origin: '',
      path: '',
      queryHash: '',
      profile: context.plan.settings.profile.name,
      account: '',
    },
    at: runtime.now(),
  }))
  await changed(operation, journal, change)
  core.liveRun(operation.liveKey)?.execution.lookAgain()
}

function toldFromOutside(
  told: Conclusion,
  context: OperationContext,
): Extract<Told, { kind: 'executed' | 'not-executed' }> {
  const path = `operation(${context.plan.name}).conclude`
  if (told?.outcome === 'executed') {
    if (told.data === undefined) return { kind: 'executed', result: undefined }
    const result = resultFromData(told.data)
    if (result === undefined) throw configurationError(`${path}.data`, 'must be a JSON value')
    return { kind: 'executed', result }
  }
  if (told?.outcome !== 'not-executed')
    throw configurationError(path, "needs { outcome: 'executed' | 'not-executed' }")
  const error = jsonText(told.error)
  if (told.error !== undefined && error === undefined)
    throw configurationError(`${path}.error`, 'must be a JSON value')
  return {
    kind: 'not-executed',
    failure: { code: 'rejected', reason: 'it was told from outside that it was not executed', error },
  }
}

async function forget(
  context: OperationContext,
  operation: Named,
  force: 'force' | 'settled-only',
): Promise<void> {
  const { core } = context
  const journal = patientJournal(core, operation)
  try {
    await changed(operation, journal, forgotten(force, core.engine.runtime))
  } catch (error) {
    if (!isOperationError(error) || error.code !== 'store-corrupt' || force !== 'force') throw error
    // What cannot be understood cannot be reduced to a tombstone: it goes altogether.
    if (!(await journal.delete())) throw error
  }
  if (force === 'force') core.liveRun(operation.liveKey)?.stop('forgotten')
}

async function changed(
  operation: Named,
  journal: Journal,
  change: Parameters<typeof changeRecord>[1],
): Promise<void> {
  const refused = await changeRecord(journal, change).catch((error: unknown) => {
    throw storeError(operation, error)
  })
  if (refused !== undefined) throw errorOf(refused.refused, { ...operation, record: journal.stored })
}

/** A store's failure outside of any operation. */
export function storeFailedError(error: unknown): OperationError {
  return storeError({ operationId: undefined }, error)
}

function storeError(operation: { readonly operationId: string | undefined }, error: unknown): OperationError {
  if (isOperationError(error)) return error
  const corrupt = error instanceof StoreFailure && error.corrupt
  const reason = error instanceof Error ? error.message : 'the store failed'
  const cause = error instanceof StoreFailure ? error.cause : error
  return errorOf(
    { code: corrupt ? 'store-corrupt' : 'store-failed', outcome: 'unknown', reason, cause },
    { operationId: operation.operationId, record: undefined },
  )
}
