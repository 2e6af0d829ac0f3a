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
 * Callers join synchronously and leave independently: each has its own signal. When the last caller has left, the run
 * is asked to stop. It is then `leaving`: nobody can join it, and a new caller waits for its release. Responses to
 * requests already sent are still read in the background, for what they prove.
 */
export class LiveRun<Output> {
  readonly #init: LiveRunInit
  readonly #startedAt: number
  readonly #startedMs: number
  readonly #deadlineMs: number
  #performer: Performer | undefined
  #stopRequest: StopRequest | undefined
  // Created for the first listener: most runs are only awaited.
  #listeners: Set<() => void> | undefined
  /** The run's end, once callers may have it. */
  #told: Settled<Output> | undefined
  // Arrays are created with their first entry: an array that is pushed into has room for 17.
  #onEnd: ((settled: Settled) => void)[] | undefined
  #isReleased = false
  #onRelease: (() => void)[] | undefined
  #callers = 0
  /** A caller that may begin the operation has joined. */
  #hasCall = false
  #settled: Settled<Output> | undefined
  /** How the run ended in the engine, set while only callbacks are awaited: `onConflict`, `response`. */
  #known: End | undefined
  #snapshot: Snapshot<Output> | undefined
  #ready = false
  #cancelWatchdog: (() => void) | undefined
  /** When the watchdog checks next, monotonic ms. */
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

  /** Whether the run is one look of a watch. A caller that wants more stops such a run instead of joining it. */
  get isLook(): boolean {
    return this.#init.look !== undefined
  }

  get runtime(): Engine['runtime'] {
    return this.#init.engine.runtime
  }

  get stopRequest(): StopRequest | undefined {
    return this.#stopRequest
  }

  /** The operation's record, as this run knows it. */
  get record(): OperationRecord | undefined {
    return this.#performer?.record
  }

  /** What is known of the operation, whatever this run is doing. */
  get outcome(): Outcome {
    return this.#performer?.outcome ?? 'unknown'
  }

  /** The fingerprint of the run's payload or else of its record, if known yet. */
  get fingerprint(): string | undefined {
    return this.#performer?.payload?.fingerprint ?? this.record?.fingerprint
  }

  /** Whether new callers may join. */
  get isJoinable(): boolean {
    return this.#settled === undefined && this.#stopRequest === undefined
  }

  /**
   * Whether the run performs the operation for callers that join. A run that took up a stored operation does so while
   * it has something to send (a run that only asks never has) and the record is open: before that, it may still find an
   * end that is not this caller's. Once a call has joined the run, it performs that call.
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

  /** Calls the listener with the run's end, at once if it is known. */
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

  /** Calls the listener when the run has let go of the operation, at once if it already has. */
  onRelease(listener: () => void): void {
    if (this.#isReleased) listener()
    else if (this.#onRelease === undefined) this.#onRelease = [listener]
    else this.#onRelease.push(listener)
  }

  /** Whether the record has been read. Before that, an abort waits so that it can report the outcome. */
  get isReady(): boolean {
    return this.#ready
  }

  /** Adds a caller. Returns whether there was one already. */
  enter(): boolean {
    return this.#callers++ > 0
  }

  /** Notes that a caller which may begin the operation relies on this run from now on. */
  takeCall(): void {
    this.#hasCall = true
    this.#emit({ type: 'joined' }, this.#init.engine.traceId())
  }

  /** Removes a caller. The last one to leave stops the run. */
  leave(): void {
    this.#callers--
    if (this.#callers <= 0 && !this.isOver) this.stop('aborted')
  }

  stop(request: StopRequest): void {
    this.#stopRequest ??= request
    this.#performer?.requestStop(request)
  }

  /** Makes the run read the record again at its next step, because something in this process wrote it. */
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

  /** Called when something about the run has changed. */
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
    // The run begins in a tick of its own, so that its starter has it before anything happens.
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
    // The run has ended meanwhile, because `onConflict` did not return in time: nothing begins without its callers
    // knowing.
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

  /** Ends the run and lets go of the operation. */
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

  /** Starts the watchdog: a store or callback that never returns must not keep callers past their deadline (P6). */
  #watch(): void {
    const { runtime } = this
    this.#cancelWatchdog?.()
    this.#dueMs = runtime.monotonic() + this.patienceMs
    this.#cancelWatchdog = runtime.watchdog(this.patienceMs, () => this.look())
  }

  /**
   * How long until the run is overdue. A whole number of ms, so that runs with the same deadline have the same delay
   * and share a timer.
   */
  get patienceMs(): number {
    return Math.ceil(Math.max(0, this.#remainingMs) + this.#init.plan.settings.timeoutMs)
  }

  /** Checks whether the run is overdue. If so, its callers get what is known. */
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

  /** Waits one more timeout for the schema, which is a callback too, then gives the success without its result. */
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
    const { keepResponseHeaders, givesAnswers } = plan
    const about = { operationId, runtime: engine.runtime, schema, honoursKeys, givesAnswers, record }
    return { ...about, answer, keepResponseHeaders, isUntouched, parseJson }
  }

  #view(): Snapshot<Output> {
    const { id, name, scope, outcome } = this
    const about = { id, name, scope, outcome, startedAt: this.#startedAt }
    return liveSnapshot<Output>(about, this.#performer, this.#settled)
  }
}
