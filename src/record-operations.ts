import type { Answer } from './core/evidence.ts'
import { isKeyExpired } from './core/key-horizon.ts'
import type { OperationRecord, Told } from './core/operation-state.ts'
import { transition } from './core/operation-state.ts'
import { mayHaveExecuted } from './core/outcome.ts'
import type { End } from './engine/end.ts'
import { settledEnd, stopped, storeEnd } from './engine/end.ts'
import { Execution } from './engine/execution.ts'
import type { Journal } from './engine/journal.ts'
import { StoreFailure } from './engine/journal.ts'
import type { SealReading } from './engine/plan.ts'
import { changeRecord, concluded, forgotten, isForgotten } from './engine/record-changes.ts'
import { requestSeal } from './engine/seal.ts'
import { failureOf, jsonText, resultFromData, resultOf } from './engine/server-response.ts'
import { configurationError, isOperationError } from './errors.ts'
import type { OperationError } from './errors.ts'
import { joinRun } from './handle.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { errorOf, settledFrom } from './result.ts'
import type { Settled } from './result.ts'
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
  readonly settle: (options?: { readonly signal?: AbortSignal }) => Promise<Settled<Output>>
  /** Seals the key: a proven `not-executed`, or `executed` if it was too late. Never rejects but for `configuration`. */
  readonly cancel: (options?: { readonly signal?: AbortSignal }) => Promise<Settled<Output>>
  /** Tells the outcome from outside: proof. Rejects, changing nothing, where the opposite of `executed` is told. */
  readonly conclude: (told: Conclusion) => Promise<void>
  /** Drops a settled record, raising the generation; an open one only with `force`, else it rejects. */
  readonly forget: (options?: { readonly force?: boolean }) => Promise<void>
}

export function recordOperations<Output>(
  context: OperationContext,
  id: () => unknown,
  name: (id: unknown) => Named,
): RecordOperations<Output> {
  const of = () => name(id())
  return {
    inspect: async () => inspect<Output>(context, of()),
    settle: async options => {
      try {
        return await settleRecord<Output>(context, of(), options?.signal)
      } catch (error) {
        if (isOperationError(error)) return { outcome: 'not-executed', error }
        throw error
      }
    },
    cancel: async options => cancel<Output>(context, of(), options?.signal),
    conclude: async told => conclude(context, of(), told),
    forget: async options => forget(context, of(), options?.force === true ? 'force' : 'settled-only'),
  }
}

