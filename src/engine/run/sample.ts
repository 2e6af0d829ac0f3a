import { budgetsOf, serverClocksOf } from '../server-memory.ts'
import type { Lease } from '../../core/record/lease.ts'
import type { ClockReading } from '../../core/record/server-clock.ts'
import { serverTimeAt } from '../../core/record/server-clock.ts'
import type { Budget } from '../../core/run/retry-budget.ts'
import type { Now } from '../../core/run/run-events.ts'
import { presenceOf } from './presence.ts'
import type { RunFacts } from './run-facts.ts'

/** The current facts. Each is looked up at most once per event, when it is first needed. */
export class Sample implements Now {
  readonly #x: RunFacts
  wallAt: number
  ms: number
  #clocks: Now['clocks'] | undefined
  #budget: Budget | undefined
  #online: boolean | undefined
  #random: number | undefined
  #isSameScope: boolean | undefined
  #account: { readonly now: string | undefined } | undefined

  constructor(x: RunFacts) {
    const { runtime } = x.engine
    this.#x = x
    this.wallAt = runtime.now()
    this.ms = runtime.monotonic()
  }

  /** Forgets all facts, for the next event. */
  renew(): this {
    const { runtime } = this.#x.engine
    this.wallAt = runtime.now()
    this.ms = runtime.monotonic()
    this.#clocks = undefined
    this.#budget = undefined
    this.#online = undefined
    this.#random = undefined
    this.#isSameScope = undefined
    this.#account = undefined
    return this
  }

  get #reading(): ClockReading {
    return { nowAt: this.wallAt, monotonicMs: this.ms }
  }

  get nowAt(): number {
    return Math.max(this.wallAt, this.#x.startedAt + this.ms - this.#x.startedMs)
  }

  get clocks(): Now['clocks'] {
    this.#clocks ??= this.#x.clocksAt(this.#reading, this.nowAt)
    return this.#clocks
  }

  get online(): boolean {
    this.#online ??= this.#x.engine.runtime.online()
    return this.#online
  }

  get isSameScope(): boolean {
    this.#isSameScope ??= this.#x.isSameScope
    return this.#isSameScope
  }

  get account(): string | undefined {
    this.#account ??= { now: this.#x.account }
    return this.#account.now
  }

  get budget(): Budget {
    this.#budget ??= budgetsOf(this.#x.engine).of(this.#x.spender)
    return this.#budget
  }

  get random(): number {
    this.#random ??= this.#x.engine.runtime.random()
    return this.#random
  }

  get serverAt(): number | undefined {
    const { engine, origin } = this.#x
    return serverTimeAt(serverClocksOf(engine).of(origin), this.#reading)
  }

  get isSeen(): boolean {
    return presenceOf(this.#x.engine).isSeen
  }

  isGone(lease: Lease): boolean {
    return presenceOf(this.#x.engine).isGone(lease)
  }
}
