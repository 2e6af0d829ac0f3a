import type { Answer } from '../../core/answers/evidence.ts'
import type { Clocks, HorizonPolicy } from '../../core/record/key-horizon.ts'
import type { OwnLease } from '../../core/record/lease.ts'
import { isHeld } from '../../core/record/lease.ts'
import type { OpenRecord, OperationRecord } from '../../core/record/operation-record.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import { outcomeOf } from '../../core/record/outcome.ts'
import type { Progress } from '../../core/run/run-progress.ts'
import type { ClockReading } from '../../core/record/server-clock.ts'
import {
  lastToldNowAt,
  leastServerNowAt,
  serverNowAt,
  serverTimeAt,
  setBackMs,
} from '../../core/record/server-clock.ts'
import { startOfRun } from '../../core/run/run-progress.ts'
import type { OperationError } from '../../public/errors.ts'
import type { EventDetails } from '../../public/events.ts'
import { Cue } from '../../runtime/cue.ts'
import type { Engine } from '../engine.ts'
import type { Identity, Journal } from '../stored/journal.ts'
import type { Payload } from '../request/payload.ts'
import type { Plan } from '../plan.ts'
import { isStillIn } from './still-in.ts'

export type Phase = 'claiming' | 'sending' | 'waiting' | 'polling' | 'asking' | 'settled'

export type StopRequest = 'aborted' | 'closed' | 'forgotten' | 'sealed' | 'yielded'

/** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
export type RunMode = 'run' | 'resume' | 'ask'

export type RunContextInit = {
  readonly engine: Engine
  readonly plan: Plan
  readonly identity: Identity
  /** Opens the operation's place in the store, when the run first looks there. */
  readonly openJournal: () => Journal
  readonly operationId: string
  readonly mode: RunMode
  /** Who is logged in now; throws where nobody is. */
  readonly scopeNow: () => string
  readonly onChange: () => void
}

/** While the store keeps a run waiting for so long, another runner may take over what this one holds, or let go. */
const LONG_MS = 1_000

/**
 * What one run knows and holds while it lasts. `record` is the record as stored plus what was observed
 * since; whatever must be durable first is written through the journal before it counts.
 */
export class RunContext {
  readonly engine: Engine
  readonly plan: Plan
  readonly identity: Identity
  readonly operationId: string
  readonly mode: RunMode
  readonly scopeNow: () => string
  payload: Payload | undefined
  progress: Progress = startOfRun
  /** Held by this runner, or about to be by the first write-ahead. */
  holding = false
  ownLease: OwnLease | undefined
  /** The generation that this run began, in memory until its first write-ahead, or took up: its end is this run's. */
  begunGeneration = Number.POSITIVE_INFINITY
  /** The open record that this run last saw in the store. */
  seen: OpenRecord | undefined
  /** It was at an earlier generation before: a failure of this one is not begun over. */
  hasWaited = false
  /** Why this run may not send again what was sent before. */
  unfit: string | undefined
  /** The settled record was there before this run did anything: its result is given again. */
  recalled = false
  lastAnswer: Answer | undefined
  lastCause: unknown
  /** What a callback gave that it must not give: the run ends with it. */
  mistake: OperationError | undefined
  /** Why the last answer that `status.read` was given came to nothing. */
  misread: string | undefined
  retryAt: number | undefined
  phase: Phase = 'claiming'
  startedAt: number
  deadlineAt: number
  /** From the first processing answer of this run the poll deadline takes the deadline's place. */
  polling = false
  /** The last word of the store on this operation could be read: without it nothing is said to be not executed. */
  storeTold = false
  /** The key of the other generation of which this run gave the alarm. */
  alarmed: string | undefined
  /** The key of a success whose place in the store is another generation's. */
  outrun: string | undefined
  stopRequest: StopRequest | undefined
  /** The write of a proof that came after its attempt was given up. */
  lateWrite: Promise<void> | undefined
  #record: OperationRecord | undefined
  /** The key of the generation that this run is at. */
  #at: string | undefined
  #isProven = false
  /** When the write under way began, epoch ms. */
  #writingSince: number | undefined
  // Made when somebody waits: most runs end without a wait.
  #cut: Cue | undefined
  #wake: Cue | undefined
  #journal: Journal | undefined
  readonly #openJournal: () => Journal
  readonly #onChange: () => void
  /** When this run began, monotonic ms. */
  readonly startedMs: number

