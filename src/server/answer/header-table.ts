/** Reads headers: from `Headers`, a table, or a request of Node. Names are in lower case. */
export interface HeaderLookup {
  get(name: string): string | null
  has(name: string): boolean
}

/**
 * Headers by their lower-case names. The platform's `Headers` would check again what was checked before, at a higher
 * cost.
 */
export class HeaderTable implements HeaderLookup {
  readonly #values = new Map<string, string>()
  #cookies: string[] | undefined

  get(name: string): string | null {
    return name === COOKIE ? (this.#cookies?.join(', ') ?? null) : (this.#values.get(name) ?? null)
  }

  has(name: string): boolean {
    return name === COOKIE ? this.#cookies !== undefined : this.#values.has(name)
  }

  set(name: string, value: string): void {
    if (name === COOKIE) this.#cookies = [value]
    else this.#values.set(name, value)
  }

  /** Several values of one name become one list, but cookies stay separate: RFC 9110 5.3. */
  append(name: string, value: string): void {
    if (name === COOKIE) {
      ;(this.#cookies ??= []).push(value)
      return
    }
    const before = this.#values.get(name)
    this.#values.set(name, before === undefined ? value : `${before}, ${value}`)
  }

  delete(name: string): void {
    if (name === COOKIE) this.#cookies = undefined
    else this.#values.delete(name)
  }

  getSetCookie(): readonly string[] {
    return this.#cookies ?? []
  }

  /**
   * Cookies come last, one call for each. Like `forEach` of `Headers`; a generator costs more than the usual work on
   * headers.
   */
  forEach(callback: (value: string, name: string) => void): void {
    this.#values.forEach(callback)
    for (const cookie of this.#cookies ?? []) callback(cookie, COOKIE)
  }

  /** Cookies come last, each on its own. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    yield* this.#values
    for (const cookie of this.#cookies ?? []) yield [COOKIE, cookie]
  }
}

const COOKIE = 'set-cookie'

/** A value without surrounding space, as `Headers` takes it. Other space is part of the value. */
export function headerValue(text: string): string {
  return /^[\t\n\r ]|[\t\n\r ]$/.test(text) ? text.replaceAll(/^[\t\n\r ]+|[\t\n\r ]+$/g, '') : text
}
