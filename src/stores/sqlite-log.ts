import { closeSync, fdatasync, openSync } from 'node:fs'

/** The write-ahead log as a file of our own, because SQLite would stop the event loop while the disk writes. */
export type Log = {
  /** Resolves when all that was committed before is on the disk. */
  readonly sync: () => Promise<void>
  /** Once no sync is under way. */
  readonly close: () => void
}

/** Node's permission model refuses to sync files (its flag `--permission`): then SQLite has to, in its commits. */
export function canSyncLog(): boolean {
  return process.permission === undefined
}

/**
 * Opens the log of a database that is open. SQLite takes no lock on this file, so that closing it frees none. On
 * macOS fdatasync of Node is F_FULLFSYNC, which is what reaches the disk there.
 */
export function openLog(path: string): Log {
  if (!canSyncLog()) return { sync: () => Promise.resolve(), close: () => {} }
  const descriptor = openSync(`${path}-wal`, 'r+')
  let syncing = 0
  let closed = false

  function closeWhenIdle(): void {
    if (closed && syncing === 0) closeSync(descriptor)
  }

  return {
    sync: () =>
      new Promise((resolve, reject) => {
        syncing += 1
        fdatasync(descriptor, error => {
          syncing -= 1
          closeWhenIdle()
          if (error) reject(error)
          else resolve()
        })
      }),
    close: () => {
      closed = true
      closeWhenIdle()
    },
  }
}
