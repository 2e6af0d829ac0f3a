import { isOfAnotherCaller, outcomeWhileRunning } from '../core/run/callers.ts'
import type { OperationDefinition } from './definition.ts'
import { asConfiguration, called } from '../guards/callback.ts'
import type { RunInit } from './client-core.ts'
import { numberSpelled } from '../core/names/identity.ts'
import { checkedId } from './definition.ts'
import type { Payload } from '../engine/request/payload.ts'
import { preparePayload } from '../engine/request/payload.ts'
import { requireWhole } from '../engine/request/whole-request.ts'
import type { OperationError } from '../public/errors.ts'
import { withOutcome } from '../public/errors.ts'
import type { Run } from './join-run.ts'
import { joinRun, requireListener, dataGiven, whenReady } from './join-run.ts'
import { callOptions } from '../guards/option-checks.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { named } from './operation-context.ts'
import { isConflict } from '../core/run/end.ts'
import { storedPart } from './parts.ts'
import { performing } from './performing-part.ts'
import { whenKnown } from '../runtime/when-known.ts'
import { whenLoaded } from './stored/when-loaded.ts'
import type { Conclusion, ConclusionOptions, ForgetOptions, ResumeOptions } from './stored/call-arguments.ts'
import type { RecordOperations } from './stored/stored-operation.ts'
import type { Settled } from './settled.ts'
import type { LiveRun } from './live-run.ts'
import type { Snapshot } from './snapshot.ts'
import { blankSnapshot } from './snapshot.ts'

export type CallOptions = { readonly signal?: AbortSignal | undefined }

/** A kind of operation, ready to be performed. */
export interface Operation<Input, Output = unknown> {
  readonly name: string
  /** Whose operations these are now. Throws a `configuration` error where nobody is logged in. */
  readonly scope: string
  /** A text that names the operation of this input, scope and definition included: the same text, the same operation. */
  identify(input: Input): string
  /** Performs the operation once, whatever happens on the way: its result, or an OperationError. */
  run(input: Input, options?: CallOptions): Promise<Output>
  /** The same as something to watch: snapshots, `settled` that never rejects, `abort`. */
  start(input: Input, options?: CallOptions): Run<Output>
  /** What the store knows, or undefined; sends nothing. */
  inspect(input: Input): Promise<Snapshot<Output> | undefined>
  /** Finds out by polling and asking, never by sending; `not-executed` where there is no record. */
  settle(input: Input, options?: CallOptions): Promise<Settled<Output>>
  /**
   * Takes up what is stored, as something to watch: polls and asks, and gives what is settled again. `send: true`
   * also sends what is younger than `validFor`. It never begins an operation: undefined where nothing is stored.
   */
  resume(input: Input, options?: ResumeOptions): Promise<Run<Output> | undefined>
  /** Seals the key: a proven `not-executed`, or `executed` if it was too late. */
  cancel(input: Input, options?: CallOptions): Promise<Settled<Output>>
  /**
   * Tells the outcome from outside (webhook, reconciliation): proof. It cannot undo `executed`. With `key` or
   * `generation` it speaks of that one only; what was never begun needs `begin: true`.
   */
  conclude(input: Input, told: Conclusion, options?: ConclusionOptions): Promise<void>
  /** Drops a settled record, so that the next run is a new one; an open one only with `force`. */
  forget(input: Input, options?: ForgetOptions): Promise<void>
  /**
   * The same for a webhook or a page that has only the id. A text finds the number that it spells (`'42'` the
   * operation `42`) where only that is stored; where both are, each method rejects as `configuration`.
   */
  byId(id: unknown): RecordOperations<Output>
}

export function createOperation<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
): Operation<Input, Output> {
  const name = (id: unknown) => named(context, checkedId(id, definition.name))
  const on = (input: Input) =>
    whenLoaded<Output>(context, () => name(idOf(definition, input)), {
      payload: async () => payloadOf(context, definition, input),
    })
  const start = (input: Input, options: CallOptions | undefined, as: 'start' | 'run') =>
    startOperation(context, definition, name, input, { options, as })
  return {
    name: definition.name,
    get scope() {
      return context.scopeNow()
    },
    identify: input => name(idOf(definition, input)).liveKey,
    start: (input, options) => start(input, options, 'start'),
    run: (input, options) => dataGiven(() => start(input, options, 'run')),
    inspect: (input, ...options: []) => on(input).inspect(...options),
    settle: (input, options) => on(input).settle(options),
    resume: (input, options) => on(input).resume(options),
    cancel: (input, options) => on(input).cancel(options),
    conclude: (input, told, options) => on(input).conclude(told, options),
    forget: (input, options) => on(input).forget(options),
    byId: id => {
      const number = numberSpelled(id)
      const spelled = number === undefined ? undefined : () => name(number)
      return whenLoaded<Output>(context, () => name(id), { spelled })
    },
  }
}

