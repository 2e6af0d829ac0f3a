import { deathOf, noRoom, type Strike } from './faults.ts'
import type { Data, Site, Tab } from './sim-site.ts'

/*
 * As much of IndexedDB as the store uses, after https://w3c.github.io/IndexedDB: what is written is seen at a commit,
 * whose transactions wait for each other, and whose errors come as they do there (a request's error bubbles to its
 * transaction before that has one of its own).
 */

export class SimRequest extends EventTarget {
  result: unknown
  error: DOMException | null = null
  transaction: SimTransaction | null = null

  succeed(result: unknown): void {
    this.result = result
    this.dispatchEvent(new Event('success'))
  }

  fail(error: DOMException): void {
    this.result = undefined
    this.error = error
    this.dispatchEvent(new Event('error'))
  }
}

export class SimDatabase extends EventTarget {
  readonly site: Site
  readonly tab: Tab
  #isClosed = false
  #death: DOMException | undefined

  constructor(site: Site, tab: Tab) {
    super()
    this.site = site
    this.tab = tab
  }

  createObjectStore(name: string, { keyPath }: { readonly keyPath?: string } = {}): object {
    const indexes = new Map<string, string>()
    this.site.data = new Map([...this.site.data, [name, { keyPath, indexes, rows: new Map() }]])
    return { createIndex: (index: string, path: string) => indexes.set(index, path) }
  }

