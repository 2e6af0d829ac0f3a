import { placeOf } from './identity.ts'
import { closeSync, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

/** The write-ahead log as a file of our own, because SQLite would stop the event loop while the disk writes. */
export type Log = {
  /**
   * Resolves when all that was committed before is on the disk. Rejects with what the system says: once for a failure
   * (the pages count as written from then on, whether they are or not), so no later call makes up for it.
   */
  readonly sync: () => Promise<void>
  /** Whether its path still leads to it: what is written to a file that was removed nobody finds again. */
  readonly isThere: () => boolean
  readonly size: () => number
  readonly read: () => Uint8Array
  /** The same bytes once more, from the beginning: the system has to write them again. */
  readonly rewrite: (bytes: Uint8Array) => void
  /** Once no sync is under way. */
  readonly close: () => void
}

/** Node's permission model refuses to sync files (its flag `--permission`): then SQLite has to, in its commits. */
export function canSyncLog(): boolean {
  return process.permission === undefined
}

/**
 * Opens the log of a database that is open, by the database's path as SQLite has resolved it: beside a symbolic link
 * there is none. SQLite takes no lock on this file, so that closing it frees none. On macOS fdatasync of Node is
 * F_FULLFSYNC, which is what reaches the disk there.
 */
export function openLog(path: string): Log {
  const descriptor = openSync(`${path}-wal`, 'r+')
  const place = placeOf(`${path}-wal`)
  let syncing = 0
  let closed = false

  function closeWhenIdle(): void {
    if (closed && syncing === 0) closeSync(descriptor)
  }

  return {
    sync: () =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('the log was closed'))
          return
        }
        syncing += 1
        fdatasync(descriptor, error => {
          syncing -= 1
          closeWhenIdle()
          if (error) reject(error)
          else resolve()
        })
      }),
    isThere: () => placeOf(`${path}-wal`) === place,
    size: () => fstatSync(descriptor).size,
    read: () => {
      const bytes = new Uint8Array(fstatSync(descriptor).size)
      let length = 0
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(descriptor, bytes, length, bytes.length - length, length)
      return bytes.subarray(0, length)
    },
    rewrite: bytes => {
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at)
    },
    close: () => {
      if (closed) return
      closed = true
      closeWhenIdle()
    },
  }
}
