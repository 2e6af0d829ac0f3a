import type { Committed } from './sqlite-commit.ts'
import { storeErrorFrom } from './sqlite-errors.ts'
import type { SqliteFile } from './sqlite-file.ts'

/**
 * Gives what this returns the committed transactions; their writes are answered when the disk has them, in order. One
 * sync is under way at a time, and the next one is for all that was committed meanwhile.
 */
export function acknowledger(file: SqliteFile): (committed: Committed) => void {
  let waiting: Committed[] = []
  let isSyncing = false

  async function syncAndAnswer(): Promise<void> {
    isSyncing = true
    while (waiting.length > 0) {
      const synced = waiting
      waiting = []
      try {
        if (synced.some(({ hasWritten }) => hasWritten)) await file.use().sync()
        for (const committed of synced) answer(committed, file.path)
      } catch (error) {
        file.reopenLater()
        for (const { outcomes } of synced) {
          for (const { write } of outcomes) write.reject(storeErrorFrom(error, file.path))
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

function answer({ outcomes }: Committed, path: string): void {
  for (const outcome of outcomes) {
    if ('error' in outcome) outcome.write.reject(storeErrorFrom(outcome.error, path))
    else outcome.write.resolve(outcome.result as never)
  }
}
