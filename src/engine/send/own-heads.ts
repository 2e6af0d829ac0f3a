/** Heads of the operation that this process sent so far, through the gate or beside it. */
export type Heads = {
  readonly count: number
  /** Those that were answered 421: Node's own fetch sends once more after each (Fetch standard). */
  readonly misdirectedCount: number
}

/**
 * Counts the heads that left through the gate: at most one for each send, none for one that never left, and one more
 * for each 421.
 */
export class OwnHeads {
  readonly #told: () => Heads
  #underWay: readonly Heads[] = []
  #left = 0

  /** `told`: heads so far, whoever sent them. */
  constructor(told: () => Heads) {
    this.#told = told
  }

  get count(): number {
    let count = this.#left
    for (const before of this.#underWay) count += this.#leftSince(before)
    return count
  }

  /** A send begins; gives the heads of before, by which it is known. */
  begin(): Heads {
    const before = this.#told()
    this.#underWay = this.#underWay.length === 0 ? [before] : this.#underWay.concat(before)
    return before
  }

  /** The send that began with these heads is over. */
  end(before: Heads): void {
    if (!this.#underWay.includes(before)) return
    this.#underWay = this.#underWay.length === 1 ? [] : this.#underWay.filter(other => other !== before)
    this.#left += this.#leftSince(before)
  }

  #leftSince(before: Heads): number {
    const { count, misdirectedCount } = this.#told()
    return Math.min(1 + misdirectedCount - before.misdirectedCount, count - before.count)
  }
}
