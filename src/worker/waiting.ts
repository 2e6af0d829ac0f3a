import { Cue } from '../runtime/cue.ts'
import { pause } from '../runtime/pause.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Pause } from './core/pauses.ts'
import { hintedPauseMs, idlePauseMs } from './core/pauses.ts'

/** How a worker waits: for a time, for news within this process, or for hints from its store. */
export class Waiting {
  readonly #runtime: Runtime
  readonly #idle: Pause
  readonly #isRunning: () => boolean
  /** Fires when waiting code has something to look at; a new cue then replaces it. */
  #news = new Cue()
  /** How often there was news within this process. */
  #told = 0
  #isHinted = false

  constructor(runtime: Runtime, idle: Pause, isRunning: () => boolean) {
    this.#runtime = runtime
    this.#idle = idle
    this.#isRunning = isRunning
  }

  /** Notes that the loop, or the end of the worker, has something to look at. */
  tell(): void {
    this.#told += 1
    this.#wake()
  }

  /** Notes that another process has written something. */
  hint(): void {
    this.#isHinted = true
    this.#wake()
  }

  #wake(): void {
    const news = this.#news
    this.#news = new Cue()
    news.fire()
  }

  /**
   * Waits between two rounds until a call of this process changes something. A hint, also one that came during the
   * round, shortens the wait but does not end it. Returns whether there was a hint.
   */
  async idle(rounds: number, vain: number): Promise<boolean> {
    const sinceMs = this.#runtime.monotonic()
    const random = this.#runtime.random()
    const delayMs = idlePauseMs(rounds, this.#idle, random)
    const hintedMs = Math.min(delayMs, hintedPauseMs(vain, this.#idle, random))
    const told = this.#told
    for (;;) {
      const leftMs = sinceMs + (this.#isHinted ? hintedMs : delayMs) - this.#runtime.monotonic()
      if (leftMs <= 0 || told !== this.#told || !this.#isRunning()) break
      await this.newsWithin(leftMs)
    }
    const isHinted = this.#isHinted
    this.#isHinted = false
    return isHinted
  }

  /** Waits until there is news, and at most `delayMs`. */
  newsWithin(delayMs: number): Promise<void> {
    return pause(this.#runtime, delayMs, this.#news)
  }

  /** Waits for the whole pause, whatever the news, unless the worker is stopped. */
  async rest(delayMs: number): Promise<void> {
    const untilMs = this.#runtime.monotonic() + delayMs
    for (let leftMs = delayMs; leftMs > 0 && this.#isRunning(); leftMs = untilMs - this.#runtime.monotonic())
      await this.newsWithin(leftMs)
  }
}
