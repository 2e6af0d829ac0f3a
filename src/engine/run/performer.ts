import { budgetsOf, serverClocksOf } from '../server-memory.ts'
import type { Lease } from '../../core/record/lease.ts'
import { isFree } from '../../core/record/lease.ts'
import type { TargetFault } from '../../core/record/target-fault.ts'
import { adviceInDoubt } from '../../core/run/advice-in-doubt.ts'
import { faultToSend, isProven, leaseOf } from '../../core/run/knowledge.ts'
import type { OperationRecord, SucceededRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { End, StoppedEnd } from '../../core/run/end.ts'
import { begunOver } from '../../core/run/knowledge.ts'
import { beginning, step } from '../../core/run/machine.ts'
import { outcomeNow } from '../../core/run/run-outcome.ts'
import type { Command } from '../../core/run/run-commands.ts'
import type { RunEvent } from '../../core/run/run-events.ts'
import type { RunPolicy } from '../../core/run/run-policy.ts'
import type { Progress } from '../../core/run/run-progress.ts'
import type { OneLook, RunMode, StopRequest } from '../../core/run/run-mode.ts'
import type { RunState } from '../../core/run/run-state.ts'
import { runWatch } from '../../runtime/run-watch.ts'
import { whenKnown } from '../../runtime/when-known.ts'
import type { Asking } from '../ask/asking.ts'
import { askOnce } from '../ask/asking.ts'
import type { Payload } from '../request/payload.ts'
import { Flight } from '../send/attempt.ts'
import type { Journal } from '../stored/journal.ts'
import { faultOf } from '../stored/journal.ts'
import { hashBytes, makeKey } from './make-key.ts'
import { asMistake } from './mistakes.ts'
import { policyOf } from './policy-of.ts'
import { presenceOf } from './presence.ts'
import type { RunFactsInit } from './run-facts.ts'
import { ASK, RunFacts } from './run-facts.ts'
import { runTraceOf } from './run-trace-of.ts'
import { Sample } from './sample.ts'
import { online, wait, wordOfOther } from './wait.ts'

type Shown = Pick<Extract<Command, { do: 'show' }>, 'phase' | 'retryAt' | 'isPaused'>

const CLAIMING: Shown = { phase: 'claiming', retryAt: undefined, isPaused: false }

export type PerformerInit = RunFactsInit & {
  /** Opens the operation's place in the store, when the run first needs it. */
  readonly openJournal: () => Journal
  readonly mode: RunMode
  readonly look?: OneLook | undefined
  readonly asking: Asking
}

/**
 * Performs one run: executes the commands of the machine (core/run/machine.ts), and reports their results to it. It has
 * one queue of events and makes no decisions. `Sample` looks up the facts for each event.
 */
export class Performer extends RunFacts {
  readonly mode: RunMode
  readonly look: OneLook | undefined
  readonly #onChange: () => void
  readonly #openJournal: () => Journal
  readonly #asking: Asking
  #journal: Journal | undefined
  #policy: RunPolicy | undefined
  #state: RunState
  /** The facts at the current event. */
  readonly #now: Sample
  /** Events that came while another was being handled. */
  #events: RunEvent[] | undefined
  #isBusy = false
  #stopRequest: StopRequest | undefined
  #shown: Shown = CLAIMING
  #flight: Flight | undefined
  /** Marks the attempt whose bytes are being made, or that has begun; a new object for each attempt. */
  #takingOff: object | undefined
  /** Ends the current wait. */
  #endWait: (() => void) | undefined
  #onEnd: (end: End) => void = () => {}

  /** `deadlineMs`: monotonic ms. */
  constructor(init: PerformerInit, deadlineMs: number, onChange: () => void) {
    super(init)
    this.mode = init.mode
    this.look = init.look
    if (init.look === undefined || init.look.goesOn === true) this.trace = runTraceOf(init, init.mode)
    this.#openJournal = init.openJournal
    this.#asking = init.asking
    this.#onChange = onChange
    this.#state = beginning(deadlineMs)
    this.#now = new Sample(this)
  }

  // --- state for other parts ---

  get journal(): Journal {
    this.#journal ??= this.#openJournal()
    return this.#journal
  }

  get state(): RunState {
    return this.#state
  }

  get policy(): RunPolicy {
    this.#policy ??= policyOf(this)
    return this.#policy
  }

  get record(): OperationRecord | undefined {
    return this.#state.knows.record
  }

  get progress(): Progress {
    return this.#state.knows.course.progress
  }

  get lastAnswer(): Answer | undefined {
    return this.#state.knows.course.lastAnswer
  }

  /** The end that this run itself has proven. */
  get provenEnd(): End | undefined {
    const { knows } = this.#state
    const { record } = knows
    if (!isProven(knows) || record?.state !== 'succeeded') return undefined
    return { kind: 'executed', record, replayed: this.isRecalled || record.result?.replayed === true }
  }

  get isRecalled(): boolean {
    return this.#state.knows.recalled
  }

  get isStoreRead(): boolean {
    return this.#state.knows.isStoreRead
  }

  get outcome(): Outcome {
    return outcomeNow(this.#state.knows, new Sample(this), this.engine.writer)
  }

  get deadlineMs(): number {
    return this.#state.knows.deadlineMs
  }

  get stopRequest(): StopRequest | undefined {
    return this.#stopRequest
  }

  /** The attempt that is under way. */
  get flight(): Flight | undefined {
    return this.#flight
  }

  /** What the run shows: its phase, until when (epoch ms) it waits, and whether it waits for the network. */
  get shown(): Shown {
    return this.#shown
  }

  // --- methods for other parts ---

  /** Performs the operation and calls back with its end, which also contains any error. */
  perform(event: Extract<RunEvent, { type: 'begun' | 'mistaken' }>, onEnd: (end: End) => void): void {
    // The run's request is known from now on.
    this.#policy = undefined
    this.#presence?.enter(this)
    this.#onEnd = onEnd
    this.post(event)
  }

  /** Shows other tabs that this one lives, if the store supports that. */
  get #presence() {
    const { store, runtime } = this.engine
    return store.lock === undefined && runtime.environment === 'node' ? undefined : presenceOf(this.engine)
  }

  /** Begins again with another payload, as for a call that has just been made. */
  beginOver(payload: Payload): void {
    this.payload = payload
    this.#state = { knows: begunOver(this.#state.knows), does: { name: 'beginning' } }
  }

  /** A success that was stored meanwhile becomes this run's own end. */
  settleAs(record: SucceededRecord): End {
    this.#state = { ...this.#state, knows: { ...this.#state.knows, record, proof: 'stands' } }
    return { kind: 'executed', record, replayed: this.isRecalled || record.result?.replayed === true }
  }

  /** The advice for a caller whose call ends like this, if the usual advice would not help. */
  adviceOn(end: Pick<StoppedEnd, 'code' | 'outcome'>): StoppedEnd['advice'] {
    const { honoursKeys, hasStatus } = this.policy
    return adviceInDoubt(end, { record: this.record, honoursKeys, hasStatus })
  }

  /** Why nothing may be sent now. */
  get faultToSend(): TargetFault | undefined {
    return faultToSend(this.#state.knows, new Sample(this), this.policy)
  }

  /** Whether a record with this lease is free, so that no other runner holds it. */
  isFree(lease: Lease | undefined): boolean {
    const now = new Sample(this)
    return isFree(lease, this.policy.runner, now.wallAt, held => now.isGone(held))
  }

  requestStop(request: StopRequest): void {
    this.#stopRequest ??= request
    this.cueStop()
    this.post({ type: 'stop', request })
  }

  /** Makes the run read the record again at its next step, because something in this process wrote it. */
  lookAgain(): void {
    this.post({ type: 'nudged' })
  }

  post(event: RunEvent): void {
    if (this.#isBusy) {
      if (this.#events === undefined) this.#events = [event]
      else this.#events.push(event)
      return
    }
    this.#isBusy = true
    this.#take(event)
    for (let next = this.#events?.shift(); next !== undefined; next = this.#events?.shift()) this.#take(next)
    this.#events = undefined
    this.#isBusy = false
  }

  /** Asks the machine immediately before the first byte; the machine answers in this very tick. */
  atByte(event: Extract<RunEvent, { type: 'at-byte' }>): void {
    this.post(event)
  }

  #take(event: RunEvent): void {
    let commands: readonly Command[]
    try {
      const after = step(this.#state, event, this.#now.renew(), this.policy)
      this.#state = after[0]
      commands = after[1]
    } catch (error) {
      // A bug of this package. The record that was written ahead says that the outcome is unknown.
      const end: End = {
        kind: 'stopped',
        code: 'unresolved',
        reason: 'an unexpected error ended the run',
        advice: 'report',
        outcome: 'unknown',
        cause: error,
      }
      this.#state = { knows: this.#state.knows, does: { name: 'ended', end } }
      commands = [{ do: 'end', end }]
    }
    runWatch.see?.(this, event, this.#state.does, commands)
    for (const command of commands) this.#do(command)
  }

  // --- commands of the machine ---

  #do(command: Command): void {
    switch (command.do) {
      case 'read':
        return this.#read()
      case 'write':
        return this.#write(command.record)
      case 'make-key':
        return this.#guarded(() => makeKey(this, command.generation))
      case 'compare-bytes':
        return this.#guarded(() => hashBytes(this, command.key))
      case 'wait-for-other':
        return this.#wait(command.delayMs, ...wordOfOther(this.engine, this.journal, leaseOf(this.record)))
      case 'rest':
        return this.#wait(command.delayMs)
      case 'wait-online':
        return this.#wait(command.delayMs, online(this.engine.runtime))
      case 'wake':
        return this.#endWait?.()
      case 'fly':
        return this.#guarded(() => this.#fly(command.as))
      case 'ask':
        this.leaves(ASK)
        return this.#guarded(async () => this.post(await askOnce(this.#asking, this, command.at)))
      case 'restart-timer':
        return this.#flight?.restartTimer()
      case 'written-ahead':
      case 'pass':
        return this.#flight?.admit(command.send, undefined)
      case 'refuse':
        return this.#flight?.admit(command.send, command.reason)
      case 'cut':
        return this.#flight?.cut(command.by)
      case 'land':
        return this.#land()
      case 'date-key':
        return serverClocksOf(this.engine).began(command.key, command.at)
      case 'budget':
        return budgetsOf(this.engine).set(this.spender, command.budget)
      case 'tell':
        return this.emit(command.event)
      case 'show':
        this.#shown = command
        return this.#onChange()
      case 'end':
        this.#flight = undefined
        this.#takingOff = undefined
        this.#presence?.leave(this)
        return this.#onEnd(command.end)
      default:
        return command satisfies never
    }
  }

  #wait(delayMs: number, ...sooner: Parameters<typeof wait>[3][]): void {
    const due = () => this.post({ type: 'due' })
    this.#endWait = wait(this.engine.runtime, delayMs, due, ...sooner)
  }

  /** An unexpected error ends the run. */
  #guarded(work: () => void | Promise<void>): void {
    const failed = (error: unknown) => {
      this.post({ type: 'failed', error, mistake: asMistake(error) })
    }
    try {
      const under = work()
      if (under !== undefined) void under.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #read(): void {
    const { journal } = this
    void journal.read().then(
      () => this.post({ type: 'read', heard: journal.heard }),
      (error: unknown) => this.post({ type: 'unread', fault: faultOf(error), heard: journal.heard }),
    )
  }

  #write(record: OperationRecord): void {
    const { journal } = this
    void journal.write(record).then(
      written => {
        const { heard } = journal
        this.post(
          written === undefined ? { type: 'lost', heard } : { type: 'written', record: written, heard },
        )
      },
      (error: unknown) => this.post({ type: 'unwritten', fault: faultOf(error), heard: journal.heard }),
    )
  }

  #fly(as: 'attempt' | 'poll' | 'reread'): void | Promise<void> {
    const { payload, record } = this
    if (payload === undefined || record === undefined) throw new Error('who sends has a request and a record')
    const takingOff = {}
    this.#takingOff = takingOff
    return whenKnown(payload.bytes(record.key), bytes => {
      // The run was stopped while the bytes were made: nobody waits for this attempt any more.
      if (this.#takingOff !== takingOff) return
      this.#flight = new Flight(this, payload, bytes, as)
      this.#flight.takeOff()
    })
  }

  #land(): void {
    const flight = this.#flight
    this.#flight = undefined
    this.#takingOff = undefined
    if (flight === undefined) this.post({ type: 'landed', foreignHeads: 0, failure: undefined })
    else flight.land()
  }
}
