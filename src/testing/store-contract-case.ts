import type { ListedRecord, RecordStore, SetOptions } from '../public/store.ts'

/** The store that the contract is to check. It may hold other records: each case keeps to keys of its own. */
export type StoreUnderTest = {
  /** Gives a handle on the store; the case closes it. */
  readonly open: () => RecordStore | Promise<RecordStore>
  /**
   * Whether every call of `open` gives one more handle on the same data, as another process or tab would have.
   * Default false: then one handle stands for all.
   */
  readonly shared?: boolean
  /**
   * The clock that the store was given. With it the moment of expiry is checked; without it only what has
   * expired long ago, or will not for long.
   */
  readonly clock?: StoreClock
  /**
   * Lets the disk take no more writes (its sync fails, it is full), until what this gives is called. With it what a store
   * says and shows of a refused write is checked.
   */
  readonly breakDisk?: () => (() => unknown) | Promise<() => unknown>
}

export type StoreClock = {
  /** Epoch ms. */
  readonly now: () => number
  readonly advance: (ms: number) => unknown
}

export type StoreCase = {
  /** A sentence about what a store does. */
  readonly name: string
  /** Rejects with an Error that says what the store did and what it must do. */
  readonly run: (subject: StoreUnderTest) => Promise<void>
}

/** What a case works with. */
export type Trial = {
  readonly store: RecordStore
  /** Another handle on the same data; the same one where the store is not shared. */
  readonly other: RecordStore
  readonly shared: boolean
  /** Closes all handles, and gives a new one. */
  readonly reopen: () => Promise<RecordStore>
  /** What every key of this trial begins with; no other trial's does. */
  readonly prefix: string
  readonly key: (name: string) => string
  readonly clock: StoreClock | undefined
  readonly breakDisk: StoreUnderTest['breakDisk']
  /** An `expiresAt`, and what makes its moment come. */
  readonly shortLife: () => { readonly expiresAt: number; readonly pass: () => Promise<void> }
}

export const OPEN = { open: true } as const
export const SETTLED = { open: false } as const

let trials = 0

export function storeCase(name: string, check: (trial: Trial) => Promise<void>): StoreCase {
  return {
    name,
    run: async ({ open, shared = false, clock, breakDisk }) => {
      const store = await open()
      const other = shared ? await open() : store
      const handles = [store, other]
      const close = async () => {
        for (const handle of handles) await handle.close?.()
      }
      trials += 1
      const prefix = `so1/contract-${Date.now()}-${Math.random().toString(36).slice(2)}-${trials}/`
      try {
        await check({
          store,
          other,
          shared,
          reopen: async () => {
            await close()
            const handle = await open()
            handles.push(handle)
            return handle
          },
          prefix,
          key: text => `${prefix}${text}`,
          clock,
          breakDisk,
          shortLife: () => shortLife(clock),
        })
      } finally {
        await close()
      }
    },
  }
}

function shortLife(clock: StoreClock | undefined): ReturnType<Trial['shortLife']> {
  if (!clock) return { expiresAt: Date.now() - 60_000, pass: () => Promise.resolve() }
  return {
    expiresAt: clock.now() + 1_000,
    pass: async () => {
      await clock.advance(1_000)
    },
  }
}

/** Writes where nothing is stored yet, and gives the version. */
export async function create(
  store: RecordStore,
  key: string,
  value: string,
  options: Omit<SetOptions, 'expected'>,
): Promise<string> {
  return wrote(await store.set(key, value, { expected: null, ...options }), 'A first write')
}

/** Writes over a version, and gives the new one. */
export async function update(
  store: RecordStore,
  key: string,
  value: string,
  options: SetOptions,
): Promise<string> {
  return wrote(await store.set(key, value, options), 'A write over the current version')
}

function wrote(version: string | undefined, what: string): string {
  must(
    typeof version === 'string' && version !== '',
    `${what} must give the new version; it gave ${shown(version)}`,
  )
  return version
}

/** What a listing gives; a listing that does not end is cut. */
export async function listed(records: AsyncIterable<ListedRecord>): Promise<ListedRecord[]> {
  const found: ListedRecord[] = []
  for await (const record of records) {
    found.push(record)
    must(
      found.length <= 10_000,
      'A listing must end; it gave more than 10,000 records where far fewer are stored',
    )
  }
  return found
}

export async function listedKeys(records: AsyncIterable<ListedRecord>): Promise<string[]> {
  return (await listed(records)).map(({ key }) => key)
}

export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(`${sentence}.`)
}

/** Compares data by its JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  must(shown(actual) === shown(expected), `${what} must give ${shown(expected)}; it gave ${shown(actual)}`)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length <= 400 ? text : `${text.slice(0, 200)}… (${text.length} characters) …${text.slice(-100)}`
}
