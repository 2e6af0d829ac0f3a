import { hearThrown } from '../guards/synchronous.ts'
import { requireListener, tell } from '../guards/listeners.ts'
import type { OperationErrorInit } from '../public/errors.ts'
import { OperationError } from '../public/errors.ts'
import { dataOf } from './data-of.ts'
import type { Run } from './join-run.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { notLoaded, performing } from './performing-part.ts'
import type { Settled } from './settled.ts'
import type { Snapshot } from './snapshot.ts'
import { blankSnapshot } from './snapshot.ts'

/** How long an abort waits for the code that could find out the outcome, ms. After that the outcome is `unknown`. */
const PATIENCE_MS = 1_000

type Begin<Output> = (part: typeof performing.loaded, waitedMs: number) => Run<Output>
type Listening = { readonly listener: () => void; end: (() => void) | undefined }

/**
 * A call that was made before the performing code was loaded. It begins as soon as that code is there, and represents
 * its run from then on. A call that has ended by then (given up, or past its deadline) never begins.
 */
export class LateRun<Output> implements Run<Output> {
  readonly id: unknown
  readonly settled: Promise<Settled<Output>>
  readonly #context: OperationContext
  readonly #operation: Named
  readonly #signal: AbortSignal | undefined
  readonly #startedAt: number
  readonly #listening = new Set<Listening>()
  #run: Run<Output> | undefined
  #snapshot: Snapshot<Output>
  #isOver = false
  #result: Promise<Output> | undefined
  #aborted: { readonly reason: unknown } | undefined
  #end: (settled: Settled<Output> | Promise<Settled<Output>>) => void = () => {}
  #cancelTimer: () => void

  constructor(
    context: OperationContext,
    operation: Named,
    signal: AbortSignal | undefined,
    begin: Begin<Output>,
  ) {
    const { core, plan } = context
    const { runtime } = core.engine
    const calledMs = runtime.monotonic()
    this.id = operation.identity.id
    this.#context = context
    this.#operation = operation
    this.#signal = signal
    this.#startedAt = runtime.now()
    this.#snapshot = this.#blank(undefined)
    this.settled = new Promise(resolve => (this.#end = resolve))
    const { deadlineMs, timeoutMs } = plan.settings
    const giveUp = (cause: unknown) => this.#over(notLoaded(cause))
    this.#cancelTimer = runtime.after(deadlineMs + timeoutMs, () => giveUp(undefined))
    core.late.add(this)
    signal?.addEventListener('abort', this.#onSignal)
    if (signal?.aborted === true) this.#onSignal()
    performing
      .load()
      .then(part => {
        if (!this.#isOver) this.#begun(begin(part, runtime.monotonic() - calledMs))
      })
      .catch(giveUp)
  }

  get snapshot(): Snapshot<Output> {
    return this.#run?.snapshot ?? this.#snapshot
  }

  get result(): Promise<Output> {
    if (this.#result === undefined) {
      this.#result = this.settled.then(dataOf<Output>)
      this.#result.catch(() => {})
    }
    return this.#result
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    requireListener(listener)
    if (this.#run !== undefined) return this.#run.subscribe(listener)
    const own: Listening = { listener, end: undefined }
    this.#listening.add(own)
    return () => {
      this.#listening.delete(own)
      own.end?.()
    }
  }

  readonly abort = (reason?: unknown): void => {
    hearThrown(reason)
    if (this.#run !== undefined) return this.#run.abort(reason)
    if (this.#isOver || this.#aborted !== undefined) return
    this.#aborted = { reason }
    this.#cancelTimer()
    const aborted: OperationErrorInit = {
      code: 'aborted',
      outcome: 'unknown',
      reason: 'the caller aborted',
      cause: reason,
      help: 'Call `settle` to find out, or `run` to go on.',
    }
    this.#cancelTimer = this.#context.core.engine.runtime.after(PATIENCE_MS, () => this.#over(aborted))
  }

  readonly #onSignal = () => this.abort(this.#signal?.reason)

  #begun(run: Run<Output>): void {
    this.#leave()
    this.#run = run
    for (const own of this.#listening) own.end = run.subscribe(own.listener)
    this.#end(run.settled)
    if (this.#aborted !== undefined) run.abort(this.#aborted.reason)
  }

  #over(init: OperationErrorInit): void {
    if (this.#isOver || this.#run !== undefined) return
    this.#isOver = true
    this.#leave()
    const { engine } = this.#context.core
    const { identity, operationId } = this.#operation
    const error = new OperationError({ ...init, operationId })
    this.#snapshot = this.#blank(error)
    const durationMs = Math.max(0, engine.runtime.now() - this.#startedAt)
    engine.emit(
      { name: identity.name, operationId, scope: identity.scope, key: undefined },
      {
        type: 'settled',
        outcome: 'unknown',
        code: error.code,
        reason: error.reason,
        replayed: false,
        durationMs,
      },
    )
    for (const { listener } of this.#listening) tell(listener, 'subscribe', engine.listenerFailed)
    this.#end({ outcome: 'unknown', error })
  }

  /** Ends the waiting for code. */
  #leave(): void {
    this.#cancelTimer()
    this.#signal?.removeEventListener('abort', this.#onSignal)
    this.#context.core.late.delete(this)
  }

  #blank(error: OperationError | undefined): Snapshot<Output> {
    const { id, name, scope } = this.#operation.identity
    const startedAt = this.#startedAt
    return Object.freeze({ ...blankSnapshot(id, error), name, scope, generation: 1, startedAt })
  }
}
