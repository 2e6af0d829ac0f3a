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
  #underWay: readonly { readonly before: Heads }[] = []
  #left = 0

  /** `told`: heads so far, whoever sent them. */
  constructor(told: () => Heads) {
    this.#told = told
  }

  get count(): number {
    let count = this.#left
    for (const send of this.#underWay) count += this.#leftSince(send.before)
    return count
  }

  /** A send begins; returns what ends it. */
  begin(): () => void {
    const send = { before: this.#told() }
    this.#underWay = this.#underWay.concat(send)
    return () => {
      if (!this.#underWay.includes(send)) return
      this.#underWay = this.#underWay.filter(other => other !== send)
      this.#left += this.#leftSince(send.before)
    }
  }

  #leftSince(before: Heads): number {
    const { count, misdirectedCount } = this.#told()
    return Math.min(1 + misdirectedCount - before.misdirectedCount, count - before.count)
  }
}
