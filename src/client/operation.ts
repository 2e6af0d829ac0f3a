import { definitionPath } from '../engine/plan.ts'
import type { OperationDefinition } from './definition.ts'
import { asConfiguration, called, captured } from '../guards/callback.ts'
import { numberSpelled } from '../core/names/identity.ts'
import { checkedId } from './definition.ts'
import { OperationError, withOutcome } from '../public/errors.ts'
import { givenNow, requestGiven } from './call.ts'
import { dataOf } from './data-of.ts'
import type { Run } from './join-run.ts'
import { LateRun } from './late-run.ts'
import { requireListener } from '../guards/listeners.ts'
import { callOptions, requireFlag } from '../guards/option-checks.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { named } from './operation-context.ts'
import { keepInside } from './operation-inside.ts'
import { loadedStoredPart, storedPart, watchWhenLoaded } from './parts.ts'
import { performing } from './performing-part.ts'
import { whenLoaded } from './stored/when-loaded.ts'
import type { WatchListener } from './stored/watching.ts'
import type { Conclusion, ConclusionOptions, ForgetOptions, ResumeOptions } from './stored/call-arguments.ts'
import type { RecordOperations } from './stored/stored-operation.ts'
import type { Settled } from './settled.ts'
import type { Snapshot } from './snapshot.ts'
import { blankSnapshot } from './snapshot.ts'

export type CallOptions = { readonly signal?: AbortSignal | undefined }

/** One kind of operation, ready to be performed. */
export interface Operation<Input, Output = unknown> {
  readonly name: string
  /** The scope of an operation that is begun now. Throws a `configuration` error if nobody is logged in. */
  readonly scope: string
  /**
   * A string that identifies the operation of this input, scope and definition included: equal strings, same operation.
   */
  identify(input: Input): string
  /**
   * Performs the operation once, whatever happens on the way. Resolves with its result, or rejects with an
   * OperationError.
   */
  run(input: Input, options?: CallOptions): Promise<Output>
  /** Like `run`, but returns a run to watch: snapshots, a `settled` that never rejects, and `abort`. */
  start(input: Input, options?: CallOptions): Run<Output>
  /** Resolves with what the store knows of the operation, or undefined. Sends nothing. */
  inspect(input: Input): Promise<Snapshot<Output> | undefined>
  /** Finds out by polling and asking, never by sending. Resolves with `not-executed` if there is no record. */
  settle(input: Input, options?: CallOptions): Promise<Settled<Output>>
  /**
   * Takes up a stored operation and returns a run to watch. It polls and asks, and returns the end again if the
   * operation has settled. With `send: true` it also sends requests younger than `validFor`. It never begins an
   * operation: resolves with undefined if nothing is stored.
   */
  resume(input: Input, options?: ResumeOptions): Promise<Run<Output> | undefined>
  /** Seals the key. Resolves with a proven `not-executed`, or with `executed` if the cancel came too late. */
  cancel(input: Input, options?: CallOptions): Promise<Settled<Output>>
  /**
   * Records an outcome that is known from outside (webhook, reconciliation). It counts as proof, but cannot undo
   * `executed`. `key` or `generation` limits it to that key; an operation that was never begun needs `begin: true`.
   */
  conclude(input: Input, told: Conclusion, options?: ConclusionOptions): Promise<void>
  /** Drops a settled record, so that the next run is a new operation. An open record needs `force`. */
  forget(input: Input, options?: ForgetOptions): Promise<void>
  /**
   * Goes on finding out while the outcome is unknown, with pauses that grow to half a minute: by polling and asking,
   * and with `send: true` also by sending as `resume` does. The listener is called after each look:
   * `snapshot.nextLookAt` is the time of the next one, and `end` is how the operation ended, given once. Returns a
   * function that ends the watch. All watches of a client work together: while a server is down, a single request
   * probes it for all operations.
   */
  watch(input: Input, listener: WatchListener<Output>, options?: ResumeOptions): () => void
  /**
   * The same methods for a webhook or a page that has only the id. A string also finds the number that it spells
   * (`'42'` the operation `42`) if only that one is stored. If both are stored, each method rejects with code
   * `configuration`.
   */
  byId(id: unknown): RecordOperations<Output>
}

