import { lineOf } from '../../src/core/record/operation-record.ts'
import type { RunKnowledge } from '../../src/core/run/run-state.ts'
import { changedWhere } from './changed-where.ts'
import type { Model } from './model.ts'
import type { Promises, Violation } from './promises.ts'
import type { Feed, Running, Signal } from './running.ts'
import { ABSENT_AFTER_MS, RETENTION_MS } from './setting.ts'
import type { Circumstances, Message, Reading, Runner, Sent, Server, Stored, World } from './world.ts'

/** Where a move leads: to another world, or to a promise that is broken. */
export type Place = World | Violation

export type Move = { readonly label: string; readonly to: Place }

/** One world, laid open, and the moves that lead out of it. */
export class Scene {
  readonly model: Model
  readonly world: World
  readonly runners: readonly Runner[]
  readonly server: Server
  readonly circumstances: Circumstances
  readonly stored: Stored
  readonly moves: Move[] = []
  readonly #running: Running
  readonly #promises: Promises

  constructor(model: Model, world: World, running: Running, promises: Promises) {
    this.model = model
    this.world = world
    this.runners = world.runners.map(id => model.runners.of(id))
    this.server = model.servers.of(world.server)
    this.circumstances = model.circumstances.of(world.circumstances)
    this.stored = model.records.of(world.stored)
    this.#running = running
    this.#promises = promises
  }

  /** May a fault strike yet? */
  get mayFail(): boolean {
    return this.world.faultsLeft > 0
  }

  /** The world after a fault. */
  get faulty(): World {
    return { ...this.world, faultsLeft: this.world.faultsLeft - 1 }
  }

  add(label: string, to: Place): void {
    this.moves.push({ label, to })
  }

  knowsOf(runner: Runner): RunKnowledge {
    if (runner.state === undefined) throw new Error('who has no run knows nothing')
    return this.model.states.of(runner.state).knows
  }

  readingOf(index: number): Reading {
    return this.model.readingOf(this.world.circumstances, index)
  }

  /** It has a run, and has not come to a bound. */
  isLive({ state, todo }: Runner): boolean {
    return state !== undefined && todo?.is !== 'still'
  }

  // --- changes ---

