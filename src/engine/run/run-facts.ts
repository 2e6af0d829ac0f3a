import { serverClocksOf } from '../server-memory.ts'
import { carriageOf } from '../../core/record/key-carriage.ts'
import type { HorizonPolicy } from '../../core/record/horizon-margin.ts'
import { rememberedMs } from '../../core/record/horizon-margin.ts'
import type { Clocks } from '../../core/record/key-horizon.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import type { Identity } from '../../core/record/record-of.ts'
import type { TargetFault } from '../../core/record/target-fault.ts'
import { targetFault } from '../../core/record/target-fault.ts'
import type { ClockReading } from '../../core/record/server-clock.ts'
import {
  lastToldNowAt,
  leastServerNowAt,
  serverNowAt,
  serverTimeAt,
  setBackMs,
} from '../../core/record/server-clock.ts'
import type { Progress } from '../../core/run/run-progress.ts'
import type { StopRequest } from '../../core/run/run-mode.ts'
import type { EventFields, ReportedFields } from '../../public/event-listener.ts'
import type { RunTrace } from '../../public/run-trace.ts'
import { Cue } from '../../runtime/cue.ts'
import type { Engine } from '../engine.ts'
import type { Plan } from '../plan.ts'
import type { Payload } from '../request/payload.ts'
import { isStillIn } from './still-in.ts'

export type RunFactsInit = {
  readonly engine: Engine
  readonly plan: Plan
  readonly identity: Identity
  readonly operationId: string
  /** The scope of whoever is logged in now; throws if nobody is. */
  readonly scopeNow: () => string
}

/** Attempts count from 1, so the entry for asks comes before theirs. */
export const ASK = 0

/** Cached, because most runs have the user and the origin of the previous run. */
let lastSpender: { readonly origin: string; readonly scope: string; readonly spender: string } | undefined

/** Clocks while no server has given its time. */
const UNTOLD: Omit<Clocks, 'nowAt' | 'readingAt'> = {
  serverNowAt: undefined,
  leastServerNowAt: undefined,
  lastToldNowAt: undefined,
  setBackMs: 0,
  firstSentServerAt: undefined,
}

/**
 * The facts that sending and asking for one operation need: its scope, the time, the state of the record. Nothing here
 * changes the operation.
 */
export abstract class RunFacts {
  readonly engine: Engine
  readonly plan: Plan
  readonly identity: Identity
  readonly operationId: string
  readonly scopeNow: () => string
  /** The request to send; undefined if the run has none. */
  payload: Payload | undefined
  /** When this run began: epoch ms, monotonic ms. */
  readonly startedAt: number
  readonly startedMs: number
  /** The trace id of the call that began the run. */
  readonly traceId: string | undefined
  /** The trace of the run; a look of a watch has none. */
  trace: RunTrace | undefined
  /** When each attempt and the last ask were sent, monotonic ms. Created for the first one. */
  #leftMs: number[] | undefined
  abstract readonly record: OperationRecord | undefined
  abstract readonly progress: Progress
  /** What may be said about the operation now. */
  abstract readonly outcome: Outcome
  abstract readonly stopRequest: StopRequest | undefined
  /** Monotonic ms. */
  abstract readonly deadlineMs: number
  // Created for the first wait: most runs end without one.
  #stopCue: Cue | undefined

  constructor({ engine, plan, identity, operationId, scopeNow }: RunFactsInit) {
    this.engine = engine
    this.plan = plan
    this.identity = identity
    this.operationId = operationId
    this.scopeNow = scopeNow
    this.startedAt = engine.runtime.now()
    this.startedMs = engine.runtime.monotonic()
    this.traceId = engine.traceId()
  }

  /** Fires when the run is asked to stop. */
  get stopCue(): Cue {
    if (this.#stopCue === undefined) {
      this.#stopCue = new Cue()
      if (this.stopRequest !== undefined) this.#stopCue.fire()
    }
    return this.#stopCue
  }

  protected cueStop(): void {
    this.#stopCue?.fire()
  }

  get remainingMs(): number {
    return this.deadlineMs - this.engine.runtime.monotonic()
  }

  /** The values of both local clocks now. */
  get reading(): ClockReading {
    const { runtime } = this.engine
    return { nowAt: runtime.now(), monotonicMs: runtime.monotonic() }
  }

