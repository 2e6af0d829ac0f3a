import { isOpen } from '../core/record/operation-record.ts'
import type { OperationRecord } from '../core/record/operation-record.ts'
import type { Outcome } from '../core/record/outcome.ts'
import type { End } from '../core/run/end.ts'
import { gotWhenOverdue, isOverdue, letsGoWhenOverdue } from '../core/run/overdue.ts'
import type { RunMode, StopRequest } from '../core/run/run-mode.ts'
import type { Engine } from '../engine/engine.ts'
import { Performer } from '../engine/run/performer.ts'
import { tell } from '../guards/listeners.ts'
import type { OperationError } from '../public/errors.ts'
import type { ReportedFields } from '../public/event-listener.ts'
import { beginAdvice, errorOf, withAdvice } from './error-of.ts'
import type { LiveRunInit, Prepared } from './live-run-init.ts'
import type { EndContext, Settled } from './settled.ts'
import { settledFrom } from './settled.ts'
import type { Snapshot } from './snapshot.ts'
import { liveSnapshot } from './snapshot-of.ts'

const NOW = Promise.resolve()
const BEGUN = { type: 'begun' } as const

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
  readonly #init: LiveRunInit
  readonly #startedAt: number
  readonly #startedMs: number
  readonly #deadlineMs: number
  #performer: Performer | undefined
  #stopRequest: StopRequest | undefined
  // Made for the first that watches: most runs are only waited for.
  #listeners: Set<() => void> | undefined
  /** The run's end, once its callers may have it. */
  #told: Settled<Output> | undefined
  // Lists are made with their first entry: one that is pushed into has room for 17.
  #onEnd: ((settled: Settled) => void)[] | undefined
  #isReleased = false
  #onRelease: (() => void)[] | undefined
  #callers = 0
  /** Somebody who may begin the operation has joined. */
  #hasCall = false
  #settled: Settled<Output> | undefined
  /** How it ended in the engine, while only callbacks are waited for: `onConflict`, `response`. */
  #known: End | undefined
  #snapshot: Snapshot<Output> | undefined
  #ready = false
  #cancelWatchdog: (() => void) | undefined
  /** When the watchdog looks, monotonic ms. */
  #dueMs = 0

  constructor(init: LiveRunInit) {
    const { engine, plan, waitedMs = 0 } = init
    this.#init = init
    this.#startedAt = engine.runtime.now() - waitedMs
    this.#startedMs = engine.runtime.monotonic() - waitedMs
    this.#deadlineMs = engine.runtime.monotonic() + plan.settings.deadlineMs - waitedMs
    this.#begin()
    this.#watch()
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

  /** The run is one look of a watch: whoever wants more stops it, and does not join it. */
  get isLook(): boolean {
    return this.#init.look !== undefined
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
    return new Promise(resolve => this.onEnd(resolve))
  }

  /** Calls back with its end; at once where that is known. */
  onEnd(listener: (settled: Settled<Output>) => void): void {
    const told = listener as (settled: Settled) => void
    if (this.#told !== undefined) listener(this.#told)
    else if (this.#onEnd === undefined) this.#onEnd = [told]
    else this.#onEnd.push(told)
  }

  /** Resolves when the run has let go of the operation; never rejects. */
  get released(): Promise<void> {
    return new Promise(resolve => this.onRelease(resolve))
  }

  /** Calls back when the run has let go of the operation; at once where it has. */
  onRelease(listener: () => void): void {
    if (this.#isReleased) listener()
    else if (this.#onRelease === undefined) this.#onRelease = [listener]
    else this.#onRelease.push(listener)
  }

  /** Whether the record has been read: before that, an abort waits for it, to give the outcome. */
  get isReady(): boolean {
    return this.#ready
  }

  /** Whether there was one already. */
  enter(): boolean {
    return this.#callers++ > 0
  }

  /** A caller that may begin the operation counts on it from now on. */
  takeCall(): void {
    this.#hasCall = true
    this.#emit({ type: 'joined' }, this.#init.engine.traceId())
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
  }): OperationError | Promise<OperationError> {
    const advice = this.#performer?.adviceOn(init)
    return withAdvice(this.runtime, () => errorOf({ ...init, advice }, this.#context()))
  }

  /** Something about the run changed. */
  readonly #changed = (): void => {
    this.#snapshot = undefined
    const performer = this.#performer
    if (performer !== undefined && (performer.shown.phase !== 'claiming' || performer.isStoreRead))
      this.#ready = true
    if (performer?.shown.phase === 'waiting') beginAdvice()
    this.#tellListeners()
  }

  #tellListeners(): void {
    if (this.#listeners === undefined) return
    const { listenerFailed } = this.#init.engine
    for (const listener of this.#listeners) tell(listener, 'subscribe', listenerFailed)
  }

  #begin(): void {
    const x = new Performer(this.#init, this.#deadlineMs, this.#changed)
    this.#performer = x
    if (this.#stopRequest !== undefined) x.requestStop(this.#stopRequest)
    const prepared = this.#init.prepare(x)
    // Nothing happens before whoever starts it has it: it begins in a tick of its own.
    if (prepared instanceof Promise) void prepared.then(ready => this.#perform(x, ready))
    else void NOW.then(() => this.#perform(x, prepared))
  }

  #perform(x: Performer, { payload, mistake }: Prepared): void {
    x.payload = payload
    const begun = mistake === undefined ? BEGUN : ({ type: 'mistaken', mistake } as const)
    x.perform(begun, end => this.#performed(x, end, 1))
  }

  #performed(x: Performer, end: End, turn: number): void {
    this.#known = end
    const { retarget } = this.#init
    if (retarget === undefined) this.#give(end)
    else void retarget(x, end, turn).then(next => this.#retargeted(x, next, turn))
  }

  #retargeted(x: Performer, next: End | 'again', turn: number): void {
    // The run has ended meanwhile, because `onConflict` did not come back in time: nothing is begun behind its callers.
    if (this.#settled !== undefined) return this.#over(this.#settled)
    if (next !== 'again') return this.#give(next)
    this.#known = undefined
    x.perform(BEGUN, end => this.#performed(x, end, turn + 1))
  }

  #give(end: End): void {
    this.#known = end
    const settled = settledFrom<Output>(end, this.#context())
    if (settled instanceof Promise) void settled.then(given => this.#over(given))
    else this.#over(settled)
  }

  /** The run has ended, and lets go of the operation. */
  #over(settled: Settled<Output>): void {
    this.#tellEnd(this.#end(settled))
    if (this.#isReleased) return
    this.#isReleased = true
    const listeners = this.#onRelease
    this.#onRelease = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  #tellEnd(settled: Settled<Output>): void {
    if (this.#told !== undefined) return
    this.#told = settled
    const listeners = this.#onEnd
    this.#onEnd = undefined
    if (listeners !== undefined) for (const listener of listeners) listener(settled)
  }

  #end(settled: Settled<Output>): Settled<Output> {
    this.#cancelWatchdog?.()
    if (this.#settled !== undefined) return this.#settled
    const { trace, traceId } = this.#performer ?? {}
    this.#settled = settled
    this.#ready = true
    this.#emit(
      {
        type: 'settled',
        durationMs: this.runtime.monotonic() - this.#startedMs,
        outcome: settled.outcome,
        code: settled.error?.code,
        reason: settled.error?.reason,
        replayed: settled.outcome === 'executed' && settled.replayed,
      },
      trace?.traceId ?? traceId,
    )
    this.#snapshot = undefined
    this.#tellListeners()
    return settled
  }

  #emit(details: ReportedFields, traceId: string | undefined): void {
    const { name, scope, record } = this
    const { engine, operationId } = this.#init
    const trace = this.#performer?.trace
    engine.emit({ name, operationId, scope, key: record?.key, traceId, trace }, details)
  }

  get #remainingMs(): number {
    return (this.#performer?.deadlineMs ?? this.#deadlineMs) - this.runtime.monotonic()
  }

  /** A store or a callback that never comes back must not keep callers past their deadline (P6). */
  #watch(): void {
    const { runtime } = this
    this.#cancelWatchdog?.()
    this.#dueMs = runtime.monotonic() + this.patienceMs
    this.#cancelWatchdog = runtime.watchdog(this.patienceMs, () => this.look())
  }

  /** How long until it is overdue. Whole, so that runs of one deadline have one delay, and share a timer. */
  get patienceMs(): number {
    return Math.ceil(Math.max(0, this.#remainingMs) + this.#init.plan.settings.timeoutMs)
  }

  /** Whether it is overdue: then its callers get what is known. */
  look(): void {
    const { timeoutMs } = this.#init.plan.settings
    const lateMs = this.runtime.monotonic() - this.#dueMs
    if (!isOverdue({ remainingMs: this.#remainingMs, lateMs, timeoutMs })) return this.#watch()
    void this.#overdue().then(settled => {
      if (letsGoWhenOverdue({ ended: this.#known })) this.#over(settled)
      else this.#tellEnd(this.#end(settled))
    })
  }

  async #overdue(): Promise<Settled<Output>> {
    const what = gotWhenOverdue({ ended: this.#known, proven: this.#performer?.provenEnd })
    switch (what.gets) {
      case 'success-without-result':
        return this.#withoutItsResult(what.replayed)
      case 'end':
        return settledFrom<Output>(what.end, this.#context())
      case 'success':
        return Promise.race([settledFrom<Output>(what.end, this.#context()), this.#withoutItsResult(false)])
      case 'unknown': {
        const { reason } = what
        const error = await this.error({ code: 'store-failed', outcome: 'unknown', reason })
        return { outcome: 'unknown', error }
      }
      default:
        return what satisfies never
    }
  }

  /** The schema is a callback too. */
  async #withoutItsResult(replayed: boolean): Promise<Settled<Output>> {
    const reason = 'the deadline has passed, and `response` has not come back'
    await new Promise<void>(resolve => {
      this.#cancelWatchdog = this.runtime.after(this.#init.plan.settings.timeoutMs, resolve)
    })
    const error = await this.error({ code: 'response-invalid', outcome: 'executed', reason })
    return { outcome: 'executed', data: undefined, replayed, error }
  }

  #context(): EndContext {
    const { operationId, schema, engine, plan } = this.#init
    const isUntouched = plan.verdict === undefined && plan.status === undefined
    const { parseJson } = engine.transport
    const { record, lastAnswer: answer } = this.#performer ?? {}
    const { honoursKeys } = plan.settings.profile
    const { keepResponseHeaders } = plan
    const about = { operationId, runtime: engine.runtime, schema, honoursKeys, record }
    return { ...about, answer, keepResponseHeaders, isUntouched, parseJson }
  }

  #view(): Snapshot<Output> {
    const { id, name, scope, outcome } = this
    const about = { id, name, scope, outcome, startedAt: this.#startedAt }
    return liveSnapshot<Output>(about, this.#performer, this.#settled)
  }
}
