import type { Instant } from './put-off.ts'
import type { Pause } from './pauses.ts'
import { againPauseMs } from './pauses.ts'

/*
 * Which servers are reachable. A server that has not answered several operations in a row counts as down. From then
 * on one operation at a time tries the server, after growing pauses, and all its other operations wait. One answer,
 * and it is up.
 *
 *   up --unreachable, 3 in a row--> down --due--> tried --unreachable--> down (for longer)
 *                                                   '---answered--> up
 */

/** A single failure may be a fault of the operation, and not of the server. */
const FAILURES_TO_BE_DOWN = 3

/** The pause between two tries of a server that is down, ms. */
const TRY_PAUSE: Pause = { min: 2_000, max: 60_000 }

type Trouble = {
  /** Failures in a row. */
  readonly failures: number
  /** Tries in a row while the server is down. */
  readonly tries: number
  /** When the next try is due, monotonic ms. */
  readonly dueMs: number
  readonly isTried: boolean
}

/** The role of an operation: one of many, or the one that tries a server which is down. */
export type Attempt = 'ordinary' | 'try'

export class Origins {
  readonly #troubles = new Map<string, Trouble>()

  /** How many servers are down. */
  get downCount(): number {
    return [...this.#troubles.keys()].filter(origin => this.isDown(origin)).length
  }

  isDown(origin: string): boolean {
    return (this.#troubles.get(origin)?.failures ?? 0) >= FAILURES_TO_BE_DOWN
  }

  /** Undefined if the server must be left alone now. */
  attempt(origin: string, { ms }: Instant): Attempt | undefined {
    const trouble = this.#troubles.get(origin)
    if (trouble === undefined || trouble.failures < FAILURES_TO_BE_DOWN) return 'ordinary'
    if (trouble.isTried || ms < trouble.dueMs) return undefined
    this.#troubles.set(origin, { ...trouble, isTried: true })
    return 'try'
  }

  /**
   * Notes the result of an attempt. `silent`: the server was not asked, so the result proves nothing about the
   * server.
   */
  heard(origin: string, as: Attempt, said: 'answered' | 'unreachable' | 'silent', now: Instant): void {
    const trouble = this.#troubles.get(origin)
    if (said === 'answered') return void this.#troubles.delete(origin)
    if (said === 'silent') {
      // Another operation will try the server.
      if (as === 'try' && trouble !== undefined) this.#troubles.set(origin, { ...trouble, isTried: false })
      return
    }
    const { failures = 0, tries = 0, dueMs = 0, isTried = false } = trouble ?? {}
    // The attempt began before the server counted as down, so this is the same failure, seen again.
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
