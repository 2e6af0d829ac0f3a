import type { ListedRecord, RecordStore, SetOptions, StoredRecord } from '../../src/store.ts'
import type { Random } from './random.ts'
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

/** The store as it is, behind all faults: what is durable, and who made it so. */
export class SharedStore<Stored> {
  readonly inner: RecordStore
  readonly records = new Map<string, Stored>()
  readonly #time: VirtualTime
  readonly #onLanded: (landed: Landed<Stored>) => void

  constructor(inner: RecordStore, time: VirtualTime, onLanded: (landed: Landed<Stored>) => void) {
    this.inner = inner
    this.#time = time
    this.#onLanded = onLanded
  }

  async set(
    process: SimProcess,
    place: string,
    value: string,
    options: SetOptions,
  ): Promise<string | undefined> {
    const version = await this.inner.set(place, value, options)
    if (version !== undefined) this.#landed(process, place, JSON.parse(value) as Stored, options)
    return version
  }

  async delete(process: SimProcess, place: string, options: { readonly expected: string }): Promise<boolean> {
    const done = await this.inner.delete(place, options)
    if (done) this.#landed(process, place, undefined, undefined)
    return done
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
  readonly shared: Pick<SharedStore<never>, 'inner' | 'set' | 'delete'>
  /** Names a write, so that a crash has a named place. */
  readonly pointOf: (value: string) => string
  readonly process: SimProcess
  readonly time: VirtualTime
  readonly random: Random
  readonly choose: (kind: 'get' | 'set') => StoreFault | undefined
  readonly latencyMs: () => number
  readonly onContact: (place: string, begunAt: number) => void
  readonly note: (what: string) => void
  readonly count: (kind: string) => void
}

/** One process's view of the shared store, with its faults. */
export function storeView(init: StoreViewInit): RecordStore {
  const { shared, process, time, random, choose, latencyMs, note, count } = init
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
    const begunAt = time.now
    return process.call<Value>(point, (resolve, reject) => {
      const fault = chosen(kind)
      const told = (value: Value) => {
        init.onContact(place, begunAt)
        resolve(value)
      }
      const landThen = (answer: (value: Value) => void) =>
        later(latencyMs(), () => void work().then(value => later(latencyMs(), () => answer(value)), reject))
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
          later(random.between(1, 5_000), () => void work())
          return later(latencyMs(), () => reject(failure(fault)))
        case 'store: set answers undefined after':
          return landThen(() => resolve(resultOfUndefined))
        case 'store: get hangs':
        case 'store: set hangs, lands':
          return landThen(value => later(hang(), () => told(value)))
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
    listOpen: prefix => list('listOpen', prefix),
    listSettled: prefix => list('listSettled', prefix),
  }
}
