import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import type { End } from '../../src/core/run/end.ts'
import type { Command } from '../../src/core/run/run-commands.ts'
import type { RunEvent } from '../../src/core/run/run-events.ts'
import type { RunState } from '../../src/core/run/run-state.ts'
import { changedWhere } from './changed-where.ts'
import { observed } from './events.ts'
import type { Model } from './model.ts'
import { IDLE } from './model.ts'
import type { Attempt, Reading, Runner, Send, Todo } from './world.ts'

/** What others see of what a runner did. `runner`: as it was then. */
export type Signal =
  | {
      readonly is: 'sent'
      readonly record: OperationRecord
      readonly state: RunState
      readonly number: number
      readonly isWrittenAhead: boolean
    }
  /** What it sent is not waited for any more. */
  | { readonly is: 'gave-up'; readonly number: number }
  | { readonly is: 'ended'; readonly end: End; readonly state: RunState; readonly runner: Runner }
  | { readonly is: 'threw'; readonly error: unknown }

export type Fed = { readonly runner: number; readonly signals: readonly Signal[] }

/** What comes to a runner. */
export type Feed = {
  /** Tells it from all else that may come to the runner as it is, in these circumstances. */
  readonly name: string
  readonly event: () => RunEvent
  /** What changes in the runner with it, before the machine takes it. */
  readonly changes?: Partial<Runner> | undefined
  /** A timer fires a moment later. */
  readonly laterMs?: number | undefined
}

/**
 * Performs runs as engine/run/performer.ts does: one queue of events, each taken by the real `step`, whose commands are
 * done at once or noted as what the runner has under way. The same event in the same state is worked out once.
 */
export class Running {
  readonly #model: Model
  readonly #fed: (Map<string, Fed> | undefined)[] = []
  #count = 0

  constructor(model: Model) {
    this.#model = model
  }

  /** How many different events in different states there were. */
  get count(): number {
    return this.#count
  }

  feed(index: number, runnerId: number, circumstances: number, feed: Feed): Fed {
    const place = runnerId * this.#model.setting.modes.length + index
    const known = (this.#fed[place] ??= new Map())
    const name = `${circumstances} ${feed.name}`
    const before = known.get(name)
    if (before !== undefined) return before
    const fed = this.#taken(index, runnerId, circumstances, feed)
    known.set(name, fed)
    this.#count++
    return fed
  }

  #taken(index: number, runnerId: number, circumstances: number, feed: Feed): Fed {
    const { runners } = this.#model
    const runner = { ...runners.of(runnerId), ...feed.changes }
    const taking = new Taking(this.#model, index, runner, circumstances, feed.laterMs ?? 0)
    taking.take(feed.event())
    return { runner: runners.idOf(taking.runner), signals: taking.signals }
  }
}

/** One event, and those that follow from it in the same tick. */
class Taking {
  runner: Runner
  readonly signals: Signal[] = []
  readonly #model: Model
  readonly #index: number
  readonly #circumstances: number
  readonly #laterMs: number
  readonly #since: Reading
  readonly #events: RunEvent[] = []

  constructor(model: Model, index: number, runner: Runner, circumstances: number, laterMs: number) {
    this.#model = model
    this.#index = index
    this.runner = runner
    this.#circumstances = circumstances
    this.#laterMs = laterMs
    this.#since = model.readingOf(circumstances, index)
  }

  take(event: RunEvent): void {
    this.#events.push(event)
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      if (this.runner.state === undefined) return
      this.#step(this.runner.state, next)
    }
  }

  #step(stateId: number, event: RunEvent): void {
    const model = this.#model
    const { begun } = this.runner
    const now = model.nowOf(this.#circumstances, this.#index, begun, this.#laterMs)
    const policy = model.policyOf(this.#index, begun)
    let state: RunState
    let commands: readonly Command[]
    try {
      ;[state, commands] = model.subject.step(model.states.of(stateId), event, now, policy)
    } catch (error) {
      this.signals.push({ is: 'threw', error })
      return
    }
    this.#change({ state: model.states.idOf(state) })
    for (const command of commands) this.#do(command, state)
  }

  #change(changes: Partial<Runner>): void {
    this.runner = { ...this.runner, ...changes }
  }

