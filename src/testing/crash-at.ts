import type { ListedRecord, RecordStore } from '../public/store.ts'

/** The point at which a process dies, in the order of an operation. */
export type CrashPoint =
  /** Nothing is written yet. */
  | 'before-write'
  /** The key is written, and nothing is sent. */
  | 'before-send'
  /** The server did its work, but its answer was not read. */
  | 'after-send'
  /** The answer was read, but not written. */
  | 'before-result'
  /** The result was written, but no caller has received it. */
  | 'after-result'

export type Crash = {
  /** The store for the process that dies. */
  readonly store: (inner: RecordStore) => RecordStore
  /** The fetch for the process that dies. */
  readonly fetch: (inner: typeof fetch) => typeof fetch
  /** Resolves when the process is dead: from then on it writes nothing, sends nothing, and receives nothing. */
  readonly happened: Promise<void>
}

/**
 * Simulates a crash at a named point within this process: everything that goes through the client's store and fetch
 * stops there. In a separate process, `die` can really end the process: `() => process.kill(process.pid, 'SIGKILL')`.
 *
 * @example
 * const crash = crashAt('after-send')
 * const client = createClient({ store: crash.store(store), transport: fetchTransport({ fetch: crash.fetch(fetch) }), … })
 */
export function crashAt(point: CrashPoint, { die }: { readonly die?: (() => void) | undefined } = {}): Crash {
  let dead = false
  let tell: () => void
  const happened = new Promise<void>(resolve => {
    tell = resolve
  })

  /** In a dead process no call returns. */
  const never = () => new Promise<never>(() => {})
  const crash = () => {
    dead = true
    die?.()
    tell()
    return never()
  }
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return never()
    const result = await work()
    return dead ? never() : result
  }

  async function* listed(records: AsyncIterable<ListedRecord>): AsyncGenerator<ListedRecord> {
    for await (const record of records) yield await alive(async () => record)
  }

  return {
    happened,
    fetch: inner => (input, init) => {
      if (!dead && point === 'before-send') return crash()
      return alive(async () => {
        const response = await inner(input, init)
        return point === 'after-send' && !dead ? crash() : response
      })
    },
    store: inner => {
      const { isWeak, isBounded } = inner
      const since = inner.since?.bind(inner)
      const openFolders = inner.openFolders?.bind(inner)
      const listSettled = inner.listSettled?.bind(inner)
      // A lock is released when its holder dies, and hints may never come, so the store goes without both.
      return {
        ...(isWeak && { isWeak }),
        ...(isBounded && { isBounded }),
        ...(inner.onDrop && { onDrop: inner.onDrop.bind(inner) }),
        ...(since && { since: () => alive(since) }),
        ...(openFolders && { openFolders: (prefix, options) => alive(() => openFolders(prefix, options)) }),
        ...(listSettled && { listSettled: prefix => listed(listSettled(prefix)) }),
        ...(inner.close && { close: () => alive(async () => inner.close?.()) }),
        get: key => alive(() => inner.get(key)),
        set: (key, value, options) => {
          const here = point === 'before-write' || (point === 'before-result' && !options.open)
          if (here && !dead) return crash()
          return alive(async () => {
            const version = await inner.set(key, value, options)
            return point === 'after-result' && !options.open && !dead ? crash() : version
          })
        },
        delete: (key, options) => alive(() => inner.delete(key, options)),
        listOpen: prefix => listed(inner.listOpen(prefix)),
      }
    },
  }
}
