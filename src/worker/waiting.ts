import { Cue } from '../runtime/cue.ts'
import { pause } from '../runtime/pause.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Pause } from './core/pauses.ts'
import { hintedPauseMs, idlePauseMs } from './core/pauses.ts'

/** How a worker waits: for a time, for news of this process, for hints of its store. */
export class Waiting {
  readonly #runtime: Runtime
  readonly #idle: Pause
  readonly #isRunning: () => boolean
  /** Fires when somebody who waits has something to see; then there is another. */
  #news = new Cue()
  /** How often there was news of this process. */
  #told = 0
  #isHinted = false

  constructor(runtime: Runtime, idle: Pause, isRunning: () => boolean) {
    this.#runtime = runtime
    this.#idle = idle
    this.#isRunning = isRunning
  }

  /** The loop, or the end of the worker, has something to see. */
  tell(): void {
    this.#told += 1
    this.#wake()
  }

  /** Somebody else has written something. */
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
   * Between two rounds: until a call of this process changes something; shorter, but no end of it, where a hint comes, or came
   * while the round was under way. Whether one did.
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

  /** Until there is news, but no longer than that. */
  newsWithin(delayMs: number): Promise<void> {
    return pause(this.#runtime, delayMs, this.#news)
  }

  /** The whole pause, whatever the news, unless the worker is stopped. */
  async rest(delayMs: number): Promise<void> {
    const untilMs = this.#runtime.monotonic() + delayMs
    for (let leftMs = delayMs; leftMs > 0 && this.#isRunning(); leftMs = untilMs - this.#runtime.monotonic())
      await this.newsWithin(leftMs)
  }
}
