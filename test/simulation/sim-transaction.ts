import type { RecordsWithin, SetOptions, StoredRecord } from '../../src/public/store.ts'
import type { SimProcess } from './sim-process.ts'
import type { SharedStore } from './sim-store.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What a transaction wrote of a record, and what lay there before. */
export type Written<Stored> = { readonly before: Stored | undefined; readonly after: Stored }

export type TransactionInit<Stored> = {
  readonly shared: SharedStore<Stored>
  readonly process: SimProcess
  readonly time: VirtualTime
  /** One way, to the database or back. */
  readonly latencyMs: () => number
  /** The statement, from 0, at which the database refuses; undefined: at none. */
  readonly failsAt: number | undefined
  readonly onEnd: (end: 'committed' | 'rolled back', written: readonly Written<Stored>[]) => void
}

type Write<Stored> = Written<Stored> & { readonly value: string; readonly options: SetOptions }

/**
 * A transaction of a service on the database where the records are too, at READ COMMITTED: it reads what has committed and
 * its own writes; a row that it wrote is locked until its end, and who writes it meanwhile waits for that.
 */
export class SimTransaction<Stored> {
  readonly #init: TransactionInit<Stored>
  readonly #writes = new Map<string, Write<Stored>>()
  #statements = 0
  #versions = 0
  #isOver = false
  #isFailed = false

  constructor(init: TransactionInit<Stored>) {
    this.#init = init
  }

  get process(): SimProcess {
    return this.#init.process
  }

  get hasWritten(): boolean {
    return this.#writes.size > 0
  }

  /** The caller's own rows: nobody looks at them here. */
  readonly query = async (): Promise<{ readonly rows: readonly unknown[] }> => ({ rows: [] })

  /** What the store gives of itself within it. */
  readonly records: RecordsWithin = {
    get: place => this.#statement('get', () => this.#read(place)),
    set: (place, value, options) => this.#statement('set', () => this.#write(place, value, options)),
    delete: () => Promise.reject(new Error('nothing deletes within a transaction')),
    fail: async () => void (this.#isFailed = true),
  }

  /** The database has COMMIT: its process may die now. */
  async commit(): Promise<void> {
    if (this.#isOver) return
    if (this.#isFailed) return this.rollBack()
    this.#isOver = true
    const { shared, process, onEnd } = this.#init
    onEnd('committed', [...this.#writes.values()])
    for (const [place, { value, options }] of this.#writes) {
      const now = await shared.inner.get(place)
      await shared.set(process, place, value, { ...options, expected: now?.version ?? null }, this)
    }
    this.#unlock()
  }

  rollBack(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#init.onEnd('rolled back', [...this.#writes.values()])
    this.#unlock()
  }

  #unlock(): void {
    for (const place of this.#writes.keys()) this.#init.shared.unlock(place)
  }

  #statement<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const { process, time, latencyMs, failsAt } = this.#init
    const isRefused = this.#statements++ === failsAt
    return process.call<Value>(`outbox ${name}`, (resolve, reject) => {
      time.in(latencyMs(), () => {
        // The connection of a process that died is gone.
        if (this.#isOver) return
        if (isRefused || this.#isFailed) {
          this.#isFailed = true
          return reject(Object.assign(new Error('could not serialize access'), { code: '40001' }))
        }
        void work().then(value => time.in(latencyMs(), () => resolve(value)), reject)
      })
    })
  }

  async #read(place: string): Promise<StoredRecord | undefined> {
    const own = this.#writes.get(place)
    return own === undefined
      ? this.#init.shared.inner.get(place)
      : { value: own.value, version: this.#ownVersion }
  }

  async #write(place: string, value: string, options: SetOptions): Promise<string | undefined> {
    const { shared } = this.#init
    const own = this.#writes.get(place)
    if (own === undefined) await shared.lock(place, this)
    // It has ended meanwhile, by the death of its process.
    if (this.#isOver) {
      shared.unlock(place)
      return undefined
    }
    const version = own === undefined ? (await shared.inner.get(place))?.version : this.#ownVersion
    if ((version ?? null) !== options.expected) {
      if (own === undefined) shared.unlock(place)
      return undefined
    }
    const before = own === undefined ? shared.records.get(place) : own.before
    this.#writes.set(place, { value, options, before, after: JSON.parse(value) as Stored })
    this.#versions += 1
    return this.#ownVersion
  }

  get #ownVersion(): string {
    return `within-${this.#versions}`
  }
}
