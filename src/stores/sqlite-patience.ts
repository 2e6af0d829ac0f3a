import { isBusy } from './sqlite-errors.ts'
import { StoreError } from './store-error.ts'

/** SQLite is never told to wait, because it would stop the event loop; the waiting is done here, between turns. */
const BASE_MS = 1
const CAP_MS = 32

/** Full jitter over a doubling ceiling, so that processes which met once do not meet again and again. */
export function busyWaitMs(tries: number): number {
  return Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** tries)
}

export function tooBusy(path: string, timeoutMs: number): StoreError {
  return new StoreError(
    'failed',
    `The SQLite store ${path} stayed locked by another process for ${timeoutMs} ms (busyTimeout): nothing was written.`,
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
