import { isOpen } from '../core/record/operation-record.ts'
import type { Outcome } from '../core/record/outcome.ts'
import type { End } from '../engine/run/end.ts'
import type { RunContext, StopRequest } from '../engine/run/run-context.ts'
import { tell } from '../guards/listeners.ts'
import type { OperationError } from '../public/errors.ts'
import type { EndContext, Settled } from './settled.ts'
import { errorOf } from '../public/errors.ts'
import { notLoaded, performing } from './performing-part.ts'
import type { Snapshot } from './snapshot.ts'
import { snapshotOf } from './snapshot.ts'
import type { StandardSchema } from '../public/standard-schema.ts'

/** What a run does before and between its settling. */
export type RunWork = {
  readonly prepare: (x: RunContext) => Promise<End | undefined>
  readonly retarget: ((x: RunContext, end: End, turn: number) => Promise<End | 'again'>) | undefined
}

/*
 * One live run of an operation in this process, and its callers.
 *
 *   preparing --> running --> ended
 *
 * Callers join synchronously and leave alone: each has its own signal. When the last one has left, the run
 * is asked to stop; it is `leaving` then and cannot be joined, and whoever comes waits for its release. What
 * is in the air is still read in the background, for what it proves.
 */
export class LiveRun<Output> {
  readonly execution: RunContext
  /** Resolves when the run has let go of the operation; never rejects. */
  readonly released: Promise<void>
  readonly #schema: StandardSchema | undefined
  // Made for the first that watches: most runs are only waited for.
  #listeners: Set<() => void> | undefined
  readonly #ended: Promise<Settled<Output>>
  #callers = 0
  /** Somebody who may begin the operation has joined. */
  #hasCall = false
  #settled: Settled<Output> | undefined
  /** How it ended in the engine, while only callbacks are left to be heard: `onConflict`, `response`. */
  #known: End | undefined
  #snapshot: Snapshot<Output> | undefined
  #ready = false
  #cancelWatchdog = () => {}

  constructor(execution: RunContext, schema: StandardSchema | undefined, work: RunWork) {
    this.execution = execution
    this.#schema = schema
    let end: (settled: Settled<Output>) => void = () => {}
    this.#ended = new Promise(resolve => (end = resolve))
    this.released = new Promise(resolve => {
      const over = (settled: Settled<Output>) => {
        end(settled)
        resolve()
      }
      void this.#perform(work).then(over)
      // A store that has not come back may still write: only its own end lets go of the operation then.
      this.#watch(settled => (this.#known === undefined ? end : over)(settled))
    })
  }

  /** Whether new callers may join. */
  get isJoinable(): boolean {
    return this.#settled === undefined && this.execution.stopRequest === undefined
  }

  /**
   * Whether it performs the operation for whoever joins. One that was taken up does so while it has something to
   * send (what only asks never has) for a record that is open: before that it may still find an end that is not
   * this caller's. Once a call has joined it, it performs that call.
   */
  get isPerforming(): boolean {
    const { mode, payload, record } = this.execution
    return (
      mode === 'run' || this.#hasCall || (payload !== undefined && record !== undefined && isOpen(record))
    )
  }

  get isOver(): boolean {
    return this.#settled !== undefined
  }

  get settled(): Promise<Settled<Output>> {
    return this.#ended
  }

  /** Whether the record has been read: before that, an abort waits for it, to tell the outcome. */
  get isReady(): boolean {
    return this.#ready
  }

  enter(): void {
    this.#callers++
  }

  /** A caller that may begin the operation counts on it from now on. */
  takeCall(): void {
    this.#hasCall = true
  }