  constructor(init: RunContextInit) {
    this.engine = init.engine
    this.plan = init.plan
    this.identity = init.identity
    this.#openJournal = init.openJournal
    this.operationId = init.operationId
    this.mode = init.mode
    this.scopeNow = init.scopeNow
    this.#onChange = init.onChange
    this.startedAt = init.engine.runtime.now()
    this.startedMs = init.engine.runtime.monotonic()
    this.deadlineAt = init.engine.runtime.monotonic() + init.plan.settings.deadlineMs
  }

  get journal(): Journal {
    this.#journal ??= this.#openJournal()
    return this.#journal
  }

  /** Fires when the run is asked to stop: cuts every wait. */
  get stopCue(): Cue {
    this.#cut ??= this.#cue()
    return this.#cut
  }

  requestStop(request: StopRequest): void {
    this.stopRequest ??= request
    this.#cut?.fire()
    this.#wake?.fire()
  }

  /** Fires when the run is to look at the store again, or to stop: ends a wait, not an attempt. */
  get waitCue(): Cue {
    this.#wake ??= this.#cue()
    return this.#wake
  }

  /** Somebody in this process wrote the record: the run reads it anew at its next step. */
  lookAgain(): void {
    this.holding = false
    const wake = this.#wake
    if (this.stopRequest === undefined) this.#wake = undefined
    wake?.fire()
  }

