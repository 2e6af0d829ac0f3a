import type { RecordStore } from '../public/store.ts'

export type PageLocks = {
  /** A store's `lock`, for calls from this page. */
  readonly of: (page: object) => NonNullable<RecordStore['lock']>
  /** Drops a page that was left: its locks are released, and it no longer waits for any. */
  readonly drop: (page: object) => void
}

type Claim = { readonly page: object; readonly begin: () => void }

/**
 * Web Locks, as far as stores use them: one holder per name at a time, first come, first served, and no lock outlives
 * its page.
 */
export function pageLocks(): PageLocks {
  /** The first claim of each queue holds the lock. */
  const queues = new Map<string, readonly Claim[]>()

  function keep(name: string, queue: readonly Claim[]): void {
    const [held] = queues.get(name) ?? []
    const [next] = queue
    if (next === undefined) queues.delete(name)
    else queues.set(name, queue)
    if (next !== held) next?.begin()
  }

  function leave(name: string, claim: Claim): void {
    const queue = queues.get(name) ?? []
    keep(
      name,
      queue.filter(other => other !== claim),
    )
  }

  function claimOf(page: object, name: string, signal: AbortSignal | undefined): Promise<Claim> {
    return new Promise((resolve, reject) => {
      const refuse = () => {
        leave(name, claim)
        reject(signal?.reason as Error)
      }
      const begin = () => {
        signal?.removeEventListener('abort', refuse)
        resolve(claim)
      }
      const claim: Claim = { page, begin }
      signal?.addEventListener('abort', refuse, { once: true })
      keep(name, [...(queues.get(name) ?? []), claim])
    })
  }

  return {
    of:
      page =>
      async (name, work, { signal }) => {
        signal?.throwIfAborted()
        const claim = await claimOf(page, name, signal)
        try {
          return await work()
        } finally {
          leave(name, claim)
        }
      },
    drop: page => {
      for (const [name, queue] of queues)
        keep(
          name,
          queue.filter(claim => claim.page !== page),
        )
    },
  }
}
