import { placeOf } from './identity.ts'
import { closeSync, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

/** The store syncs the write-ahead log itself, because SQLite would block the event loop while the disk writes. */
export type Log = {
  /**
   * Resolves when everything committed so far is on the disk. Rejects with the error of the system. The system
   * reports a failure only once: from then on it counts the pages as written, whether they are or not, so no later
   * sync makes up for it.
   */
  readonly sync: () => Promise<void>
  /** Whether the log's path still leads to this file. Nobody finds what is written to a file that was removed. */
  readonly isThere: () => boolean
  readonly size: () => number
  readonly read: () => Uint8Array
  /** Writes the same bytes again, from the beginning, so that the system has to write them to the disk again. */
  readonly rewrite: (bytes: Uint8Array) => void
  /** Closes the file once no sync is running. */
  readonly close: () => void
}

/** Node's permission model (the flag `--permission`) forbids syncing files. SQLite then has to sync in its commits. */
export function canSyncLog(): boolean {
  return process.permission === undefined
}

/**
 * Opens the log of an open database. `path` is the database's path as SQLite resolved it, because the log lies beside
 * the real file and not beside a symbolic link. SQLite takes no lock on the log, so closing this descriptor releases
 * none. On macOS Node's fdatasync is F_FULLFSYNC, which is what reaches the disk there.
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