  withRunner(world: World, index: number, changes: Partial<Runner>): World {
    const { runners } = this.model
    return this.#withRunnerId(
      world,
      index,
      runners.idOf({ ...runners.of(world.runners[index]!), ...changes }),
    )
  }

  #withRunnerId(world: World, index: number, id: number): World {
    const runners = [...world.runners]
    runners[index] = id
    return { ...world, runners }
  }

  withServer(world: World, changes: Partial<Server>): World {
    const { servers } = this.model
    return { ...world, server: servers.idOf({ ...servers.of(world.server), ...changes }) }
  }

  withCircumstances(world: World, changes: Partial<Circumstances>): World {
    const { circumstances } = this.model
    const next = { ...circumstances.of(world.circumstances), ...changes }
    return { ...world, circumstances: circumstances.idOf(next) }
  }

  /** Time passes. What is in the air for too long arrives no more. */
  later(world: World, ms: number): World {
    const { circumstances, servers } = this.model
    const at = circumstances.of(world.circumstances).at + ms
    const { air } = servers.of(world.server)
    const left = air.filter(({ answer, givenUpAt }) => {
      // Whoever declares that a "not found" is proof after a while says that nothing arrives after that while.
      const isTooLate = givenUpAt !== undefined && at >= givenUpAt + ABSENT_AFTER_MS
      return answer !== undefined || !(isTooLate || ms >= RETENTION_MS)
    })
    const next = this.withCircumstances(world, { at })
    return left.length === air.length ? next : this.withServer(next, { air: left })
  }

  /** Something is stored; what all others saw of it is old by then. */
  write(world: World, by: number | undefined, recordId: number): Place {
    const record = this.model.records.of(recordId)
    const broken = record && this.#promises.ofWrite(world, by, record)
    if (broken !== undefined) return broken
    const runners = world.runners.map((id, index) => (index === by ? id : this.model.outdated(id)))
    return { ...world, runners, stored: recordId }
  }

  /** Nothing is stored any more: whoever saw nothing before is right again. */
  gone(world: World): World {
    const { runners } = this.model
    const all = world.runners.map(id => {
      const runner = runners.of(id)
      if (runner.state === undefined) return id
      if (runner.sight === 'none' || runner.sight === 'not-understood') return id
      const sight = this.#sawNothing(runner) ? 'current' : 'old'
      return runner.sight === sight ? id : runners.idOf({ ...runner, sight })
    })
    return { ...world, runners: all, stored: 0 }
  }

  #sawNothing(runner: Runner): boolean {
    const { todo } = runner
    if (todo?.is === 'slow-read') return todo.stored === 0
    return todo?.is !== 'slow-write' && this.knowsOf(runner).heard.stored === undefined
  }

  /** Something comes to a runner: what others see of what the runner does follows. */
  feed(before: Place, index: number, feed: Feed): Place {
    if ('rule' in before) return before
    const { runner, signals } = this.#running.feed(index, before.runners[index]!, before.circumstances, feed)
    let world = this.#withRunnerId(before, index, runner)
    for (const signal of signals) {
      const next = this.#signalled(world, index, signal)
      if ('rule' in next) return next
      world = next
    }
    return this.#promises.ofRunner(world, index) ?? world
  }

  #signalled(world: World, index: number, signal: Signal): Place {
    switch (signal.is) {
      case 'threw':
        return { rule: 'the machine does not throw', about: String(signal.error) }
      case 'ended':
        return this.#promises.ofEnd(world, index, signal) ?? this.#withoutAnswersTo(world, index)
      case 'gave-up':
        return this.givenUp(world, index, signal.number)
      case 'sent':
        return (
          this.#promises.ofSend(world, index, signal) ??
          this.sent(world, index, signal.number, { ...signal.record, line: lineOf(signal.record) })
        )
      default:
        return signal satisfies never
    }
  }

  #withoutAnswersTo(world: World, index: number): World {
    const { air } = this.model.servers.of(world.server)
    const left = air.filter(({ by, answer }) => by !== index || answer === undefined)
    return left.length === air.length ? world : this.withServer(world, { air: left })
  }

  sent(
    world: World,
    index: number,
    number: number,
    { key, generation, line }: Pick<Sent, 'key' | 'line'> & Pick<Message, 'generation'>,
  ): World {
    const { air, firstSent } = this.model.servers.of(world.server)
    const { at } = this.model.circumstances.of(world.circumstances)
    const message = { key, line, by: index, at, number, generation, answer: undefined, givenUpAt: undefined }
    const first = firstSent.find(one => one.key === key) ?? { key, at, count: 0 }
    const others = firstSent.filter(one => one.key !== key)
    return this.withServer(world, {
      air: sortedAir([...air, message]),
      firstSent: sorted([...others, { ...first, count: first.count + 1 }]),
    })
  }

  /** Only where a "not found" proves something does it matter since when nobody waits for what is in the air. */
  givenUp(world: World, index: number, number: number): World {
    if (this.model.setting.status !== 'absence') return world
    const { air } = this.model.servers.of(world.server)
    const { at } = this.model.circumstances.of(world.circumstances)
    const isMeant = (one: Message) => one.by === index && one.number === number
    return this.withServer(world, { air: changedWhere(air, isMeant, { givenUpAt: at }) })
  }

  executed(world: World, { key, line, by, at }: Sent, changes: Partial<Server>): Place {
    const { effects } = this.model.servers.of(world.server)
    const next = this.withServer(world, { ...changes, effects: sorted([...effects, { key, line, by, at }]) })
    return this.#promises.ofEffects(this.model.servers.of(next.server)) ?? next
  }
}

export function sorted<Keyed extends { readonly key: string }>(values: readonly Keyed[]): readonly Keyed[] {
  return values.length < 2 ? values : values.toSorted((one, other) => compared(one.key, other.key))
}

function compared(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

export function sortedAir(air: readonly Message[]): readonly Message[] {
  return air.length < 2 ? air : air.toSorted((one, other) => one.by - other.by || one.number - other.number)
}
