import type { ClockReading, ServerClock, Sighting } from '../core/record/server-clock.ts'
import { afterSighting } from '../core/record/server-clock.ts'
import type { Budget } from '../core/run/retry-budget.ts'
import { fullBudget } from '../core/run/retry-budget.ts'
import type { Engine } from './engine.ts'

/* What all runs of one client remember about servers together. Created when a run first needs it. */

const budgets = new WeakMap<object, Budgets>()
const clocks = new WeakMap<object, ServerClocks>()

/** One retry budget per user and origin. */
export function budgetsOf({ writer, runtime }: Engine): Budgets {
  const known = budgets.get(writer)
  if (known !== undefined) return known
  const made = new Budgets(() => runtime.monotonic())
  budgets.set(writer, made)
  return made
}

export function serverClocksOf({ writer }: Engine): ServerClocks {
  const known = clocks.get(writer)
  if (known !== undefined) return known
  const made = new ServerClocks()
  clocks.set(writer, made)
  return made
}

/** How many budgets are remembered, the most recently used ones: a service may act for any number of users. */
const MOST_BUDGETS = 1_000

/** Retry budgets by spender, a user at an origin, so that failures of one user take nothing from another. */
class Budgets {
  readonly #bySpender = new Map<string, Budget>()
  #lastSet: string | undefined
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  of(spender: string): Budget {
    return this.#bySpender.get(spender) ?? fullBudget(this.#now())
  }

  set(spender: string, budget: Budget): void {
    // Inserting the entry again makes it the last one of the map.
    if (this.#lastSet !== spender) this.#bySpender.delete(spender)
    this.#bySpender.set(spender, budget)
    this.#lastSet = spender
    if (this.#bySpender.size <= MOST_BUDGETS) return
    const oldest = this.#bySpender.keys().next()
    if (oldest.done !== true) this.#bySpender.delete(oldest.value)
  }
}

/** How many keys have their first send remembered, at least; at most twice as many. */
const LEAST_FIRST_SENDS = 1_000

/** What is known about the servers' clocks, by origin, and when this process first sent its keys. */
class ServerClocks {
  readonly #byOrigin = new Map<string, ServerClock>()
  // The older half is dropped at once: a map that drops its oldest entry for each new one costs several times as much.
  #firstSends = new Map<string, ClockReading>()
  #olderFirstSends = new Map<string, ClockReading>()

  of(origin: string): ServerClock {
    return this.#byOrigin.get(origin) ?? []
  }

  saw(origin: string, sighting: Sighting): ServerClock {
    const clock = afterSighting(this.of(origin), sighting)
    this.#byOrigin.set(origin, clock)
    return clock
  }

  firstSend(key: string | undefined): ClockReading | undefined {
    return key === undefined ? undefined : (this.#firstSends.get(key) ?? this.#olderFirstSends.get(key))
  }

  began(key: string, at: ClockReading): void {
    if (this.#firstSends.size >= LEAST_FIRST_SENDS) {
      this.#olderFirstSends = this.#firstSends
      this.#firstSends = new Map()
    }
    this.#firstSends.set(key, at)
  }
}