  /** The later of both clocks since this run began, so that a wall clock that was set back hides no time. */
  get nowAt(): number {
    const { runtime } = this.engine
    return Math.max(runtime.now(), this.startedAt + runtime.monotonic() - this.startedMs)
  }

  /** Whether the operation's user is still logged in. */
  get isSameScope(): boolean {
    return isStillIn(this.identity.scope, this.scopeNow)
  }

  /** The account in use now. `account` may be a function, so it is called each time. Undefined if it threw. */
  get account(): string | undefined {
    try {
      return this.engine.account(this.identity.scope)
    } catch {
      return undefined
    }
  }

  /** When this process first sent the key, if nobody had sent it before. */
  get firstSend(): ClockReading | undefined {
    return serverClocksOf(this.engine).firstSend(this.record?.key)
  }

  /** The clocks now, from which a key's age follows. */
  get clocks(): Clocks {
    return this.clocksAt(this.reading, this.nowAt)
  }

  /**
   * The same at another moment. `runNowAt` is the later of both clocks since the run began; if an earlier run of this
   * process first sent the key, what the monotonic clock counted since then counts too.
   */
  clocksAt(reading: ClockReading, runNowAt: number): Clocks {
    const known = serverClocksOf(this.engine).of(this.origin)
    const { firstSend } = this
    const nowAt =
      firstSend === undefined
        ? runNowAt
        : Math.max(runNowAt, firstSend.nowAt + reading.monotonicMs - firstSend.monotonicMs)
    if (known.length === 0) return { ...UNTOLD, nowAt, readingAt: reading.nowAt }
    return {
      nowAt,
      readingAt: reading.nowAt,
      serverNowAt: serverNowAt(known, reading),
      leastServerNowAt: leastServerNowAt(known, reading),
      lastToldNowAt: lastToldNowAt(known, reading),
      setBackMs: setBackMs(known, reading),
      firstSentServerAt: firstSend && serverTimeAt(known, firstSend),
    }
  }

  get horizon(): HorizonPolicy {
    const { settings } = this.plan
    const retentionMs = rememberedMs(settings.profile, settings)
    return { retentionMs, timeoutMs: settings.timeoutMs }
  }

  /** The origin that the operation is sent to and asked about. */
  get origin(): string {
    return this.record?.target.origin ?? this.payload?.target.origin ?? ''
  }

  /** Whose retry budget this run uses: its user's, at its origin. */
  get spender(): string {
    const { origin } = this
    const { scope } = this.identity
    if (lastSpender === undefined || lastSpender.origin !== origin || lastSpender.scope !== scope)
      lastSpender = { origin, scope, spender: `${origin} ${scope}` }
    return lastSpender.spender
  }

  /** Why nothing may be asked or cancelled now. */
  get faultToAsk(): TargetFault | undefined {
    const { record, plan, payload } = this
    const { profile } = plan.settings
    return (
      record &&
      targetFault(record.target, {
        profile: profile.name,
        carriage: carriageOf(profile),
        account: this.account,
        origin: payload?.url.origin,
      })
    )
  }

  emit(details: EventFields): void {
    const { engine, operationId, trace } = this
    const { name, scope } = this.identity
    const traceId = trace?.traceId ?? this.traceId
    engine.emit({ name, operationId, scope, key: this.record?.key, traceId, trace }, this.#timed(details))
  }

  /** Notes that a request is sent now, so that the event of its result can contain a duration. */
  protected leaves(attempt: number): void {
    // Room for the first attempt: an array that is written beyond its end gets room for 17.
    const leftMs = (this.#leftMs ??= [Number.NaN, Number.NaN])
    leftMs[attempt] = this.engine.runtime.monotonic()
  }

  #timed(details: EventFields): ReportedFields {
    switch (details.type) {
      case 'attempt':
        this.leaves(details.attempt)
        return details
      case 'answer':
        return { ...details, durationMs: this.#sinceLeft(details.attempt) }
      case 'poll':
      case 'query':
        return { ...details, durationMs: this.#sinceLeft(ASK) }
      case 'settled':
        return { ...details, durationMs: this.engine.runtime.monotonic() - this.startedMs }
      default:
        return details
    }
  }

  /** 0 if the request was never sent. */
  #sinceLeft(attempt: number): number {
    const nowMs = this.engine.runtime.monotonic()
    const leftMs = this.#leftMs?.[attempt] ?? Number.NaN
    return Number.isNaN(leftMs) ? 0 : nowMs - leftMs
  }
}