async function inspect<Output>(
  context: OperationContext,
  operation: Named,
): Promise<Snapshot<Output> | undefined> {
  const journal = context.core.journal(operation.identity)
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

async function settleRecord<Output>(
  context: OperationContext,
  operation: Named,
  signal: AbortSignal | undefined,
): Promise<Settled<Output>> {
  const { core } = context
  for (;;) {
    const live = core.liveRun(operation.liveKey)
    const joined = live?.isJoinable === true ? live : core.startRun(askRun(context, operation))
    const role = joined.execution.mode === 'ask' ? 'caller' : 'observer'
    const settled = await joinRun(joined, signal, undefined, role).settled
    const request = joined.execution.stopRequest
    const ownAbort = signal?.aborted === true
    // The run that was joined made way for another one, or lost its own callers: look who has it now.
    if (!ownAbort && (request === 'yielded' || (role === 'observer' && request === 'aborted'))) continue
    return settled as Settled<Output>
  }
}

function askRun(context: OperationContext, operation: Named) {
  return {
    ...operation,
    plan: context.plan,
    schema: context.schema,
    mode: 'ask' as const,
    scopeNow: context.scopeNow,
    prepare: async () => undefined,
    retarget: async (_x: Execution, end: End) => end,
  }
}

async function cancel<Output>(
  context: OperationContext,
  operation: Named,
  signal: AbortSignal | undefined,
): Promise<Settled<Output>> {
  const { core, plan, schema } = context
  if (plan.cancel === undefined)
    throw configurationError(`operation(${plan.name}).cancel`, 'is needed to cancel')
  const x = new Execution({
    engine: core.engine,
    plan,
    journal: core.journal(operation.identity),
    operationId: operation.operationId,
    mode: 'ask',
    scopeNow: context.scopeNow,
    onChange: () => {},
  })
  const abort = () => x.requestStop('aborted')
  signal?.addEventListener('abort', abort)
  if (signal?.aborted === true) abort()
  try {
    const end = await seal(x, context, operation)
    return await settledFrom<Output>(end, { ...operation, schema, answer: x.lastAnswer, record: x.record })
  } catch (error) {
    if (isOperationError(error)) throw error
    return await settledFrom<Output>(storeEnd(x, error), {
      ...operation,
      schema,
      answer: undefined,
      record: x.record,
    })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Asks for the seal, and writes down what the server said: the proof, or that it was too late. */
async function seal(x: Execution, context: OperationContext, operation: Named): Promise<End> {
  const { plan, core } = context
  x.record = await x.journal.read()
  x.storeTold = true
  if (x.record === undefined || isForgotten(x.record)) await stopBeforeItsFirst(x, context, operation)
  if (x.record === undefined || isForgotten(x.record))
    return stopped(x, 'sealed', 'nothing was ever sent of it')
  if (x.record.state === 'succeeded' || x.record.state === 'failed') return settledEnd(x)
  if (plan.cancel === undefined || x.stopRequest !== undefined)
    return stopped(x, 'aborted', 'the caller aborted')
  // A server that has forgotten the key would seal it as one that was never used, and say so to whoever asks.
  if (mayHaveExecuted(x.record) && isKeyExpired(x.record, x.horizon, x.nowAt))
    return stopped(x, 'key-expired', 'the server may have forgotten the key, so sealing it proves nothing')
  const { key } = x.record
  const { reading, answer } = await requestSeal(x, plan.cancel)
  x.lastAnswer = answer
  if (reading.kind === 'inconclusive')
    return stopped(x, x.stopRequest === undefined ? 'unresolved' : 'aborted', reading.reason)
  if (reading.kind === 'processing') {
    return {
      ...stopped(x, 'still-processing', 'the server is at work: it is too late to cancel'),
      outcome: 'unknown',
    }
  }
  const told = toldBy(reading, answer)
  await changeRecord(x.journal, record =>
    record?.key === key ? learnt(record, told, core.engine.runtime.now()) : undefined,
  )
  x.record = x.journal.stored ?? x.record
  const live = core.liveRun(operation.liveKey)
  if (told.kind === 'executed') live?.execution.lookAgain()
  else live?.stop('sealed')
  return settledEnd(x)
}

/** A run that is about to write its first attempt ahead is stopped, and what it has done by then is read. */
async function stopBeforeItsFirst(x: Execution, context: OperationContext, operation: Named): Promise<void> {
  const { core } = context
  const live = core.liveRun(operation.liveKey)
  if (live === undefined || live.execution.mode !== 'run') return
  live.stop('sealed')
  await core.awaitRelease(live, x)
  x.record = await x.journal.read()
}

function toldBy(
  reading: Extract<SealReading, { kind: 'sealed' | 'executed' }>,
  answer: Answer | undefined,
): Told {
  if (reading.kind === 'sealed') {
    const reason = 'it was cancelled: the server refuses its key from now on'
    const failure =
      answer === undefined ? { code: 'sealed' as const, reason } : failureOf(answer, 'sealed', reason)
    return { kind: 'not-executed', failure }
  }
  const body = answer === undefined ? undefined : resultOf(answer, true)
  return { kind: 'executed', result: reading.form === 'data' ? resultFromData(reading.data) : body }
}

function learnt(record: OperationRecord, told: Told, nowAt: number): OperationRecord {
  return transition(record, { kind: 'learn', told }, nowAt)
}

async function conclude(context: OperationContext, operation: Named, told: Conclusion): Promise<void> {
  const { core } = context
  const { runtime } = core.engine
  const journal = core.journal(operation.identity)
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
  const journal = core.journal(operation.identity)
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
