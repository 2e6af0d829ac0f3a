/**
 * Fires once and calls its listeners: an AbortSignal for use within the engine, where every attempt would pay an
 * EventTarget's cost for each listener.
 */
export class Cue {
  /** Few at a time, and often none: the array is created for the first one. */
  #listeners: (() => void)[] | undefined
  #fired = false

  get fired(): boolean {
    return this.#fired
  }

  /** Calls the listener when the cue fires, but not if it has already fired. Returns a function that ends this. */
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
