import type { ClockReading } from '../../src/core/record/server-clock.ts'
import type { ListedRecord, RecordStore, SetOptions, StoredRecord } from '../../src/public/store.ts'
import type { Random } from './random.ts'
import { EPOCH } from './sim-process.ts'
import type { SimProcess } from './sim-process.ts'
import type { VirtualTime } from './virtual-time.ts'

export const STORE_FAULTS = [
  'store: get fails',
  'store: set fails before',
  'store: set fails after',
  'store: set fails, lands late',
  'store: set answers undefined after',
  'store: set hangs, lands',
  'store: set hangs, lost',
  'store: get hangs',
  'store: slow',
  'store: down',
] as const
export type StoreFault = (typeof STORE_FAULTS)[number]

/** A write that landed. */
export type Landed<Stored> = {
  readonly at: number
  readonly process: SimProcess
  readonly place: string
  readonly before: Stored | undefined
  readonly after: Stored | undefined
  readonly options: SetOptions | undefined
}

type Write = {
  readonly place: string
  readonly value: string | undefined
  readonly options: SetOptions | undefined
}

/** The store as it is, behind all faults: what is in it, what of that is durable, and who made it so. */
export class SharedStore<Stored> {
  readonly records = new Map<string, Stored>()
  /** Counts the stores that stood here: what was meant for an earlier one reaches none. */
  life = 0
  /** So many writes have landed in this one. */
  written = 0
  /** Since when the store that stands here remembers, true time; a power loss takes no memory that was kept. */
  bornAt = -86_400_000
  /** What is read is made durable first: `get` answers when the disk has what it shows. */
  readonly confirmsReads: boolean
  #inner: RecordStore
  readonly #create: () => RecordStore
  readonly #time: VirtualTime
  readonly #onLanded: (landed: Landed<Stored>) => void
  /** What lasts, and the writes since, in their order. */
  #durable = new Map<string, Write>()
  #since: Write[] = []
  readonly #onRestored: ((place: string, expiresAt: number | undefined) => void) | undefined
  #backup: ReadonlyMap<string, Write> = new Map()
  /** Rows that a transaction has written and not committed, whose others wait. */
  readonly #locks = new Map<
    string,
    { readonly by: object; readonly freed: Promise<void>; readonly free: () => void }
  >()

  constructor(
    create: () => RecordStore,
    time: VirtualTime,
    onLanded: (landed: Landed<Stored>) => void,
    confirmsReads = false,
    onRestored?: (place: string, expiresAt: number | undefined) => void,
  ) {
    this.#create = create
    this.confirmsReads = confirmsReads
    this.#onRestored = onRestored
    this.#inner = create()
    this.#time = time
    this.#onLanded = onLanded
  }

  get inner(): RecordStore {
    return this.#inner
  }

