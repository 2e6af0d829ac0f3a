import { Worker } from 'node:worker_threads'
import type { SqliteFile } from './file.ts'

/** SQLite's own default (https://sqlite.org/pragma.html#pragma_wal_autocheckpoint); 4 MB. */
const PAGES_BETWEEN = 1_000

/**
 * The program of the helper thread, which runs once for each message. The first pass (PASSIVE) copies and syncs while
 * writers go on. The second pass (RESTART) has little left to copy; it keeps writers out meanwhile and lets the log
 * start again from the beginning, which a first pass never achieves under steady load. The first write of a new log
 * waits for the disk, because the log's header is synced; so the thread itself makes that write, with an update that
 * changes nothing. `mode=rw` keeps SQLite from creating a file that was removed. The program is a string because a
 * bundler would leave a separate file behind.
 */
const HELPER = `
  const { pathToFileURL } = require('node:url')
  const { parentPort, workerData } = require('node:worker_threads')
  const node = process.getBuiltinModule('node:sqlite')
  const url = pathToFileURL(workerData)
  url.searchParams.set('mode', 'rw')
  const open = () => {
    if (node) return new node.DatabaseSync(url, { timeout: 1_000 })
    const { Database } = process.getBuiltinModule('bun:sqlite')
    const db = new Database(workerData, { readwrite: true, create: false })
    db.exec('PRAGMA busy_timeout = 1000')
    return db
  }
  parentPort.on('message', () => {
    try {
      const db = open()
      try {
        db.exec('PRAGMA synchronous = NORMAL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
        db.exec('PRAGMA wal_checkpoint(PASSIVE)')
        db.exec('PRAGMA wal_checkpoint(RESTART)')
        db.exec('UPDATE sequence SET last = last')
      } finally {
        db.close()
      }
    } catch {
      // The log is complete without it, and the next one comes.
    }
    parentPort.postMessage('done')
  })
`

export type Checkpoints = {
  /** Adds to the approximate number of pages that were written to the log. */
  readonly grown: (pages: number) => void
  /** Whether a checkpoint is running, which may hold the lock for a short time. */
  readonly isUnderWay: () => boolean
  /** Resolves when no checkpoint is running any more and the helper thread has ended. */
  readonly end: () => Promise<void>
}

/**
 * Copies the log into the database from time to time, in a thread of its own. SQLite would do this at the end of a
 * commit and block the event loop until the disk has the data (measured: up to 260 ms). If no thread can be started,
 * the checkpoint runs on the event loop.
 */
export function checkpoints(file: SqliteFile): Checkpoints {
  let pages = 0
  let helper: Worker | 'none to be had' | undefined
  let underWay: Promise<void> | undefined
  let done = () => {}

  function start(): Worker {
    // The thread does without the program's loaders and flags: its whole code is above.
    const worker = new Worker(HELPER, { eval: true, workerData: file.path, execArgv: [], env: {} })
    worker.on('message', () => done())
    worker.on('error', () => {
      helper = 'none to be had'
      done()
    })
    worker.unref()
    return worker
  }

  function checkpoint(): void {
    try {
      helper ??= start()
    } catch {
      helper = 'none to be had'
    }
    if (helper === 'none to be had') {
      file.checkpoint()
      return
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    helper.postMessage('checkpoint')
    underWay = new Promise(resolve => {
      done = () => {
        underWay = undefined
        resolve()
      }
    })
  }

  return {
    grown: more => {
      pages += more
      if (pages < PAGES_BETWEEN || underWay !== undefined) return
      pages = 0
      checkpoint()
    },
    isUnderWay: () => underWay !== undefined,
    end: async () => {
      if (typeof helper !== 'object') return
      // The thread is unreferenced, so that it does not keep the process alive; only this wait may.
      helper.ref()
      await underWay
      if (typeof helper === 'object') await helper.terminate()
    },
  }
}
