import type { RecordStore } from '../../../src/public/store.ts'

/** A store whose site has locks, and whose writes are heard by others: what a browser's stores have. */
export type SharedLocks = {
  readonly store: RecordStore
  /** The names that are held now. */
  readonly held: () => readonly string[]
  /** How many wait for a lock. */
  readonly waiting: () => number
  /** The holder's tab dies: the browser frees its lock. */
  readonly free: (name: string) => void
  /** From now on the browser refuses locks, or grants them. */
  readonly refuse: () => void
  readonly grant: () => void
}

type Request = { readonly name: string; readonly grant: () => void }

export function sharedLocks(inner: RecordStore): SharedLocks {
  const holders = new Map<string, () => void>()
  let waiting: Request[] = []
  let isRefused = false
  const watchers = new Set<{ readonly key: string; readonly listener: () => void }>()

  function next(name: string): void {
    if (holders.has(name)) return
    const request = waiting.find(each => each.name === name)
    waiting = waiting.filter(each => each !== request)
    request?.grant()
  }

  function free(name: string): void {
    holders.get(name)?.()
  }

  const lock: NonNullable<RecordStore['lock']> = (name, work, { signal }) => {
    if (isRefused) return Promise.reject(new DOMException('no locks here', 'SecurityError'))
    return new Promise((resolve, reject) => {
      const request: Request = {
        name,
        grant: () => {
          const end = () => {
            if (holders.get(name) !== end) return
            holders.delete(name)
            next(name)
          }
          holders.set(name, end)
          work().then(resolve, reject).finally(end)
        },
      }
      signal?.addEventListener('abort', () => {
        waiting = waiting.filter(each => each !== request)
        reject(new DOMException('aborted', 'AbortError'))
      })
      waiting.push(request)
      next(name)
    })
  }

  return {
    store: {
      ...inner,
      async set(key, value, options) {
        const version = await inner.set(key, value, options)
        for (const watcher of watchers) if (watcher.key === key) queueMicrotask(watcher.listener)
        return version
      },
      lock,
      watch: (key, listener) => {
        const watcher = { key, listener }
        watchers.add(watcher)
        return () => watchers.delete(watcher)
      },
    },
    held: () => [...holders.keys()],
    waiting: () => waiting.length,
    free,
    refuse: () => {
      isRefused = true
    },
    grant: () => {
      isRefused = false
    },
  }
}
