import { isBusy } from './errors.ts'
import { StoreError } from '../store-error.ts'

/** Between two looks at the lock, which is held for the time of one transaction. */
const SHORTEST_MS = 1
const LONGEST_MS = 8

/**
 * How long to wait before another look. SQLite itself never waits, because it would stop the event loop. The wait
 * stays short, because backing off further only gives the lock to those who did not, and random, so that processes
 * which met once do not meet again and again.
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

/** What `work` gives; while another connection is in its way it is tried again, for at most `timeoutMs`. */
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