  #do(command: Command, state: RunState): void {
    const { records, setting } = this.#model
    const { asks, rests } = this.runner
    const since = this.#since
    switch (command.do) {
      case 'read':
        return this.#begin({ is: 'read', since })
      case 'write':
        return this.#begin({ is: 'write', record: records.idOf(command.record), since })
      case 'make-key':
        return this.#begin({ is: 'make-key' })
      case 'compare-bytes':
        return this.#begin({ is: 'compare-bytes' })
      case 'wait-for-other':
        return this.#begin({ is: 'wait' })
      case 'wait-online':
        return this.#begin({
          is: 'offline',
          untilMs: since.monotonicMs + this.#laterMs + command.delayMs,
        })
      case 'rest':
        this.#begin(rests < setting.rests ? { is: 'rest' } : STILL)
        return this.#change({ rests: Math.min(setting.rests, rests + 1) })
      case 'ask':
        this.#begin(asks < setting.asks ? { is: 'ask', since } : STILL)
        return this.#change({ asks: Math.min(setting.asks, asks + 1) })
      case 'wake':
        return this.#begin(undefined)
      case 'fly':
        return this.#fly()
      case 'restart-timer':
        return this.#attempt({ timedMs: since.monotonicMs })
      case 'written-ahead':
        return this.#send(command.send, { at: 'byte' })
      case 'pass':
        return this.#pass(command.send, state)
      case 'refuse':
        return this.#refuse(command.send)
      case 'cut':
        return this.#cut()
      case 'land':
        return this.#land()
      case 'end':
        return this.#end(command.end, state)
      case 'date-key':
      case 'budget':
      case 'tell':
      case 'show':
        return undefined
      default:
        return command satisfies never
    }
  }

  #begin(todo: Todo | undefined): void {
    this.#change({ todo })
  }

  #attempt(changes: Partial<Attempt>): void {
    const { attempt } = this.runner
    if (attempt !== undefined) this.#change({ attempt: { ...attempt, ...changes } })
  }

  #fly(): void {
    const { sends } = this.runner
    if (sends >= this.#model.setting.sends) return this.#begin(STILL)
    const timedMs = this.#since.monotonicMs
    return this.#change({ sends: sends + 1, attempt: { ...NEW_ATTEMPT, timedMs } })
  }

  #pass(send: number, state: RunState): void {
    const { record } = state.knows
    if (record === undefined) throw new Error('who sends has a record')
    const { at, written } = this.#sendOf(send) ?? {}
    this.#send(send, { at: 'air', written: undefined })
    // A redirect of what has left was written ahead with it.
    const isWrittenAhead = at === 'air' || written === record.key
    this.signals.push({ is: 'sent', record, state, number: messageNumber(this.runner, send), isWrittenAhead })
  }

  #sendOf(number: number): Send | undefined {
    return this.runner.attempt?.sends.find(send => send.number === number)
  }

  /** A redirect that is not followed is the answer. */
  #refuse(number: number): void {
    const isHop = this.#sendOf(number)?.at === 'air'
    if (isHop) this.#events.push(observed('307'))
    this.#change({ attempt: afterSend(this.runner.attempt, number, !isHop) })
  }

  #send(number: number, changes: Partial<Send>): void {
    const sends = this.runner.attempt?.sends ?? []
    this.#attempt({ sends: changedWhere(sends, one => one.number === number, changes) })
  }

  /** Nothing is known of what was in the air. */
  #cut(): void {
    for (const { number, at } of this.runner.attempt?.sends ?? []) {
      if (at !== 'air') continue
      this.signals.push({ is: 'gave-up', number: messageNumber(this.runner, number) })
      this.#change({ attempt: afterSend(this.runner.attempt, number, true) })
      this.#events.push(observed('given up', undefined, this.#newForeign()))
    }
  }

  /** What left beside the gate since the machine was told of such. */
  #newForeign(): number {
    const foreign = this.runner.attempt?.foreign ?? 0
    this.#attempt({ foreign: 0 })
    return foreign
  }

  #land(): void {
    const foreignHeads = this.#newForeign()
    const { attempt } = this.runner
    this.#change({ attempt: undefined })
    const failure = attempt?.hasFailed === true ? FAILURE : undefined
    this.#events.push({ type: 'landed', foreignHeads, failure })
  }

  #end(end: End, state: RunState): void {
    const { calls, writes, keys } = this.runner
    this.signals.push({ is: 'ended', end, state, runner: this.runner })
    this.runner = { ...IDLE, calls, writes, keys }
  }
}

/** Tells what was sent from all that its process ever sends. */
export function messageNumber({ calls, sends }: Runner, send: number): number {
  return calls * 100 + sends * 10 + send
}

/** The last send that comes to an end gives the http layer its turn. */
export function afterSend(
  attempt: Attempt | undefined,
  number: number,
  hasFailed: boolean,
): Attempt | undefined {
  if (attempt === undefined) return undefined
  const sends = attempt.sends.filter(one => one.number !== number)
  return sends.length > 0 ? { ...attempt, sends } : { ...attempt, sends, layer: 'returning', hasFailed }
}

const NEW_ATTEMPT: Attempt = { layer: 'bytes', sends: [], count: 0, foreign: 0, timedMs: 0, hasFailed: false }
const STILL: Todo = { is: 'still' }
export const FAILURE = { mistake: undefined, cause: 'failed' }
