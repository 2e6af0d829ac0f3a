import type { OperationDefinition } from './definition.ts'
import { checkedId } from './definition.ts'
import { startOfRun } from './core/run-progress.ts'
import type { End } from './engine/end.ts'
import { configured } from './engine/end.ts'
import type { Execution } from './engine/execution.ts'
import type { Payload } from './engine/payload.ts'
import { preparePayload } from './engine/payload.ts'
import { serverResponse } from './engine/server-response.ts'
import { synchronous } from './engine/synchronous.ts'
import type { OperationError } from './errors.ts'
import { configurationError, isOperationError, withOutcome } from './errors.ts'
import type { Run } from './handle.ts'
import { joinRun, resultOf, whenReady } from './handle.ts'
import { isObject } from './option-checks.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { named } from './operation-context.ts'
import type { RecordOperations } from './record-operations.ts'
import type { Conclusion } from './record-operations.ts'
import { recordOperations } from './record-operations.ts'
import type { Settled } from './result.ts'
import type { LiveRun } from './run.ts'
import type { Snapshot } from './snapshot.ts'

export type CallOptions = { readonly signal?: AbortSignal | undefined }

/** A kind of operation, ready to be performed. */
export interface Operation<Input, Output = unknown> {
  readonly name: string
  /** Performs the operation once, whatever happens on the way: its result, or an OperationError. */
  run(input: Input, options?: CallOptions): Promise<Output>
  /** The same as something to watch: snapshots, `settled` that never rejects, `abort`. */
  start(input: Input, options?: CallOptions): Run<Output>
  /** What the store knows, or undefined; sends nothing. */
  inspect(input: Input): Promise<Snapshot<Output> | undefined>
  /** Finds out by polling and asking, never by sending; `not-executed` where there is no record. */
  settle(input: Input, options?: CallOptions): Promise<Settled<Output>>
  /** Seals the key: a proven `not-executed`, or `executed` if it was too late. */
  cancel(input: Input, options?: CallOptions): Promise<Settled<Output>>
  /** Tells the outcome from outside (webhook, reconciliation): proof. It cannot undo `executed`. */
  conclude(input: Input, told: Conclusion): Promise<void>
  /** Drops a settled record, so that the next run is a new one; an open one only with `force`. */
  forget(input: Input, options?: { readonly force?: boolean | undefined }): Promise<void>
  /** The same for a webhook or a page that has only the id. */
  byId(id: unknown): RecordOperations<Output>
}

export function createOperation<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
): Operation<Input, Output> {
  const name = (id: unknown) => named(context, checkedId(id, definition.name))
  const on = (input: Input) => recordOperations<Output>(context, () => idOf(definition, input), name)
  const start = (input: Input, options?: CallOptions) =>
    startOperation(context, definition, name, input, options?.signal)
  return {
    name: definition.name,
    start,
    run: async (input, options) => resultOf(await start(input, options).settled),
    inspect: input => on(input).inspect(),
    settle: (input, options) => on(input).settle(options),
    cancel: (input, options) => on(input).cancel(options),
    conclude: (input, told) => on(input).conclude(told),
    forget: (input, options) => on(input).forget(options),
    byId: id => recordOperations<Output>(context, () => id, name),
  }
}

/** Joins the live run of this operation or starts one, in this very tick: two calls in one tick share a run. */
function startOperation<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  name: (id: unknown) => Named,
  input: Input,
  signal: AbortSignal | undefined,
): Run<Output> {
  let operation: Named
  try {
    requireSignal(signal)
    operation = name(idOf(definition, input))
  } catch (error) {
    return failedRun(asConfiguration(error, `operation(${definition.name}).id`))
  }
  // The request is made now: what the caller changes in its input later is another payload.
  const payload = payloadOf(context, definition, input)
  payload.catch(() => {})
  const live = context.core.liveRun(operation.liveKey) as LiveRun<Output> | undefined
  if (live?.isJoinable === true && live.execution.mode === 'run') {
    live.execution.emit({ type: 'joined' })
    return joinRun(live, signal, refusalOf(live, payload))
  }
  if (live?.isJoinable === true) live.stop('yielded')
  const run = context.core.startRun({
    ...operation,
    plan: context.plan,
    schema: context.schema,
    mode: 'run',
    scopeNow: context.scopeNow,
    prepare: x => withPayload(x, payload),
    retarget: definition.onConflict === undefined ? undefined : retargeting(context, definition, input),
  })
  return joinRun(run as LiveRun<Output>, signal, undefined)
}

function idOf<Input>(
  definition: { readonly name: string; readonly id: (input: Input) => unknown },
  input: Input,
): unknown {
  return called(() => definition.id(input), `operation(${definition.name}).id`)
}

