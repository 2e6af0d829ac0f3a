import type { ListedRecord, RecordStore, SetOptions } from '../public/store.ts'

/** The store to check. It may hold other records, because each case uses only its own keys. */
export type StoreUnderTest = {
  /** Opens a handle on the store; the case closes the handle. */
  readonly open: () => RecordStore | Promise<RecordStore>
  /**
   * Whether every call of `open` returns another handle on the same data, as another process or tab would have.
   * Default false: then one handle is used for everything.
   */
  readonly shared?: boolean | undefined
  /**
   * The clock that was given to the store. With a clock, the exact moment of expiry is checked. Without one, only
   * expiry times far in the past or future are.
   */
  readonly clock?: StoreClock | undefined
  /**
   * Makes the disk refuse writes (its sync fails, or it is full) until the returned function is called. With this
   * option, the store's results for refused writes are checked too.
   */
  readonly breakDisk?: (() => (() => unknown) | Promise<() => unknown>) | undefined
}

export type StoreClock = {
  /** Epoch ms. */
  readonly now: () => number
  readonly advance: (ms: number) => unknown
}

export type StoreCase = {
  /** A sentence about what a store does. */
  readonly name: string
  /** Rejects with an Error that states what the store did and what it must do. */
  readonly run: (subject: StoreUnderTest) => Promise<void>
}

/** The tools of a case. */
export type Trial = {
  readonly store: RecordStore
  /** Another handle on the same data; the same handle if the store is not shared. */
  readonly other: RecordStore
  readonly shared: boolean
  /** Closes all handles and returns a new one. */
  readonly reopen: () => Promise<RecordStore>
  /** The beginning of every key in this trial, used by no other trial. */
  readonly prefix: string
  readonly key: (name: string) => string
  readonly clock: StoreClock | undefined
  readonly breakDisk: StoreUnderTest['breakDisk']
  /** Returns an `expiresAt`, and a function that makes that time pass. */
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

/** Writes a key that must be absent, and returns the version. */
export async function create(
  store: RecordStore,
  key: string,
  value: string,
  options: Omit<SetOptions, 'expected'>,
): Promise<string> {
  return wrote(await store.set(key, value, { expected: null, ...options }), 'A first write')
}

/** Writes over a version, and returns the new version. */
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

/** The records of a listing. Fails if the listing does not end. */
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
