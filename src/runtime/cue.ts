/**
 * Fires once, and calls back whoever waits for it: what an AbortSignal is for, within the engine, where an
 * EventTarget's cost for each listener would be paid by every attempt.
 */
export class Cue {
  /** Few at a time, and often none: an array is made for the first. */
  #listeners: (() => void)[] | undefined
  #fired = false

  get fired(): boolean {
    return this.#fired
  }

  /** Calls back when it fires, not if it has fired already; returns what ends it. */
  on(listener: () => void): () => void {
    this.#listeners = this.#listeners?.concat(listener) ?? [listener]
    return () => {
      this.#listeners = this.#listeners?.filter(other => other !== listener)
    }
  }

  fire(): void {
    if (this.#fired) return
    this.#fired = true
    const listeners = this.#listeners
    this.#listeners = undefined
    for (const listener of listeners ?? []) listener()
  }
}