  /** A caller leaves; the last one takes the run with it. */
  leave(): void {
    this.#callers--
    if (this.#callers <= 0 && !this.isOver) this.execution.requestStop('aborted')
  }

  stop(request: StopRequest): void {
    this.execution.requestStop(request)
  }

  get snapshot(): Snapshot<Output> {
    this.#snapshot ??= this.#view()
    return this.#snapshot
  }

  subscribe(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners ??= new Set()
    this.#listeners.add(own)
    return () => this.#listeners?.delete(own)
  }

  /** Something about the execution changed. */
  readonly changed = (): void => {
    this.#snapshot = undefined
    if (this.execution.phase !== 'claiming' || this.execution.storeTold) this.#ready = true
    const { listenerFailed } = this.execution.engine
    for (const listener of this.#listeners ?? []) tell(listener, 'subscribe', listenerFailed)
  }

  error(init: {
    code: OperationError['code']
    outcome: Outcome
    reason: string
    cause?: unknown
  }): OperationError {
    return errorOf(init, this.#context())
  }

  async #perform(work: RunWork): Promise<Settled<Output>> {
    const x = this.execution
    const part = performing.now ?? (await this.#loaded())
    if ('error' in part) return this.#end(part)
    const { settle, settledFrom } = part
    let end = (await work.prepare(x)) ?? (await settle(x))
    for (let turn = 1; work.retarget !== undefined; turn++) {
      this.#known = end
      const next = await work.retarget(x, end, turn)
      // Told meanwhile, because `onConflict` did not come back in time: nothing is begun behind its callers.
      if (this.#settled !== undefined) return this.#settled
      if (next !== 'again') {
        end = next
        break
      }
      this.#known = undefined
      end = await settle(x)
    }
    this.#known = end
    return this.#end(await settledFrom<Output>(end, this.#context()))
  }

  async #loaded(): Promise<typeof performing.loaded | Extract<Settled<Output>, { outcome: 'unknown' }>> {
    try {
      return await performing.load()
    } catch (cause) {
      return { outcome: 'unknown', error: this.error(notLoaded(cause)) }
    }
  }

  #end(settled: Settled<Output>): Settled<Output> {
    this.#cancelWatchdog()
    if (this.#settled !== undefined) return this.#settled
    const x = this.execution
    this.#settled = settled
    this.#ready = true
    x.emit({
      type: 'settled',
      outcome: settled.outcome,
      code: settled.error?.code,
      replayed: settled.outcome === 'executed' && settled.replayed,
    })
    x.enter('settled')
    return settled
  }

  /** A store or a callback that never comes back must not keep callers past their deadline (P6). */
  #watch(end: (settled: Settled<Output>) => void): void {
    const x = this.execution
    const { runtime } = x.engine
    let dueMs = 0
    const look = () => {
      // Woken from sleep, the run has not had its turn yet: it is given time to end by itself.
      const overslept = runtime.monotonic() > dueMs + x.plan.settings.timeoutMs
      if (x.remainingMs > 0 || overslept) return arm()
      return void this.#overdue().then(settled => end(this.#end(settled)))
    }
    const arm = () => {
      const delayMs = Math.max(0, x.remainingMs) + x.plan.settings.timeoutMs
      dueMs = runtime.monotonic() + delayMs
      this.#cancelWatchdog = runtime.after(delayMs, look)
    }
    arm()
  }

  /** A success that is known by now is given, whatever holds the run up. */
  async #overdue(): Promise<Settled<Output>> {
    const x = this.execution
    if (this.#known?.kind === 'executed') return this.#withoutItsResult(this.#known.replayed)
    if (this.#known !== undefined) return performing.loaded.settledFrom<Output>(this.#known, this.#context())
    const reason = 'the deadline has passed, and the store or a callback has not come back'
    // What another run stored may be another payload's: that is for the run's own end to look at.
    if (!x.isProven)
      return { outcome: 'unknown', error: this.error({ code: 'store-failed', outcome: 'unknown', reason }) }
    const { settledEnd, settledFrom } = performing.loaded
    return Promise.race([settledFrom<Output>(settledEnd(x), this.#context()), this.#withoutItsResult(false)])
  }

  /** The schema is a callback too. */
  #withoutItsResult(replayed: boolean): Promise<Settled<Output>> {
    const { runtime } = this.execution.engine
    const reason = 'the deadline has passed, and `response` has not come back'
    return new Promise(resolve => {
      this.#cancelWatchdog = runtime.after(this.execution.plan.settings.timeoutMs, () =>
        resolve({
          outcome: 'executed',
          data: undefined,
          replayed,
          error: this.error({ code: 'response-invalid', outcome: 'executed', reason }),
        }),
      )
    })
  }

  #context(): EndContext {
    const { operationId, lastAnswer, record } = this.execution
    const { parseJson } = this.execution.engine.transport
    return { operationId, schema: this.#schema, answer: lastAnswer, record, parseJson }
  }

  #view(): Snapshot<Output> {
    const x = this.execution
    const stored = x.record === undefined ? undefined : snapshotOf(x.record)
    const settled = this.#settled
    return Object.freeze({
      id: x.identity.id,
      name: x.plan.name,
      generation: stored?.generation ?? 1,
      key: stored?.key,
      state: stored?.state,
      phase: x.phase,
      attempts: stored?.attempts ?? 0,
      polls: x.progress.asks,
      startedAt: stored?.startedAt ?? x.startedAt,
      retryAt: settled?.error?.retryAt ?? x.retryAt,
      data: settled?.outcome === 'executed' ? settled.data : undefined,
      error: settled?.error,
      outcome: settled?.outcome ?? x.outcome,
      replayed: settled?.outcome === 'executed' && settled.replayed,
    })
  }
}
