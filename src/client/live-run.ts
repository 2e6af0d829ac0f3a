import { isOpen } from '../core/record/operation-record.ts'
import type { OperationRecord } from '../core/record/operation-record.ts'
import type { Outcome } from '../core/record/outcome.ts'
import type { End } from '../core/run/end.ts'
import type { RunMode, StopRequest } from '../core/run/run-mode.ts'
import type { Engine } from '../engine/engine.ts'
import type { Plan } from '../engine/plan.ts'
import type { Payload } from '../engine/request/payload.ts'
import type { Performer } from '../engine/run/performer.ts'
import type { Identity, Journal } from '../engine/stored/journal.ts'
import { tell } from '../guards/listeners.ts'
import type { OperationError } from '../public/errors.ts'
import { errorOf } from '../public/errors.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import { notLoaded, performing } from './performing-part.ts'
import type { EndContext, Settled } from './settled.ts'
import type { Snapshot } from './snapshot.ts'
import { snapshotOf } from './snapshot.ts'

/** What a run is given before it begins: its request, or the mistake with which it ends, or neither. */
export type Prepared = {
  readonly payload?: Payload | undefined
  readonly mistake?: OperationError | undefined
}

export type LiveRunInit = {
  readonly engine: Engine
  readonly plan: Plan
  readonly identity: Identity
  readonly operationId: string
  readonly mode: RunMode
  readonly schema: StandardSchema | undefined
  /** Who is logged in now; throws where nobody is. */
  readonly scopeNow: () => string
  readonly openJournal: () => Journal
  /** Makes the request ready. Never rejects. */
  readonly prepare: (x: Performer) => Promise<Prepared>
  /** After a proven conflict: whether the run goes on with another payload. Never rejects. */
  readonly retarget: ((x: Performer, end: End, turn: number) => Promise<End | 'again'>) | undefined
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
  /** Resolves when the run has let go of the operation; never rejects. */
  readonly released: Promise<void>
  readonly #init: LiveRunInit
  readonly #startedAt: number
  readonly #deadlineMs: number
  /** Once the part that performs runs is loaded. */
  #performer: Performer | undefined
  #stopRequest: StopRequest | undefined
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

  constructor(init: LiveRunInit) {
    const { runtime } = init.engine
    this.#init = init
    this.#startedAt = runtime.now()
    this.#deadlineMs = runtime.monotonic() + init.plan.settings.deadlineMs
    let end: (settled: Settled<Output>) => void = () => {}
    this.#ended = new Promise(resolve => (end = resolve))
    this.released = new Promise(resolve => {
      const over = (settled: Settled<Output>) => {
        end(settled)
        resolve()
      }
      void this.#perform().then(over)
      // A store that has not come back may still write: only its own end lets go of the operation then.
      this.#watch(settled => (this.#known === undefined ? end : over)(settled))
    })
  }

  get id(): unknown {
    return this.#init.identity.id
  }

  get scope(): string {
    return this.#init.identity.scope
  }

  get name(): string {
    return this.#init.plan.name
  }

  get mode(): RunMode {
    return this.#init.mode
  }

  get runtime(): Engine['runtime'] {
    return this.#init.engine.runtime
  }

  get stopRequest(): StopRequest | undefined {
    return this.#stopRequest
  }

  /** The record that the run is about, as it knows the record. */
  get record(): OperationRecord | undefined {
    return this.#performer?.record
  }

  /** What is known of the operation, whatever this run is about. */
  get outcome(): Outcome {
    return this.#performer?.outcome ?? 'unknown'
  }

  /** Of what the run is about, where that is known by now. */
  get fingerprint(): string | undefined {
    return this.#performer?.payload?.fingerprint ?? this.record?.fingerprint
  }

  /** Whether new callers may join. */
  get isJoinable(): boolean {
    return this.#settled === undefined && this.#stopRequest === undefined
  }

  /**
   * Whether it performs the operation for whoever joins. One that was taken up does so while it has something to
   * send (what only asks never has) for a record that is open: before that it may still find an end that is not
   * this caller's. Once a call has joined it, it performs that call.
   */
  get isPerforming(): boolean {
    const record = this.record
    return (
      this.mode === 'run' ||
      this.#hasCall ||
      (this.#performer?.payload !== undefined && record !== undefined && isOpen(record))
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
    const { engine, plan, operationId } = this.#init
    engine.emit({ name: plan.name, operationId, key: this.record?.key }, { type: 'joined' })
  }

  /** A caller leaves; the last one takes the run with it. */
  leave(): void {
    this.#callers--
    if (this.#callers <= 0 && !this.isOver) this.stop('aborted')
  }

  stop(request: StopRequest): void {
    this.#stopRequest ??= request
    this.#performer?.requestStop(request)
  }

  /** Somebody in this process wrote the record: the run reads it anew at its next step. */
  lookAgain(): void {
    this.#performer?.lookAgain()
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

  error(init: {
    code: OperationError['code']
    outcome: Outcome
    reason: string
    cause?: unknown
  }): OperationError {
    return errorOf(init, this.#context())
  }

  /** Something about the run changed. */
  readonly #changed = (): void => {
    this.#snapshot = undefined
    const performer = this.#performer
    if (performer !== undefined && (performer.phase !== 'claiming' || performer.isStoreTold))
      this.#ready = true
    this.#tellListeners()
  }

  #tellListeners(): void {
    const { listenerFailed } = this.#init.engine
    for (const listener of this.#listeners ?? []) tell(listener, 'subscribe', listenerFailed)
  }

  async #perform(): Promise<Settled<Output>> {
    const part = performing.now ?? (await this.#loaded())
    if ('error' in part) return this.#end(part)
    const { Performer: Own, settledFrom } = part
    const x = new Own({ ...this.#init, deadlineMs: this.#deadlineMs, onChange: this.#changed })
    this.#performer = x
    if (this.#stopRequest !== undefined) x.requestStop(this.#stopRequest)
    const { payload, mistake } = await this.#init.prepare(x)
    x.payload = payload
    let end = await x.perform(mistake === undefined ? { type: 'begun' } : { type: 'mistaken', mistake })
    const { retarget } = this.#init
    for (let turn = 1; retarget !== undefined; turn++) {
      this.#known = end
      const next = await retarget(x, end, turn)
      // Told meanwhile, because `onConflict` did not come back in time: nothing is begun behind its callers.
      if (this.#settled !== undefined) return this.#settled
      if (next !== 'again') {
        end = next
        break
      }
      this.#known = undefined
      end = await x.perform()
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
    const { engine, plan, operationId } = this.#init
    this.#settled = settled
    this.#ready = true
    engine.emit(
      { name: plan.name, operationId, key: this.record?.key },
      {
        type: 'settled',
        outcome: settled.outcome,
        code: settled.error?.code,
        replayed: settled.outcome === 'executed' && settled.replayed,
      },
    )
    this.#snapshot = undefined
    this.#tellListeners()
    return settled
  }

  get #remainingMs(): number {
    return (this.#performer?.deadlineMs ?? this.#deadlineMs) - this.runtime.monotonic()
  }

  /** A store or a callback that never comes back must not keep callers past their deadline (P6). */
  #watch(end: (settled: Settled<Output>) => void): void {
    const { runtime } = this
    const { timeoutMs } = this.#init.plan.settings
    let dueMs = 0
    const look = () => {
      // Woken from sleep, the run has not had its turn yet: it is given time to end by itself.
      const overslept = runtime.monotonic() > dueMs + timeoutMs
      if (this.#remainingMs > 0 || overslept) return arm()
      return void this.#overdue().then(settled => end(this.#end(settled)))
    }
    const arm = () => {
      const delayMs = Math.max(0, this.#remainingMs) + timeoutMs
      dueMs = runtime.monotonic() + delayMs
      this.#cancelWatchdog = runtime.after(delayMs, look)
    }
    arm()
  }

  /** A success that is known by now is given, whatever holds the run up. */
  async #overdue(): Promise<Settled<Output>> {
    if (this.#known?.kind === 'executed') return this.#withoutItsResult(this.#known.replayed)
    if (this.#known !== undefined) return performing.loaded.settledFrom<Output>(this.#known, this.#context())
    const reason = 'the deadline has passed, and the store or a callback has not come back'
    const proven = this.#performer?.provenEnd
    // What another run stored may be another payload's: that is for the run's own end to look at.
    if (proven === undefined)
      return { outcome: 'unknown', error: this.error({ code: 'store-failed', outcome: 'unknown', reason }) }
    const { settledFrom } = performing.loaded
    return Promise.race([settledFrom<Output>(proven, this.#context()), this.#withoutItsResult(false)])
  }

  /** The schema is a callback too. */
  #withoutItsResult(replayed: boolean): Promise<Settled<Output>> {
    const reason = 'the deadline has passed, and `response` has not come back'
    return new Promise(resolve => {
      this.#cancelWatchdog = this.runtime.after(this.#init.plan.settings.timeoutMs, () =>
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
    const { operationId, schema, engine } = this.#init
    const { parseJson } = engine.transport
    const { record, lastAnswer } = this.#performer ?? {}
    return { operationId, schema, answer: lastAnswer, record, parseJson }
  }

  #view(): Snapshot<Output> {
    const x = this.#performer
    const stored = x?.record === undefined ? undefined : snapshotOf(x.record)
    const settled = this.#settled
    return Object.freeze({
      id: this.id,
      name: this.name,
      generation: stored?.generation ?? 1,
      key: stored?.key,
      state: stored?.state,
      phase: settled === undefined ? (x?.phase ?? 'claiming') : 'settled',
      attempts: stored?.attempts ?? 0,
      polls: x?.progress.asks ?? 0,
      startedAt: stored?.startedAt ?? this.#startedAt,
      retryAt: settled?.error?.retryAt ?? x?.retryAt,
      data: settled?.outcome === 'executed' ? settled.data : undefined,
      error: settled?.error,
      outcome: settled?.outcome ?? this.outcome,
      replayed: settled?.outcome === 'executed' && settled.replayed,
    })
  }
}
