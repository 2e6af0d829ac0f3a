/*
 * Values by number. Two values that are the same for every decision have the same number, so that a world is a handful of
 * integers, and what was worked out for a value once is looked up from then on.
 */

/** What no decision of the machine depends on: texts for people, and what is only handed on. */
const WITHOUT_WEIGHT = new Set([
  'reason',
  'message',
  'cause',
  'lastCause',
  'told',
  'error',
  'lastAnswer',
  'misread',
  'updatedAt',
  'createdAt',
])

/** Times are told apart by tenths of a second. */
const GRAIN_MS = 100

/** One number for values that differ only in what has no weight: a row of the numbers of its parts stands for an object. */
export class Canon {
  readonly #rows = new Rows()
  readonly #numbers = new Map<unknown, number>()
  /** Rounded, so that they are apart from the numbers that are not. */
  readonly #times = new Map<number, number>()
  readonly #known = new Map<object, number>()
  readonly #layouts = new Layouts()
  #next = 0

  numberOf(value: unknown): number {
    if (typeof value === 'object' && value !== null) return this.#ofObject(value)
    if (typeof value === 'number' && Math.abs(value) >= 1_000)
      return this.#interned(this.#times, Math.floor(value / GRAIN_MS))
    return this.#interned(this.#numbers, value)
  }

  #interned<Key>(numbers: Map<Key, number>, key: Key): number {
    const known = numbers.get(key)
    if (known !== undefined) return known
    const number = this.#next++
    numbers.set(key, number)
    return number
  }

  #ofObject(value: object): number {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const parts = Array.isArray(value) ? value.map(part => this.numberOf(part)) : this.#ofFields(value)
    const number = this.#rows.numberOf(parts, () => this.#next++)
    this.#known.set(value, number)
    return number
  }

  #ofFields(value: object): readonly number[] {
    const parts: number[] = []
    for (const { name, number } of this.#layouts.of(value)) {
      const field: unknown = Reflect.get(value, name)
      if (field === undefined) continue
      // Only the first look differs from the others.
      parts.push(number, this.numberOf(name === 'looks' ? Math.min(1, Number(field)) : field))
    }
    return parts
  }
}

/** The fields of objects in order, without those that have no weight: sorted once for each way in which objects are written. */
class Layouts {
  readonly #root: Layout = { after: new Map(), fields: undefined }
  readonly #numbers = new Map<string, number>()

  of(value: object): readonly Field[] {
    const names = Object.keys(value)
    let layout = this.#root
    for (const name of names) layout = layout.after.get(name) ?? added(layout, name)
    layout.fields ??= names
      .filter(name => !WITHOUT_WEIGHT.has(name))
      .toSorted()
      .map(name => ({ name, number: this.#numberOf(name) }))
    return layout.fields
  }

  /** Below 0, where no value has its number. */
  #numberOf(name: string): number {
    const number = this.#numbers.get(name) ?? -1 - this.#numbers.size
    this.#numbers.set(name, number)
    return number
  }
}

type Layout = { readonly after: Map<string, Layout>; fields: readonly Field[] | undefined }
type Field = { readonly name: string; readonly number: number }

function added(layout: Layout, name: string): Layout {
  const next: Layout = { after: new Map(), fields: undefined }
  layout.after.set(name, next)
  return next
}

/** Rows of integers by number, in one piece of memory. */
class Rows {
  /** Each row: its number, its length, its integers. */
  #pool = new Int32Array(2 ** 16)
  #end = 0
  /** Where a row begins, or -1. */
  #slots = new Int32Array(2 ** 12).fill(-1)
  #count = 0

  numberOf(row: readonly number[], newNumber: () => number): number {
    const slot = this.#slotOf(row)
    const at = this.#slots[slot]!
    if (at !== -1) return this.#pool[at]!
    while (this.#end + row.length + 2 > this.#pool.length) this.#grow()
    const number = newNumber()
    this.#slots[slot] = this.#end
    this.#pool[this.#end] = number
    this.#pool[this.#end + 1] = row.length
    this.#pool.set(row, this.#end + 2)
    this.#end += row.length + 2
    this.#count++
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return number
  }

  #slotOf(row: ArrayLike<number>): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(row) & mask
    while (this.#slots[slot] !== -1 && !this.#isAt(this.#slots[slot]!, row)) slot = (slot + 1) & mask
    return slot
  }

  #isAt(at: number, row: ArrayLike<number>): boolean {
    if (this.#pool[at + 1] !== row.length) return false
    for (let index = 0; index < row.length; index++) {
      if (this.#pool[at + 2 + index] !== row[index]) return false
    }
    return true
  }

  #grow(): void {
    const pool = new Int32Array(this.#pool.length * 2)
    pool.set(this.#pool)
    this.#pool = pool
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let at = 0; at < this.#end; at += this.#pool[at + 1]! + 2) {
      const row = this.#pool.subarray(at + 2, at + 2 + this.#pool[at + 1]!)
      this.#slots[this.#slotOf(row)] = at
    }
  }
}

function hashOf(row: ArrayLike<number>): number {
  let hash = row.length
  for (let index = 0; index < row.length; index++) {
    hash = Math.imul(hash ^ row[index]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

/** Values and their numbers, from 0 on. */
export class Interned<Value> {
  readonly #nameOf: (value: Value) => string | number
  readonly #numbers = new Map<string | number, number>()
  readonly #values: Value[] = []

  /** `nameOf` gives the same for values that are the same. */
  constructor(nameOf: (value: Value) => string | number) {
    this.#nameOf = nameOf
  }

  get size(): number {
    return this.#values.length
  }

  idOf(value: Value): number {
    const name = this.#nameOf(value)
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const id = this.#values.push(value) - 1
    this.#numbers.set(name, id)
    return id
  }

  of(id: number): Value {
    return this.#values[id] as Value
  }
}
