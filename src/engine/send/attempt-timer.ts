import type { RunFacts } from '../run/run-facts.ts'

/** The clock of an attempt: no part of it takes longer than `timeout`, nor longer than its run. */
export class AttemptTimer {
  readonly #x: RunFacts
  readonly #onDue: () => void
  /** When the time is up, monotonic ms. */
  #dueMs = 0
  #cancel: (() => void) | undefined

  constructor(x: RunFacts, onDue: () => void) {
    this.#x = x
    this.#onDue = onDue
  }

  /** Gives the attempt its whole time again. */
  restart(): void {
    const { runtime } = this.#x.engine
    const delayMs = Math.max(0, Math.min(this.#x.plan.settings.timeoutMs, this.#x.remainingMs))
    const dueMs = runtime.monotonic() + delayMs
    // A timer that fires too early starts again; one that would fire too late is replaced.
    if (this.#cancel !== undefined && dueMs >= this.#dueMs) {
      this.#dueMs = dueMs
      return
    }
    this.#cancel?.()
    this.#dueMs = dueMs
    this.#set(delayMs)
  }

  stop(): void {
    this.#cancel?.()
  }

  #set(delayMs: number): void {
    const { runtime } = this.#x.engine
    this.#cancel = runtime.watchdog(delayMs, () => {
      const leftMs = this.#dueMs - runtime.monotonic()
      if (leftMs > 0) this.#set(leftMs)
      else this.#onDue()
    })
  }
}
