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

/** The same text for values that differ only in what has no weight. */
export class Canon {
  readonly #numbers = new Map<string, number>()
  readonly #known = new WeakMap<object, string>()

  textOf(value: unknown): string {
    switch (typeof value) {
      case 'object':
        return value === null ? 'null' : this.#ofObject(value)
      case 'number':
        return Math.abs(value) < 1_000 ? String(value) : String(Math.floor(value / GRAIN_MS))
      case 'string':
        return `"${value}`
      default:
        return String(value)
    }
  }

  #ofObject(value: object): string {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const parts = Array.isArray(value)
      ? value.map(part => this.textOf(part))
      : Object.keys(value)
          .toSorted()
          .filter(name => !WITHOUT_WEIGHT.has(name) && Reflect.get(value, name) !== undefined)
          .map(name => `${name}:${this.#ofField(name, Reflect.get(value, name))}`)
    const text = parts.join(',')
    const number = this.#numbers.get(text) ?? this.#numbers.size
    this.#numbers.set(text, number)
    const short = `#${number}`
    this.#known.set(value, short)
    return short
  }

  #ofField(name: string, value: unknown): string {
    // Only the first look differs from the others.
    return name === 'looks' ? String(Math.min(1, Number(value))) : this.textOf(value)
  }
}

/** Values and their numbers, from 0 on. */
export class Interned<Value> {
  readonly #textOf: (value: Value) => string
  readonly #numbers = new Map<string, number>()
  readonly #values: Value[] = []

  constructor(textOf: (value: Value) => string) {
    this.#textOf = textOf
  }

  get size(): number {
    return this.#values.length
  }

  idOf(value: Value): number {
    const text = this.#textOf(value)
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const id = this.#values.push(value) - 1
    this.#numbers.set(text, id)
    return id
  }

  of(id: number): Value {
    return this.#values[id] as Value
  }
}
