import type { Committed } from './commit.ts'
import { errorOfSqlite } from './errors.ts'

/**
 * Returns a function that takes each committed transaction. The writes of a transaction are answered in order, once
 * the disk has the transaction. One sync covers all transactions that were committed before it began; transactions
 * committed during a sync wait for the next one. `onDisk` is called for each transaction that has reached the disk.
 */
export function acknowledger(
  path: string,
  onDisk: (committed: Committed) => void,
): (committed: Committed) => void {
  let waiting: Committed[] = []
  let isSyncing = false

  async function syncAndAnswer(): Promise<void> {
    isSyncing = true
    while (waiting.length > 0) {
      const synced = waiting
      waiting = []
      try {
        if (synced.some(({ hasWritten }) => hasWritten)) await reachDisk(synced)
        for (const committed of synced) answer(committed, path)
        for (const committed of synced) if (committed.hasWritten) onDisk(committed)
      } catch (error) {
        for (const { outcomes } of synced) {
          for (const { write } of outcomes) write.reject(errorOfSqlite(error, path))
        }
      }
    }
    isSyncing = false
  }

  return committed => {
    waiting.push(committed)
    if (!isSyncing) void syncAndAnswer()
  }
}

/** The transactions are usually all in one file, and then reaching the last of them is enough. */
async function reachDisk(synced: readonly Committed[]): Promise<void> {
  const lastIn = new Map(synced.map(({ open, last }) => [open, last]))
  for (const [open, last] of lastIn) {
    await open.durable.reach(last)
    open.cameTo(last)
  }
}

function answer({ outcomes }: Committed, path: string): void {
  for (const outcome of outcomes) {
    if ('error' in outcome) outcome.write.reject(errorOfSqlite(outcome.error, path))
    else outcome.write.resolve(outcome.result as never)
  }
}