  #cue(): Cue {
    const cue = new Cue()
    if (this.stopRequest !== undefined) cue.fire()
    return cue
  }

  get record(): OperationRecord | undefined {
    return this.#record
  }

  /** A success that this run proved stays, whatever it reads or writes afterwards: its callers are told nothing else. */
  set record(next: OperationRecord | undefined) {
    if (this.#isProven && (next?.state !== 'succeeded' || next.key !== this.#record?.key)) return
    if (next !== undefined && isOpen(next)) this.#goOnWith(next.key)
    this.#record = next
  }

  /** Another generation: what this run saw of the one before, where to ask and what was doubtful, is not about it. */
  #goOnWith(key: string): void {
    if (this.#at !== undefined && this.#at !== key) {
      this.progress = startOfRun
      this.unfit = undefined
      this.lastAnswer = undefined
      this.hasWaited = true
    }
    this.#at = key
  }

  /** Begins over with another payload, as a call that has just come. */
  beginOver(): void {
    this.progress = startOfRun
    this.lastAnswer = undefined
    this.misread = undefined
    this.begunGeneration = Number.POSITIVE_INFINITY
    this.holding = false
    this.hasWaited = false
    this.seen = undefined
    this.#at = undefined
  }

  /** This run's own evidence proved the success, whether the store knows or not. */
  get isProven(): boolean {
    return this.#isProven
  }

  /** What is proven stays. */
  prove(): void {
    this.#isProven = true
  }

  /** Whether the user whose operation it is is still logged in. */
  get isSameScope(): boolean {
    return isStillIn(this.identity.scope, this.scopeNow)
  }

  get remainingMs(): number {
    return this.deadlineAt - this.engine.runtime.monotonic()
  }

  /** The pessimistic of both clocks since this run began: a wall clock that went back hides no time. */
  get nowAt(): number {
    const { runtime } = this.engine
    return Math.max(runtime.now(), this.startedAt + runtime.monotonic() - this.startedMs)
  }

  /** Both local clocks now. */
  get reading(): ClockReading {
    const { runtime } = this.engine
    return { nowAt: runtime.now(), monotonicMs: runtime.monotonic() }
  }

  /** When this process first sent the key, where nobody had sent it before. */
  get firstSend(): ClockReading | undefined {
    return this.engine.serverClocks.firstSend(this.record?.key)
  }

  /** The time now, by which a key's age is told. */
  get clocks(): Clocks {
    const known = this.engine.serverClocks.of(this.origin)
    const { reading } = this
    return {
      nowAt: this.nowAt,
      readingAt: reading.nowAt,
      serverNowAt: serverNowAt(known, reading),
      leastServerNowAt: leastServerNowAt(known, reading),
      lastToldNowAt: lastToldNowAt(known, reading),
      setBackMs: setBackMs(known, reading),
      firstSentServerAt: this.firstSend && serverTimeAt(known, this.firstSend),
    }
  }

  get horizon(): HorizonPolicy {
    return { retentionMs: this.plan.settings.profile.retention, timeoutMs: this.plan.settings.timeoutMs }
  }

  get isHeld(): boolean {
    const { runtime } = this.engine
    return isHeld(this.ownLease, runtime.now(), runtime.monotonic())
  }

  /** The join, held back where the store could not be read: then nothing is proven. */
  get outcome(): Outcome {
    const outcome = outcomeOf(this.record)
    const isSure = this.storeTold && !this.#mayBeTakenOver && !this.#isHeldElsewhere
    return outcome === 'not-executed' && !isSure ? 'unknown' : outcome
  }

  /** It may be sent without this run, which does not hold it: by whoever does, or by a `resume` that finds its request. */
  get mayGoOn(): boolean {
    const { record } = this
    if (this.holding || record === undefined || !isOpen(record)) return false
    const isOthers = record.lease !== undefined && record.lease.runner !== this.engine.writer.runner
    return isOthers || record.request !== undefined
  }

  /** Another runner holds it, and may be about to send. */
  get #isHeldElsewhere(): boolean {
    const { record } = this
    if (record === undefined || !isOpen(record) || record.lease === undefined) return false
    const { runtime, writer } = this.engine
    return record.lease.runner !== writer.runner && record.lease.until > runtime.now()
  }

  /** A write that the store does not acknowledge: its lease may not be there, or may have ended for others by now. */
  get #mayBeTakenOver(): boolean {
    return this.#writingSince !== undefined && this.nowAt >= this.#writingSince + LONG_MS
  }

  /**
   * The store's last word is so old that another run may have taken up since what this one does not hold; older
   * than `freeSinceMs`, when it became free for others, does not count.
   */
  hearsLate(freeSinceMs = Number.NEGATIVE_INFINITY): boolean {
    return Math.min(this.journal.ageMs, this.engine.runtime.monotonic() - freeSinceMs) >= LONG_MS
  }

  /** Nothing that this run wrote keeps others away, and the store's last word is old: they may have begun it since. */
  get mayHaveBegunElsewhere(): boolean {
    return this.record?.state !== 'failed' && !this.isHeld && this.hearsLate()
  }

  /** Writes through the journal: see there. */
  async write(record: OperationRecord): Promise<OperationRecord | undefined> {
    this.#writingSince ??= this.nowAt
    try {
      return await this.journal.write(record)
    } finally {
      this.#writingSince = undefined
    }
  }

  enter(phase: Phase): void {
    this.phase = phase
    this.#onChange()
  }

  emit(details: EventDetails): void {
    this.engine.emit({ name: this.plan.name, operationId: this.operationId, key: this.record?.key }, details)
  }

  /** Where it is sent to, and asked about. */
  get origin(): string {
    return this.record?.target.origin ?? this.payload?.target.origin ?? ''
  }

  /** Whose budget this run spends: its user's, at its origin. */
  get spender(): string {
    return `${this.origin} ${this.identity.scope}`
  }
}