/** The request of a call, made ready. */
async function payloadOf<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
): Promise<Payload> {
  const { core, plan } = context
  const path = `operation(${plan.name}).`
  const spec = called(() => definition.request(input), `${path}request`)
  const fingerprint = definition.fingerprint
  return preparePayload(spec, {
    runtime: core.engine.runtime,
    resolveUrl: url => core.engine.transport.resolveUrl(url),
    profile: plan.settings.profile,
    account: core.account(),
    fingerprint:
      fingerprint === undefined
        ? undefined
        : (called(() => fingerprint(input), `${path}fingerprint`) ?? null),
    path: `${path}request`,
  })
}

/** A run without its request ends before it begins, with the outcome that the record tells. */
async function withPayload(x: Execution, payload: Promise<Payload>): Promise<End | undefined> {
  try {
    x.payload = await payload
    return undefined
  } catch (error) {
    const mistake = asConfiguration(error, `operation(${x.plan.name}).request`)
    try {
      x.record = await x.journal.read()
      x.storeTold = true
    } catch {
      // Then the outcome is not known either.
    }
    const end = configured(x, mistake)
    return { ...end, error: withOutcome(mistake, end.outcome) }
  }
}

/** A joining caller may have the run's result only if it means the same payload (P5). */
async function refusalOf(
  live: LiveRun<unknown>,
  payload: Promise<Payload>,
): Promise<OperationError | undefined> {
  let own: Payload
  try {
    own = await payload
  } catch (error) {
    return withOutcome(
      asConfiguration(error, `operation(${live.execution.plan.name}).request`),
      goingOn(live),
    )
  }
  await whenReady(live)
  const x = live.execution
  const fingerprint = x.payload?.fingerprint ?? x.record?.fingerprint ?? own.fingerprint
  if (fingerprint === own.fingerprint) return undefined
  return live.error({
    code: 'payload-mismatch',
    outcome: goingOn(live),
    reason: 'the operation is under way with another payload',
  })
}

/** What is known of an operation whose run goes on: it may be executed at any moment. */
function goingOn(live: LiveRun<unknown>): 'executed' | 'unknown' {
  return live.execution.outcome === 'executed' ? 'executed' : 'unknown'
}

/** After a proven conflict: asks the definition for the next input, which begins a new generation. */
function retargeting<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  first: Input,
): (x: Execution, end: End, turn: number) => Promise<End | 'again'> {
  let input = first
  return async (x, end, turn) => {
    const { onConflict, conflictTurns = 3 } = definition
    const proven = end.kind === 'failed' && end.record.failure.code === 'conflict'
    if (onConflict === undefined || !proven || turn > conflictTurns || x.lastAnswer === undefined) return end
    if (x.stopRequest !== undefined || x.remainingMs <= 0) return end
    try {
      const next = await onConflict({ input, response: serverResponse(x.lastAnswer), turn })
      if (next === undefined) return end
      x.payload = await payloadOf(context, definition, next)
      input = next
    } catch (error) {
      // The conflict stands; the hook's own failure is its cause.
      return {
        ...configured(x, asConfiguration(error, `operation(${definition.name}).onConflict`)),
        error: undefined,
        code: 'conflict',
        cause: error,
      }
    }
    x.progress = startOfRun
    x.lastAnswer = undefined
    x.holding = false
    return 'again'
  }
}

function requireSignal(signal: unknown): void {
  if (signal === undefined || (isObject(signal) && typeof signal['addEventListener'] === 'function')) return
  throw configurationError('signal', 'must be an AbortSignal')
}

function called<Value>(callback: () => Value, path: string): Value {
  try {
    return synchronous(callback(), path)
  } catch (error) {
    throw asConfiguration(error, path)
  }
}

function asConfiguration(error: unknown, path: string): OperationError {
  if (isOperationError(error)) return error
  const mistake = configurationError(path, 'threw')
  return Object.assign(mistake, { cause: error })
}

/** A call that names no operation: it ends before anything began. */
function failedRun<Output>(mistake: OperationError): Run<Output> {
  // No record was read, so nothing is claimed of the operation that was meant.
  const error = withOutcome(mistake, 'unknown')
  const settled: Settled<Output> = { outcome: 'unknown', error }
  const snapshot: Snapshot<Output> = Object.freeze({
    id: undefined,
    name: '',
    generation: 0,
    key: undefined,
    state: undefined,
    phase: 'settled',
    attempts: 0,
    polls: 0,
    startedAt: 0,
    retryAt: undefined,
    data: undefined,
    error,
    outcome: 'unknown',
    replayed: false,
  })
  const result = Promise.reject<Output>(error)
  result.catch(() => {})
  return {
    id: undefined,
    snapshot,
    subscribe: () => () => {},
    settled: Promise.resolve(settled),
    result,
    abort: () => {},
  }
}
