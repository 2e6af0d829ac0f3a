/** What is read of headers: `Headers`, a table of them, or those of one of Node's requests. Names in lower case. */
export interface HeaderLookup {
  get(name: string): string | null
  has(name: string): boolean
}

/** Headers by their names in lower case. `Headers` of the platform checks what was checked before, and costs more. */
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

  /** Several of one name are one list; cookies stay apart: RFC 9110 5.3. */
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

  /** Cookies last, each for itself. As of `Headers`; a generator costs more than what is done with most headers. */
  forEach(callback: (value: string, name: string) => void): void {
    this.#values.forEach(callback)
    for (const cookie of this.#cookies ?? []) callback(cookie, COOKIE)
  }

  /** Cookies last, each for itself. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    yield* this.#values
    for (const cookie of this.#cookies ?? []) yield [COOKIE, cookie]
  }
}

const COOKIE = 'set-cookie'

/** A value without the space around it, as `Headers` takes it; other space is part of it. */
export function headerValue(text: string): string {
  return /^[\t\n\r ]|[\t\n\r ]$/.test(text) ? text.replaceAll(/^[\t\n\r ]+|[\t\n\r ]+$/g, '') : text
}
