/**
 * Fires once, and calls back whoever waits for it: what an AbortSignal is for, within the engine, where an
 * EventTarget's cost for each listener would be paid by every attempt.
 */
export class Cue {
  readonly #listeners = new Set<() => void>()
  #fired = false

  get fired(): boolean {
    return this.#fired
  }

  /** Calls back when it fires, not if it has fired already; returns what ends it. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  fire(): void {
    if (this.#fired) return
    this.#fired = true
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
  }
}
