/*
 * Virtual time: a heap of events, true time in ms. Between two events everything that is ready runs to its
 * end: a macrotask of Node comes only when no microtask is left, in whatever promise chain it hides.
 */
type Entry = { readonly at: number; readonly order: number; run: (() => void) | undefined }

export class VirtualTime {
  now = 0
  readonly #heap: Entry[] = []
  #order = 0

  /** Calls back at `at`, or now if that has passed; returns what cancels it. */
  at(at: number, run: () => void): () => void {
    const entry: Entry = { at: Math.max(at, this.now), order: this.#order++, run }
    this.#push(entry)
    return () => {
      entry.run = undefined
    }
  }

  in(delayMs: number, run: () => void): () => void {
    return this.at(this.now + delayMs, run)
  }

  /** Goes on until `until`, or until `isOver` says so after an event. */
  async runUntil(until: number, isOver: () => boolean = () => false): Promise<void> {
    await settled()
    while (!isOver()) {
      const next = this.#peek()
      if (next === undefined || next.at > until) break
      this.#pop()
      this.now = next.at
      next.run?.()
      await settled()
    }
    if (!isOver()) this.now = Math.max(this.now, until)
  }

  #peek(): Entry | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#pop()
    return this.#heap[0]
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const above = (index - 1) >> 1
      if (!isBefore(entry, heap[above]!)) break
      heap[index] = heap[above]!
      index = above
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let below = 2 * index + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (!isBefore(heap[below]!, last)) break
      heap[index] = heap[below]!
      index = below
    }
    heap[index] = last
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}

/** Resolves when every microtask that is ready, and all that follow from it, have run. */
function settled(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
