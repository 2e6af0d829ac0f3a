import type { Instant } from './put-off.ts'
import type { Pause } from './pauses.ts'
import { againPauseMs } from './pauses.ts'

/*
 * Which servers are there. One that has not answered several operations in a row counts as down: from then on one operation at a
 * time tries it, in pauses that grow, and all others of that server are left alone. One answer, and it is up.
 *
 *   up --unreachable, 3 in a row--> down --due--> tried --unreachable--> down (for longer)
 *                                                   '---answered--> up
 */

/** One that fails may be a fault of the operation, not of the server. */
const FAILURES_TO_BE_DOWN = 3

/** Between two tries of a server that is down, ms. */
const TRY_PAUSE: Pause = { min: 2_000, max: 60_000 }

type Trouble = {
  /** Not answered, in a row. */
  readonly failures: number
  /** Tries of a server that is down, in a row. */
  readonly tries: number
  /** When it is tried again, monotonic ms. */
  readonly dueMs: number
  readonly isTried: boolean
}

/** As what an operation was taken up: one of many, or the one that tries a server which is down. */
export type Attempt = 'ordinary' | 'try'

export class Origins {
  readonly #troubles = new Map<string, Trouble>()

  /** How many are down. */
  get downCount(): number {
    return [...this.#troubles.keys()].filter(origin => this.isDown(origin)).length
  }

  isDown(origin: string): boolean {
    return (this.#troubles.get(origin)?.failures ?? 0) >= FAILURES_TO_BE_DOWN
  }

  /** Undefined where the server is left alone now. */
  attempt(origin: string, { ms }: Instant): Attempt | undefined {
    const trouble = this.#troubles.get(origin)
    if (trouble === undefined || trouble.failures < FAILURES_TO_BE_DOWN) return 'ordinary'
    if (trouble.isTried || ms < trouble.dueMs) return undefined
    this.#troubles.set(origin, { ...trouble, isTried: true })
    return 'try'
  }

  /** What came of it. `silent`: nobody was asked, which says nothing of the server. */
  heard(origin: string, as: Attempt, said: 'answered' | 'unreachable' | 'silent', now: Instant): void {
    const trouble = this.#troubles.get(origin)
    if (said === 'answered') return void this.#troubles.delete(origin)
    if (said === 'silent') {
      // Another operation tries it.
      if (as === 'try' && trouble !== undefined) this.#troubles.set(origin, { ...trouble, isTried: false })
      return
    }
    const { failures = 0, tries = 0, dueMs = 0, isTried = false } = trouble ?? {}
    // The look began before the trouble was known: this is the same failure, seen once more.
    if (failures >= FAILURES_TO_BE_DOWN && as === 'ordinary') return
    const isDown = failures + 1 >= FAILURES_TO_BE_DOWN
    this.#troubles.set(origin, {
      failures: failures + 1,
      tries: isDown ? tries + 1 : 0,
      dueMs: isDown ? now.ms + againPauseMs(tries + 1, TRY_PAUSE, now.random) : dueMs,
      isTried: as === 'try' ? false : isTried,
    })
  }
}