export function createOperation<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
): Operation<Input, Output> {
  const name = (id: unknown) => named(context, checkedId(id, definitionPath(context.plan)))
  const on = (input: Input) =>
    whenLoaded<Output>(context, () => name(idOf(definition, input)), {
      payload: async () => {
        const scope = context.scopeNow()
        return storedPart.loaded.payloadOfCall(context, requestGiven(context, definition, input, scope))
      },
    })
  const start = (input: Input, options: CallOptions | undefined, as: 'start' | 'run') =>
    startOperation(context, definition, name, input, { options, as })
  const methods: Operation<Input, Output> = {
    name: definition.name,
    get scope() {
      return context.scopeNow()
    },
    identify: input => name(idOf(definition, input)).liveKey,
    start: (input, options) => start(input, options, 'start'),
    run: (input, options) =>
      performing.now?.dataGiven(() => start(input, options, 'run')) ??
      start(input, options, 'run').settled.then(dataOf<Output>),
    inspect: (input, ...options: []) => on(input).inspect(...options),
    settle: (input, options) => on(input).settle(options),
    resume: (input, options) => on(input).resume(options),
    cancel: (input, options) => on(input).cancel(options),
    conclude: (input, told, options) => on(input).conclude(told, options),
    forget: (input, options) => on(input).forget(options),
    watch: (input, listener, options) => {
      requireListener(listener)
      const told = callOptions(options, ['send', 'signal'], `operation(${definition.name}).watch`)
      requireFlag(told.send, 'watch.send')
      const operation = name(idOf(definition, input))
      return watchWhenLoaded(context.core.engine.runtime, part =>
        part.watchOne(context, operation, listener, told, async () => {
          const { scope } = operation.identity
          return part.payloadOfCall(context, requestGiven(context, definition, input, scope))
        }),
      )
    },
    byId: id => {
      const number = numberSpelled(id)
      const spelled = number === undefined ? undefined : () => name(number)
      return whenLoaded<Output>(context, () => name(id), { spelled })
    },
  }
  const callOf = (input: Input) => {
    const operation = name(idOf(definition, input))
    return {
      operation,
      given: captured(() => givenNow(requestGiven(context, definition, input, operation.identity.scope))),
    }
  }
  return keepInside(methods, {
    client: context.core,
    context,
    callOf,
    withOutcome,
    async comparePayload(input: Input) {
      const { operation, given } = callOf(input)
      const part = await loadedStoredPart()
      return part.comparePayload(context, operation, async () => part.payloadOfCall(context, given()))
    },
  })
}

/** Begins in this very tick if the performing code is loaded, so that two calls in one tick share a run. */
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
    // Null counts as no options: a framework may pass it on.
    signal = callOptions(options ?? undefined, ['signal'], `operation(${definition.name}).${as}`).signal
    operation = name(idOf(definition, input))
  } catch (error) {
    return failedRun(asConfiguration(error, `operation(${definition.name}).id`))
  }
  // The request is built now: if the caller changes its input later, that is another payload.
  const given = () => requestGiven(context, definition, input, operation.identity.scope)
  const part = performing.now
  if (part !== undefined)
    return part.startCall(context, definition, input, { operation, signal, given, waitedMs: 0 })
  const now = captured(() => givenNow(given()))
  return new LateRun<Output>(context, operation, signal, (later, waitedMs) =>
    later.startCall(context, definition, input, { operation, signal, given: now, waitedMs }),
  )
}

function idOf<Input>(
  definition: { readonly name: string; readonly id: (input: Input) => unknown },
  input: Input,
): unknown {
  return called(() => definition.id(input), `operation(${definition.name}).id`)
}

/** The run of a call that identifies no operation: it has ended before anything began. */
function failedRun<Output>(mistake: OperationError): Run<Output> {
  // No record was read, so nothing is claimed about the operation that was meant.
  const { code, message, reason: about, cause } = mistake
  const error = new OperationError({
    code,
    outcome: 'unknown',
    reason: message,
    about,
    cause,
    nothingSent: true,
  })
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