  async set(
    process: SimProcess,
    place: string,
    value: string,
    options: SetOptions,
    by?: object,
  ): Promise<string | undefined> {
    for (let held = this.#heldBy(place, by); held !== undefined; held = this.#heldBy(place, by)) await held
    const version = await this.#inner.set(place, value, options)
    if (version !== undefined) {
      this.#writes({ place, value, options })
      this.#landed(process, place, JSON.parse(value) as Stored, options)
    }
    return version
  }

  async delete(process: SimProcess, place: string, options: { readonly expected: string }): Promise<boolean> {
    for (let held = this.#heldBy(place, undefined); held !== undefined; held = this.#heldBy(place, undefined))
      await held
    const done = await this.#inner.delete(place, options)
    if (done) {
      this.#writes({ place, value: undefined, options: undefined })
      this.#landed(process, place, undefined, undefined)
    }
    return done
  }

  /** Who writes the row meanwhile waits until it is unlocked. */
  async lock(place: string, by: object): Promise<void> {
    for (let held = this.#heldBy(place, by); held !== undefined; held = this.#heldBy(place, by)) await held
    let free = () => {}
    const freed = new Promise<void>(resolve => (free = resolve))
    this.#locks.set(place, { by, freed, free })
  }

  unlock(place: string): void {
    this.#locks.get(place)?.free()
    this.#locks.delete(place)
  }

  #heldBy(place: string, by: object | undefined): Promise<void> | undefined {
    const lock = this.#locks.get(place)
    return lock === undefined || lock.by === by ? undefined : lock.freed
  }

  /** One log: what was written before is as durable as the last write that was acknowledged. */
  acknowledge(written: number): void {
    const count = written - (this.written - this.#since.length)
    for (const write of this.#since.splice(0, Math.max(0, count))) this.#durable.set(write.place, write)
  }

  /** Everything is as durable as it will be. */
  backUp(): void {
    this.#backup = new Map([...this.#durable, ...this.#since.map(write => [write.place, write] as const)])
  }

  /** The power went: what was not acknowledged was never written. */
  async cutBack(): Promise<void> {
    await this.#become(this.#durable)
  }

  /** Another store stands here from now on, with what a copy had, or with nothing. */
  async bornAnew(from: 'nothing' | 'backup'): Promise<void> {
    this.bornAt = this.#time.now
    await this.#become(from === 'backup' ? this.#backup : new Map())
  }

  async #become(writes: ReadonlyMap<string, Write>): Promise<void> {
    this.life++
    this.#inner = this.#create()
    this.#durable = new Map(writes)
    this.#since = []
    this.records.clear()
    for (const { place, value, options } of writes.values()) {
      if (value === undefined || options === undefined) continue
      // What has expired meanwhile is nothing, in a copy too.
      if ((options.expiresAt ?? Infinity) <= EPOCH + this.#time.now) continue
      await this.#inner.set(place, value, { ...options, expected: null })
      this.records.set(place, JSON.parse(value) as Stored)
      this.#onRestored?.(place, options.expiresAt)
    }
  }

  #writes(write: Write): void {
    this.written++
    this.#since.push(write)
  }

  #landed(
    process: SimProcess,
    place: string,
    after: Stored | undefined,
    options: SetOptions | undefined,
  ): void {
    const before = this.records.get(place)
    if (after === undefined) this.records.delete(place)
    else this.records.set(place, after)
    this.#onLanded({ at: this.#time.now, process, place, before, after, options })
  }
}

export type StoreViewInit = {
  readonly shared: Pick<
    SharedStore<never>,
    'inner' | 'set' | 'delete' | 'life' | 'written' | 'acknowledge' | 'bornAt' | 'confirmsReads'
  >
  /** Where services write operations together with rows of their own. */
  readonly within?: RecordStore['within']
  /** Names a write, so that a crash has a named place. */
  readonly pointOf: (value: string) => string
  readonly process: SimProcess
  readonly time: VirtualTime
  readonly random: Random
  readonly choose: (kind: 'get' | 'set') => StoreFault | undefined
  readonly latencyMs: () => number
  /** A call that was answered; `since`: when it began, by the clocks of the process. */
  readonly onContact: (
    place: string,
    contact: { readonly begunAt: number; readonly since: ClockReading },
  ) => void
  /** A write that was told as failed, and was not there, lands now: nobody can know of it. */
  readonly onLandsLate?: (place: string) => void
  readonly note: (what: string) => void
  readonly count: (kind: string) => void
}

/** One process's view of the shared store, with its faults. */
export function storeView(init: StoreViewInit): RecordStore {
  const { shared, process, time, random, choose, latencyMs, note, count } = init
  const { life } = shared
  const chosen = (kind: 'get' | 'set') => {
    const fault = choose(kind)
    if (fault !== undefined) {
      count(fault)
      note(fault)
    }
    return fault
  }
  const later = (afterMs: number, run: () => void) => {
    if (afterMs <= 0) run()
    else time.in(afterMs, run)
  }
  const failure = (what: string) => Object.assign(new Error(what), { name: 'StoreError', kind: 'failed' })
  const hang = () => random.between(2_000, 40_000)
  /** Performs after a while on the way there, answers after another on the way back. */
  const perform = <Value>(
    point: string,
    kind: 'get' | 'set',
    work: () => Promise<Value>,
    resultOfUndefined: Value,
    place: string,
  ): Promise<Value> => {
    const { runtime } = process
    const begun = { begunAt: time.now, since: { nowAt: runtime.now(), monotonicMs: runtime.monotonic() } }
    return process.call<Value>(point, (resolve, reject) => {
      const fault = chosen(kind)
      const told = (value: Value) => {
        init.onContact(place, begun)
        resolve(value)
      }
      const landThen = (answer: (value: Value) => void, isTold = answer === told) =>
        later(latencyMs(), () => {
          // It was meant for a store that is no more.
          if (shared.life !== life) return
          void work().then(value => {
            const { written } = shared
            later(latencyMs(), () => {
              const isDurable = kind === 'set' ? isTold : shared.confirmsReads
              if (isDurable && shared.life === life) shared.acknowledge(written)
              answer(value)
            })
          }, reject)
        })
      switch (fault) {
        case undefined:
          return landThen(told)
        case 'store: slow':
          return later(random.between(50, 3_000), () => landThen(told))
        case 'store: get fails':
        case 'store: set fails before':
        case 'store: down':
          return later(latencyMs(), () => reject(failure(fault)))
        case 'store: set fails after':
          return landThen(() => reject(failure(fault)))
        case 'store: set fails, lands late':
          later(random.between(1, 5_000), () => {
            if (shared.life !== life) return
            init.onLandsLate?.(place)
            void work()
          })
          return later(latencyMs(), () => reject(failure(fault)))
        case 'store: set answers undefined after':
          return landThen(() => resolve(resultOfUndefined))
        case 'store: get hangs':
        case 'store: set hangs, lands':
          return landThen(value => later(hang(), () => told(value)), true)
        case 'store: set hangs, lost':
          return later(hang(), () => reject(failure(fault)))
        default:
          return fault satisfies never
      }
    })
  }
  async function* list(name: 'listOpen' | 'listSettled', prefix: string): AsyncGenerator<ListedRecord> {
    const listed = await perform(
      'store list',
      'get',
      async () => {
        const all: ListedRecord[] = []
        for await (const record of shared.inner[name]!(prefix)) all.push(record)
        return all
      },
      [],
      '',
    )
    yield* listed
  }
  return {
    get: place =>
      perform<StoredRecord | undefined>('store get', 'get', () => shared.inner.get(place), undefined, place),
    set: (place, value, options) =>
      perform<string | undefined>(
        `store set ${init.pointOf(value)}`,
        'set',
        () => shared.set(process, place, value, options),
        undefined,
        place,
      ),
    delete: (place, options) =>
      perform('store delete', 'set', () => shared.delete(process, place, options), false, place),
    ...(init.within !== undefined && { within: init.within }),
    since: () => perform('store since', 'get', async () => EPOCH + shared.bornAt, EPOCH, ''),
    listOpen: prefix => list('listOpen', prefix),
    listSettled: prefix => list('listSettled', prefix),
  }
}
