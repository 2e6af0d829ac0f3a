import type { Runtime } from './runtime.ts'

/*
 * A timer of Node costs about 2 us, and nearly all timers of a server are cancelled unused: each request has the same
 * few delays (its lease, its timeout, the patience with its store). Callbacks with the same delay are due in the order
 * in which they were added, so they form a list, and one platform timer waits for the oldest.
 */

type After = Runtime['after']

/** Node's timers need not keep the process alive. If a page is emulated in Node (jsdom), timers may be numbers. */
type Timer = { ref?(): unknown; unref?(): unknown }

type Waiting = {
  readonly callback: () => void
  readonly dueMs: number
  before: Waiting | undefined
  after: Waiting | undefined
  isOver: boolean
}

/** Shorter delays have many different lengths, and nearly all of them run to their end. */
const LEAST_SHARED_MS = 1_000

/**
 * A program that computes a new delay each time needs more lists; beyond this number, each delay gets its own timer.
 */
const MOST_LISTS = 32

/**
 * A timer without waiting callbacks keeps the process alive this much longer: holding and letting go at each request
 * costs more.
 */
const LET_GO_MS = 20

/** Platform timers round to whole milliseconds. */
const EARLY_MS = 1

const PLATFORM = globalThis.setTimeout

/** The `after` of a runtime in Node, in which long delays share their timers. */
export function sharedTimers(runtime: Pick<Runtime, 'after' | 'monotonic'>): After {
  const lists = new Map<number, Waitlist>()
  let isSweeping = false
  const sweep = () => {
    isSweeping = false
    for (const list of lists.values()) list.letGo()
  }
  const onEmpty = () => {
    if (isSweeping) return
    isSweeping = true
    PLATFORM(sweep, LET_GO_MS)
  }
  return (delayMs, callback) => {
    // A test sets, advances and clears fake timers at will, so nothing may be left in them.
    if (!(delayMs >= LEAST_SHARED_MS) || globalThis.setTimeout !== PLATFORM)
      return runtime.after(delayMs, callback)
    let list = lists.get(delayMs)
    if (list === undefined) {
      if (lists.size >= MOST_LISTS || delayMs > LONGEST_MS) return runtime.after(delayMs, callback)
      lists.set(delayMs, (list = new Waitlist(delayMs, () => runtime.monotonic(), onEmpty)))
    }
    return list.add(callback)
  }
}

/** With a longer delay `setTimeout` fires at once. */
const LONGEST_MS = 2 ** 31 - 1

class Waitlist {
  readonly #delayMs: number
  readonly #monotonic: () => number
  #oldest: Waiting | undefined
  #newest: Waiting | undefined
  /** Left running when nobody waits any more, but then it does not keep the process alive. */
  #timer: Timer | undefined
  #isHeld = false
  #ringsAtMs = 0
  #isRinging = false
  readonly #onEmpty: () => void

  constructor(delayMs: number, monotonic: () => number, onEmpty: () => void) {
    this.#delayMs = delayMs
    this.#monotonic = monotonic
    this.#onEmpty = onEmpty
  }

  add(callback: () => void): () => void {
    const dueMs = this.#monotonic() + this.#delayMs
    const waiting: Waiting = { callback, dueMs, before: this.#newest, after: undefined, isOver: false }
    if (this.#newest === undefined) this.#oldest = waiting
    else this.#newest.after = waiting
    this.#newest = waiting
    if (!this.#isHeld) this.#hold()
    if (this.#timer === undefined && !this.#isRinging) this.#wind(dueMs, this.#delayMs)
    return () => {
      this.#remove(waiting)
      if (this.#oldest === undefined) this.#onEmpty()
    }
  }

  #hold(): void {
    this.#isHeld = true
    this.#timer?.ref?.()
  }

  /** Allows the process to end if nobody waits. */
  letGo(): void {
    if (this.#oldest !== undefined) return
    this.#isHeld = false
    this.#timer?.unref?.()
  }

  #wind(ringsAtMs: number, delayMs: number): void {
    this.#ringsAtMs = ringsAtMs
    this.#timer = PLATFORM(() => this.#ring(), delayMs)
  }

  #remove(waiting: Waiting): void {
    if (waiting.isOver) return
    waiting.isOver = true
    if (waiting.before === undefined) this.#oldest = waiting.after
    else waiting.before.after = waiting.after
    if (waiting.after === undefined) this.#newest = waiting.before
    else waiting.after.before = waiting.before
    // Otherwise one entry that has reached V8's old generation would keep all later ones out of the quick collections.
    waiting.before = waiting.after = undefined
  }

  #ring(): void {
    this.#timer = undefined
    this.#isRinging = true
    const nowMs = Math.max(this.#monotonic(), this.#ringsAtMs) + EARLY_MS
    try {
      for (let one = this.#oldest; one !== undefined && one.dueMs <= nowMs; one = this.#oldest) {
        this.#remove(one)
        one.callback()
      }
    } finally {
      // Also runs if a callback throws, as between two separate platform timers.
      this.#isRinging = false
      const { dueMs } = this.#oldest ?? {}
      if (dueMs !== undefined) this.#wind(dueMs, Math.max(1, dueMs - this.#monotonic()))
    }
  }
}
