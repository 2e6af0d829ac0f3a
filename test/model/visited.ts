import type { World } from './world.ts'

/** The worlds that were come to, each as a row of integers, and by which move of which world. */
export class Visited {
  readonly #runners: number
  readonly #width: number
  #rows: Int32Array
  #slots: Int32Array
  #size = 0

  constructor(runners: number) {
    this.#runners = runners
    // Runners, stored, server, circumstances, faults left; then the world before it and the move.
    this.#width = runners + 6
    this.#rows = new Int32Array(this.#width * 2 ** 12)
    this.#slots = new Int32Array(2 ** 14).fill(-1)
  }

  get size(): number {
    return this.#size
  }

  add(world: World, before: number, move: number): void {
    if (this.#size * this.#width === this.#rows.length) this.#grow()
    const at = this.#size * this.#width
    this.#write(at, world)
    const slot = this.#slotOf(at)
    if (this.#slots[slot] !== -1) return
    this.#slots[slot] = this.#size
    this.#rows[at + this.#width - 2] = before
    this.#rows[at + this.#width - 1] = move
    this.#size++
    if (this.#size * 2 > this.#slots.length) this.#rehash()
  }

  at(index: number): World {
    const at = index * this.#width
    const rows = this.#rows
    const end = at + this.#runners
    return {
      runners: Array.from(rows.subarray(at, end)),
      stored: rows[end]!,
      server: rows[end + 1]!,
      circumstances: rows[end + 2]!,
      faultsLeft: rows[end + 3]!,
    }
  }

  /** The world that it was first come to from, and the move. */
  before(index: number): readonly [world: number, move: number] {
    const end = (index + 1) * this.#width
    return [this.#rows[end - 2]!, this.#rows[end - 1]!]
  }

  #write(at: number, { runners, stored, server, circumstances, faultsLeft }: World): void {
    const rows = this.#rows
    for (let index = 0; index < this.#runners; index++) rows[at + index] = runners[index]!
    const end = at + this.#runners
    rows[end] = stored
    rows[end + 1] = server
    rows[end + 2] = circumstances
    rows[end + 3] = faultsLeft
  }

  /** Where the row is, or could be. */
  #slotOf(at: number): number {
    const mask = this.#slots.length - 1
    let slot = this.#hashOf(at) & mask
    for (;;) {
      const other = this.#slots[slot]!
      if (other === -1 || this.#isSame(other * this.#width, at)) return slot
      slot = (slot + 1) & mask
    }
  }

  #hashOf(at: number): number {
    let hash = 0
    for (let index = at; index < at + this.#width - 2; index++) {
      hash = Math.imul(hash ^ this.#rows[index]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash
  }

  #isSame(one: number, other: number): boolean {
    for (let index = 0; index < this.#width - 2; index++) {
      if (this.#rows[one + index] !== this.#rows[other + index]) return false
    }
    return true
  }

  #grow(): void {
    const rows = new Int32Array(this.#rows.length * 2)
    rows.set(this.#rows)
    this.#rows = rows
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let index = 0; index < this.#size; index++) this.#slots[this.#slotOf(index * this.#width)] = index
  }
}
