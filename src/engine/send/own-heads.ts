import type { Watched } from '../../runtime/send-watch.ts'

/** The request heads of the operation that this process has sent so far, through the gate or past it. */
export type Heads = {
  readonly count: number
  /** How many requests were answered with 421: Node's own fetch sends once more after each (Fetch standard). */
  readonly misdirectedCount: number
}

/**
 * Counts the heads that left through the gate: at most one for each send, none for a send that never left, and one more
 * for each 421.
 */
export class OwnHeads {
  /** Reports all heads of the operation, whatever sent them. */
  readonly #watched: Watched | undefined
  #underWay: readonly Heads[] = NONE
  #left = 0

  constructor(watched: Watched | undefined) {
    this.#watched = watched
  }

  get count(): number {
    let count = this.#left
    for (const before of this.#underWay) count += this.#leftSince(before)
    return count
  }

  /** Begins a send. Returns the heads before it, which identify it. */
  begin(): Heads {
    const before = {
      count: this.#watched?.count ?? 0,
      misdirectedCount: this.#watched?.misdirectedCount ?? 0,
    }
    this.#underWay = this.#underWay.length === 0 ? [before] : [...this.#underWay, before]
    return before
  }

  /** Ends the send that began with these heads. */
  end(before: Heads): void {
    if (!this.#underWay.includes(before)) return
    this.#underWay = this.#underWay.length === 1 ? NONE : this.#underWay.filter(other => other !== before)
    this.#left += this.#leftSince(before)
  }

  #leftSince(before: Heads): number {
    const watched = this.#watched
    if (watched === undefined) return 0
    return Math.min(1 + watched.misdirectedCount - before.misdirectedCount, watched.count - before.count)
  }
}

const NONE: readonly Heads[] = []
