import { isBusy } from './errors.ts'
import { StoreError } from '../store-error.ts'

/** The pause between two attempts to take the lock, which is held for one transaction at a time. */
const SHORTEST_MS = 1
const LONGEST_MS = 8

/**
 * How long to wait before the next attempt. SQLite itself never waits, because that would block the event loop. The
 * wait stays short, because longer backoff only hands the lock to processes that do not back off. The wait is random,
 * so that processes that collided once do not keep colliding.
 */
export function busyWaitMs(tries: number): number {
  return SHORTEST_MS + Math.random() * Math.min(LONGEST_MS - SHORTEST_MS, tries)
}

export function tooBusy(path: string, timeoutMs: number): StoreError {
  return new StoreError(
    'failed',
    `The SQLite store ${path} stayed locked by another process for ${timeoutMs} ms (busyTimeout): nothing was written.`,
    { reason: 'busy' },
  )
}

/** The result of `work`, which is tried again for at most `timeoutMs` while another connection holds the lock. */
export async function whenFree<T>(work: () => T, path: string, timeoutMs: number): Promise<T> {
  let since: number | undefined
  for (let tries = 0; ; tries += 1) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw error
      since ??= performance.now()
      if (performance.now() - since >= timeoutMs) throw tooBusy(path, timeoutMs)
    }
    await new Promise(resolve => setTimeout(resolve, busyWaitMs(tries)))
  }
}
