import type { End } from '../../src/core/run/end.ts'
import type { Command } from '../../src/core/run/run-commands.ts'
import type { RunEvent } from '../../src/core/run/run-events.ts'
import type { RunState } from '../../src/core/run/run-state.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { observed } from './events.ts'
import { IDLE } from './model.ts'
import type { Model } from './model.ts'
import type { Attempt, Reading, Runner, Todo } from './world.ts'

/** What others see of what a runner did. */
export type Signal =
  | { readonly is: 'sent'; readonly record: OperationRecord }
  | { readonly is: 'ended'; readonly end: End; readonly state: RunState }
  | { readonly is: 'threw'; readonly error: unknown }

export type Fed = { readonly runner: number; readonly signals: readonly Signal[] }

/**
 * Performs runs as engine/run/performer.ts does: one queue of events, each taken by the real `step`, whose commands are
 * done at once or noted as what the runner has under way. The same event in the same state is worked out once.
 */
export class Running {
  readonly #model: Model
  readonly #fed = new Map<string, Fed>()

  constructor(model: Model) {
    this.#model = model
  }

  /** How often the machine was asked. */
  get steps(): number {
    return this.#fed.size
  }

  /** `name` tells this event from all others that the runner may get in this state and at this time. */
  feed(index: number, runnerId: number, clockId: number, name: string, event: () => RunEvent, laterMs = 0): Fed {
    const place = `${index} ${runnerId} ${clockId} ${name}`
    const known = this.#fed.get(place)
    if (known !== undefined) return known
    const runner = this.#model.runners.of(runnerId)
    const taking = new Taking(this.#model, index, runner, clockId, laterMs)
    taking.take(event())
    const fed = { runner: this.#model.runners.idOf(taking.runner), signals: taking.signals }
    this.#fed.set(place, fed)
    return fed
  }
}

/** One event, and those that follow from it in the same tick. */
class Taking {
  runner: Runner
  readonly signals: Signal[] = []
  readonly #model: Model
  readonly #index: number
  readonly #clockId: number
  readonly #laterMs: number
  readonly #since: Reading
  readonly #events: RunEvent[] = []

  constructor(model: Model, index: number, runner: Runner, clockId: number, laterMs: number) {
    this.#model = model
    this.#index = index
    this.runner = runner
    this.#clockId = clockId
    this.#laterMs = laterMs
    this.#since = model.readingOf(model.clocks.of(clockId), index)
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
    const now = model.nowOf(this.#clockId, this.#index, begun, this.#laterMs)
    let state: RunState
    let commands: readonly Command[]
    try {
      ;[state, commands] = model.subject.step(model.states.of(stateId), event, now, model.policyOf(this.#index, begun))
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
    const { setting } = this.#model
    const { asks, rests } = this.runner
    switch (command.do) {
      case 'read':
        return this.#begin({ is: 'read', since: this.#since })
      case 'write':
        return this.#begin({ is: 'write', record: this.#model.idOf(command.record), since: this.#since })
      case 'make-key':
        return this.#begin({ is: 'make-key' })
      case 'compare-bytes':
        return this.#begin({ is: 'compare-bytes' })
      case 'wait-for-other':
        return this.#begin({ is: 'wait' })
      case 'rest':
        this.#change({ rests: Math.min(setting.rests, rests + 1) })
        return this.#begin(rests < setting.rests ? { is: 'rest' } : { is: 'still' })
      case 'ask':
        this.#change({ asks: Math.min(setting.asks, asks + 1) })
        return this.#begin(asks < setting.asks ? { is: 'ask', since: this.#since } : { is: 'still' })
      case 'wait-online':
        throw new Error('the model has no way to be offline')
      case 'wake':
        return this.#begin(undefined)
      case 'fly':
        return this.#fly()
      case 'restart-timer':
        return this.#attempt({ timedMs: this.#since.monotonicMs })
      case 'written-ahead':
        return this.#attempt({ phase: 'ahead' })
      case 'pass':
        return this.#pass(command.send, state)
      case 'refuse':
        return this.#attempt({ phase: 'returning', hasFailed: true })
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
    if (sends >= this.#model.setting.sends) return this.#begin({ is: 'still' })
    const timedMs = this.#since.monotonicMs
    return this.#change({
      sends: sends + 1,
      attempt: { phase: 'bytes', send: 0, timedMs, hasFailed: false },
    })
  }

  #pass(send: number, state: RunState): void {
    const { record } = state.knows
    if (record === undefined) throw new Error('who sends has a record')
    this.#attempt({ phase: 'in-the-air', send })
    this.signals.push({ is: 'sent', record })
  }

  /** Nothing is known of what was in the air. */
  #cut(): void {
    if (this.runner.attempt?.phase !== 'in-the-air') return
    this.#attempt({ phase: 'returning', hasFailed: true })
    this.#events.push(observed('cut'))
  }

  #land(): void {
    const { attempt } = this.runner
    this.#change({ attempt: undefined })
    const failure = attempt?.hasFailed === true ? { mistake: undefined, cause: 'failed' } : undefined
    this.#events.push({ type: 'landed', foreignHeads: 0, failure })
  }

  #end(end: End, state: RunState): void {
    const { calls, writes, keys } = this.runner
    this.runner = { ...IDLE, calls, writes, keys }
    this.signals.push({ is: 'ended', end, state })
  }
}