/** Joins the live run of this operation or starts one, in this very tick: two calls in one tick share a run. */
function startOperation<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  name: (id: unknown) => Named,
  input: Input,
  { options, as }: { readonly options: CallOptions | undefined; readonly as: 'start' | 'run' },
): Run<Output> {
  let signal: AbortSignal | undefined
  let operation: Named
  try {
    // Null is none, as where a framework passes what it has.
    signal = callOptions(options ?? undefined, ['signal'], `operation(${definition.name}).${as}`).signal
    operation = name(idOf(definition, input))
  } catch (error) {
    return failedRun(asConfiguration(error, `operation(${definition.name}).id`))
  }
  // The request is made now: what the caller changes in its input later is another payload.
  const payload = payloadOrRejection(context, definition, input)
  const live = context.core.liveRun(operation.liveKey) as LiveRun<Output> | undefined
  if (live?.isJoinable === true && live.isPerforming) {
    live.takeCall()
    return joinRun(live, signal, refusalOf(live, payload))
  }
  if (live?.isJoinable === true) live.stop('yielded')
  const run = context.core.startRun({
    ...operation,
    plan: context.plan,
    schema: context.schema,
    mode: 'run',
    scopeNow: context.scopeNow,
    prepare: x => performing.loaded.payloadOrMistake(x, payload),
    retarget: definition.onConflict === undefined ? undefined : retargeted(context, definition, input),
  })
  return joinRun(run as LiveRun<Output>, signal, undefined)
}

function idOf<Input>(
  definition: { readonly name: string; readonly id: (input: Input) => unknown },
  input: Input,
): unknown {
  return called(() => definition.id(input), `operation(${definition.name}).id`)
}

/** What the definition throws is the end of the run. */
function payloadOrRejection<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
): Payload | Promise<Payload> {
  let payload: Payload | Promise<Payload>
  try {
    payload = payloadOf(context, definition, input)
  } catch (error) {
    payload = Promise.reject<Payload>(error)
  }
  if (payload instanceof Promise) payload.catch(() => {})
  return payload
}

/** The request of a call, made ready; throws a `configuration` error. */
function payloadOf<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
): Payload | Promise<Payload> {
  const { core, plan } = context
  const path = `operation(${plan.name}).`
  const spec = called(() => definition.request(input), `${path}request`)
  const fingerprint = definition.fingerprint
  const prepared = preparePayload(spec, {
    runtime: core.engine.runtime,
    resolveUrl: url => core.engine.transport.resolveUrl(url),
    profile: plan.settings.profile,
    account: core.account(),
    fingerprint:
      fingerprint === undefined
        ? undefined
        : (called(() => fingerprint(input), `${path}fingerprint`) ?? null),
    path: `${path}request`,
    staysAtHost: true,
  })
  return whenKnown(prepared, payload => {
    if (core.engine.transport.addsQuery !== true) requireWhole(plan, payload)
    return payload
  })
}

/** A joining caller may have the run's result only if it means the same payload (P5). */
async function refusalOf(
  live: LiveRun<unknown>,
  payload: Payload | Promise<Payload>,
): Promise<OperationError | undefined> {
  let own: Payload
  try {
    own = await payload
  } catch (error) {
    return withOutcome(
      asConfiguration(error, `operation(${live.name}).request`),
      outcomeWhileRunning(live.outcome),
    )
  }
  await whenReady(live)
  if (!isOfAnotherCaller(live.fingerprint, own.fingerprint)) return undefined
  return live.error({
    code: 'payload-mismatch',
    outcome: outcomeWhileRunning(live.outcome),
    reason: 'the operation is under way with another payload',
  })
}

function retargeted<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
): RunInit['retarget'] {
  let retarget: RunInit['retarget']
  return async (x, end, turn) => {
    if (!isConflict(end)) return end
    const part = storedPart.now ?? (await storedPart.load().catch(() => undefined))
    // Nobody can be asked: the conflict stands.
    if (part === undefined) return end
    retarget ??= part.retargeting(definition, input, next => payloadOf(context, definition, next))
    return retarget(x, end, turn)
  }
}

/** A call that names no operation: it ends before anything began. */
function failedRun<Output>(mistake: OperationError): Run<Output> {
  // No record was read, so nothing is claimed of the operation that was meant.
  const error = withOutcome(mistake, 'unknown')
  const settled: Settled<Output> = { outcome: 'unknown', error }
  const snapshot: Snapshot<Output> = Object.freeze(blankSnapshot(undefined, error))
  const result = Promise.reject<Output>(error)
  result.catch(() => {})
  return {
    id: undefined,
    snapshot,
    subscribe: listener => {
      requireListener(listener)
      return () => {}
    },
    settled: Promise.resolve(settled),
    result,
    abort: () => {},
  }
}
