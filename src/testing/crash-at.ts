import type { ListedRecord, RecordStore } from '../public/store.ts'

/** Where a process dies, in the order of an operation. */
export type CrashPoint =
  /** Nothing is written yet. */
  | 'before-write'
  /** The key is written, and nothing is sent. */
  | 'before-send'
  /** The server did its work, and its answer is not read. */
  | 'after-send'
  /** The answer is read, and not written. */
  | 'before-result'
  /** The result is written, and no caller has got it. */
  | 'after-result'

export type Crash = {
  /** The store as the process that dies has it. */
  readonly store: (inner: RecordStore) => RecordStore
  /** The crashing process's way out. */
  readonly fetch: (inner: typeof fetch) => typeof fetch
  /** Resolves when it is dead: from then on it writes nothing, sends nothing, and receives nothing. */
  readonly happened: Promise<void>
}

/**
 * A crash at a named point, without a process of its own: what goes through its store and its fetch stops there.
 * In a process of its own, `die` ends that: `() => process.kill(process.pid, 'SIGKILL')`.
 *
 * @example
 * const crash = crashAt('after-send')
 * const client = createClient({ store: crash.store(store), transport: fetchTransport({ fetch: crash.fetch(fetch) }), … })
 */
export function crashAt(point: CrashPoint, { die }: { readonly die?: () => void } = {}): Crash {
  let dead = false
  let tell: () => void
  const happened = new Promise<void>(resolve => {
    tell = resolve
  })

  /** For the dead no call returns. */
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
      // Locks are freed by a death, and hints may never come: it goes on without them.
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