  transaction(
    names: string | readonly string[],
    mode: SimTransaction['mode'] = 'readonly',
    { durability = 'relaxed' }: { readonly durability?: 'strict' | 'relaxed' } = {},
  ): SimTransaction {
    if (this.#isClosed) throw new DOMException('The database connection is closing.', 'InvalidStateError')
    if (this.#death !== undefined) throw this.#death
    if (this.site.struck('transaction', this.tab) !== undefined) {
      const death = deathOf(this.site.random)
      this.die(death, 'silent')
      throw death
    }
    const begun = new SimTransaction(this, [names].flat(), mode, durability)
    this.site.transactions.push(begun)
    this.site.awaits(begun)
    this.site.time.in(0, () => this.site.pump())
    return begun
  }

  close(): void {
    this.#isClosed = true
    this.release()
  }

  /** Once closed, it is gone with the last of its transactions. */
  release(): void {
    if (this.#isClosed && !this.site.transactions.some(one => one.db === this && !one.isOver))
      this.site.connections.delete(this)
  }

  /** Whatever is called from now on fails so. Not every browser tells. */
  die(death: DOMException, how: 'told' | 'silent'): void {
    if (this.#death !== undefined) return
    this.#death = death
    this.vanish()
    if (how === 'told') {
      this.#isClosed = true
      this.site.time.in(this.site.latency(), () =>
        this.site.tell(this.tab, () => this.dispatchEvent(new Event('close'))),
      )
    }
  }

  /** Its end of the browser's database is gone, and what was under way with it. */
  vanish(): void {
    for (const one of this.site.transactions) if (one.db === this) one.undo(this.#death ?? null)
    this.site.connections.delete(this)
    this.site.time.in(0, () => this.site.pump())
  }
}

type Asked = { readonly request: SimRequest; readonly perform: () => void }

export class SimTransaction extends EventTarget {
  readonly db: SimDatabase
  readonly mode: 'readonly' | 'readwrite'
  readonly durability: 'strict' | 'relaxed'
  readonly objectStoreNames: readonly string[]
  error: DOMException | null = null
  #state: 'waiting' | 'running' | 'over' = 'waiting'
  /** No more requests: it goes to its end once those that are there are done. */
  #isCommitting = false
  #isBusy = false
  /** It hangs; `deaf`: and nothing that is called ends it. */
  #hang: 'deaf' | 'hears' | undefined
  readonly #asked: Asked[] = []
  #draft: Data = new Map()
  #hasWritten = false
  #isForgotten = false

  constructor(
    db: SimDatabase,
    names: readonly string[],
    mode: 'readonly' | 'readwrite',
    durability: 'strict' | 'relaxed',
  ) {
    super()
    this.db = db
    this.objectStoreNames = names
    this.mode = mode
    this.durability = durability
    if (!names.every(name => db.site.data.has(name)))
      throw new DOMException('No such store.', 'NotFoundError')
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  objectStore(name: string): SimObjectStore {
    return new SimObjectStore(this, name)
  }

  ask(work: (data: Data) => unknown, isWrite = false): SimRequest {
    if (this.isOver || this.#isCommitting)
      throw new DOMException('The transaction has finished.', 'TransactionInactiveError')
    const { site, tab } = this.db
    const request = new SimRequest()
    const strike = site.struck('request', tab)
    if (strike?.kind === 'throws at a request') {
      const death = deathOf(site.random)
      this.db.die(death, site.random.pick(['told', 'silent']))
      throw death
    }
    const struck = () => {
      if (strike === undefined || site.isHealed) return performed()
      strike.to = site.time.now
      if (strike.kind === 'hangs at a request') return this.#hangs(strike)
      if (strike.kind === 'dies at a request') {
        const death = deathOf(site.random)
        this.#refuse(request, death)
        return this.db.die(death, site.random.pick(['told', 'silent']))
      }
      return isWrite ? this.#refuse(request, noRoom()) : performed()
    }
    const performed = () => {
      const result = work(this.#draft)
      this.#tell(() => request.succeed(result))
      this.#goOn()
    }
    this.#asked.push({ request, perform: struck })
    this.#hasWritten ||= isWrite
    return request
  }

  start(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'running'
    const copy = [...this.db.site.data].map(
      ([name, one]) => [name, { ...one, rows: new Map(one.rows) }] as const,
    )
    this.#draft = new Map(copy)
    this.#goOn()
  }

  /** One request after another; where none is left, when all that waited for the last one has run, it commits. */
  #goOn(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.db.site.time.in(this.db.site.latency(), () => {
      this.#isBusy = false
      if (this.isOver || this.#hang !== undefined) return
      // Without commit() it is the page that asks for more, or lets it end.
      if (this.db.tab.waiting !== undefined && !this.#isCommitting)
        return this.db.site.tell(this.db.tab, () => this.#goOn())
      const next = this.#asked.shift()
      if (next === undefined) this.#end()
      else next.perform()
    })
  }

  #end(): void {
    this.#isCommitting = true
    const { site, tab } = this.db
    const strike = this.mode === 'readwrite' ? site.struck('end', tab) : undefined
    const fault = strike?.kind
    const full = fault === 'no room at the end' ? noRoom() : site.noRoom()
    if (full !== undefined && this.#hasWritten) return this.undo(full)
    if (strike !== undefined && fault === 'hangs at its end') return this.#hangs(strike, 'deaf')
    if (fault !== 'end lost, not written' && this.mode === 'readwrite' && this.#hasWritten)
      site.commit(this.#draft, this.durability)
    if (strike !== undefined && fault === 'end never told') {
      this.#over()
      return site.hang(strike, () => {})
    }
    if (fault === 'end lost, written' || fault === 'end lost, not written') {
      const death = deathOf(site.random)
      this.undo(death)
      return this.db.die(death, site.random.pick(['told', 'silent']))
    }
    this.#over()
    return void site.time.in(site.latency(), () => this.#tellEnd('complete'))
  }

  #hangs(strike: Strike, how?: 'deaf'): void {
    const { site } = this.db
    this.#hang = how ?? site.random.pick(['deaf', 'hears'])
    site.hang(strike, () => {
      this.#hang = undefined
      if (!this.isOver)
        this.db.die(new DOMException('The database process was restarted.', 'UnknownError'), 'told')
    })
  }

  commit(): void {
    if (this.isOver || this.#isCommitting) throw new DOMException('It has finished.', 'InvalidStateError')
    if (this.db.site.struck('commit', this.db.tab) !== undefined) {
      const death = deathOf(this.db.site.random)
      this.db.die(death, 'silent')
      throw death
    }
    this.#isCommitting = true
  }

  abort(): void {
    if (this.isOver || this.#isCommitting) throw new DOMException('It has finished.', 'InvalidStateError')
    if (this.#hang !== 'deaf') this.undo(null)
  }

  #refuse(request: SimRequest, error: DOMException): void {
    this.#tell(() => {
      request.fail(error)
      this.dispatchEvent(new Event('error'))
    })
    this.undo(error)
  }

  /** Its page hears nothing more of it. What was to be committed is, and nothing else. */
  forget(): void {
    this.#isForgotten = true
    if (!this.#isCommitting) this.undo(null)
  }

  #tell(run: () => void): void {
    this.db.site.tell(this.db.tab, () => {
      if (!this.#isForgotten) run()
    })
  }

  #tellEnd(type: 'complete' | 'abort'): void {
    this.#tell(() => {
      this.db.site.toldEnd(this)
      this.dispatchEvent(new Event(type))
    })
  }

  /** Nothing of it is kept. */
  undo(error: DOMException | null): void {
    if (this.isOver) return
    this.#over()
    const { site } = this.db
    const asked = this.#asked.splice(0)
    site.time.in(site.latency(), () => {
      this.#tell(() => {
        for (const { request } of asked) {
          request.fail(new DOMException('The transaction was aborted.', 'AbortError'))
          this.dispatchEvent(new Event('error'))
        }
        // As browsers do: what nobody gave a reason for has no error.
        this.error = error?.name === 'AbortError' ? null : error
      })
      this.#tellEnd('abort')
    })
  }

  #over(): void {
    this.#state = 'over'
    this.db.release()
    this.db.site.time.in(0, () => this.db.site.pump())
  }
}

type Range = SimKeyRange | string | null | undefined

export class SimObjectStore {
  readonly transaction: SimTransaction
  readonly name: string

  constructor(transaction: SimTransaction, name: string) {
    this.transaction = transaction
    this.name = name
  }

  index(name: string): SimIndex {
    return new SimIndex(this, name)
  }

  get(key: string): SimRequest {
    return this.transaction.ask(data => rowsOf(data, this.name).get(key))
  }

  getAll(range: Range, most = Infinity): SimRequest {
    return this.transaction.ask(data =>
      found(rowsOf(data, this.name), range, key => key)
        .slice(0, most)
        .map(([, row]) => row),
    )
  }

  put(row: object, key?: string): SimRequest {
    const copy = structuredClone(row)
    return this.transaction.ask(data => {
      const path = data.get(this.name)?.keyPath
      const own = path === undefined ? key : (copy as Readonly<Record<string, string>>)[path]
      rowsOf(data, this.name).set(own ?? '', copy)
      return own
    }, true)
  }

  delete(key: string): SimRequest {
    return this.transaction.ask(data => void rowsOf(data, this.name).delete(key), true)
  }
}

export class SimIndex {
  readonly #store: SimObjectStore
  readonly #name: string

  constructor(store: SimObjectStore, name: string) {
    this.#store = store
    this.#name = name
  }

  getAll(range: Range): SimRequest {
    return this.#store.transaction.ask(data => this.#found(data, range).map(([, row]) => row))
  }

  getAllKeys(range: Range, most = Infinity): SimRequest {
    return this.#store.transaction.ask(data =>
      this.#found(data, range)
        .slice(0, most)
        .map(([key]) => key),
    )
  }

  #found(data: Data, range: Range) {
    const path = data.get(this.#store.name)?.indexes.get(this.#name) ?? ''
    return found(
      rowsOf(data, this.#store.name),
      range,
      (_, row) => (row as Readonly<Record<string, string | number>>)[path],
    )
  }
}

/** The store walks with no cursor; idb looks whether it could. */
export class SimCursor {
  advance(): void {}
  continue(): void {}
  continuePrimaryKey(): void {}
}

type Value = string | number

export class SimKeyRange {
  readonly holds: (value: Value) => boolean

  constructor(holds: (value: Value) => boolean) {
    this.holds = holds
  }

  static bound(lower: Value, upper: Value, isAfter = false, isBefore = false): SimKeyRange {
    const [from, to] = [SimKeyRange.lowerBound(lower, isAfter), SimKeyRange.upperBound(upper, isBefore)]
    return new SimKeyRange(value => from.holds(value) && to.holds(value))
  }

  static lowerBound(lower: Value, isAfter = false): SimKeyRange {
    return new SimKeyRange(value => value > lower || (!isAfter && value === lower))
  }

  static upperBound(upper: Value, isBefore = false): SimKeyRange {
    return new SimKeyRange(value => value < upper || (!isBefore && value === upper))
  }
}

function rowsOf(data: Data, name: string): Map<string, unknown> {
  return data.get(name)?.rows ?? new Map()
}

/** In the order of what they are found by. */
function found(
  rows: ReadonlyMap<string, unknown>,
  range: Range,
  valueOf: (key: string, row: unknown) => Value | undefined,
): (readonly [key: string, row: unknown])[] {
  return [...rows]
    .flatMap(([key, row]) => {
      const value = valueOf(key, row)
      const isIn =
        value !== undefined &&
        (range instanceof SimKeyRange
          ? range.holds(value)
          : range === null || range === undefined || value === range)
      return isIn ? [{ key, row, value }] : []
    })
    .toSorted((a, b) => (a.value < b.value ? -1 : 1))
    .map(({ key, row }) => [key, row] as const)
}
