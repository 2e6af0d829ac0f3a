import type { Watched } from '../../runtime/send-watch.ts'

/** Heads of the operation that this process sent so far, through the gate or beside it. */
export type Heads = {
  readonly count: number
  /** Requests that were answered 421: Node's own fetch sends once more after each (Fetch standard). */
  readonly misdirectedCount: number
}

/**
 * Counts the heads that left through the gate: at most one for each send, none for one that never left, and one more
 * for each 421.
 */
export class OwnHeads {
  /** Reports heads, whoever sent them. */
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

  /** A send begins; gives the heads of before, by which it is known. */
  begin(): Heads {
    const before = {
      count: this.#watched?.count ?? 0,
      misdirectedCount: this.#watched?.misdirectedCount ?? 0,
    }
    this.#underWay = this.#underWay.length === 0 ? [before] : [...this.#underWay, before]
    return before
  }

  /** The send that began with these heads is over. */
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
