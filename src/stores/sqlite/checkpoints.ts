import { Worker } from 'node:worker_threads'
import type { SqliteFile } from './file.ts'

/** SQLite's own default, https://sqlite.org/pragma.html#pragma_wal_autocheckpoint; 4 MB. */
const PAGES_BETWEEN = 1_000

/**
 * What the helper thread does for each message. The first pass copies and syncs beside writers; the second has little
 * left to copy, keeps writers out meanwhile, and lets the log begin anew: under steady load a first pass never does.
 * The first write of a new log waits for the disk (its header is synced), so it is one that changes nothing, made here.
 * `mode=rw`: a file that has gone is not made again. A text, because a bundler would leave a file of its own behind.
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
  /** How many pages, about, were added to the log. */
  readonly grown: (pages: number) => void
  /** One is under way, and may hold the lock for a moment. */
  readonly isUnderWay: () => boolean
  /** Resolves when none is under way any more; the helper is gone then. */
  readonly end: () => Promise<void>
}

/**
 * What is in the log goes to the database now and then, in a thread of its own: SQLite would do it at the end of a
 * commit, and stop the event loop until the disk has it (measured: up to 260 ms). Where there can be no thread,
 * it is done that way.
 */
export function checkpoints(file: SqliteFile): Checkpoints {
  let pages = 0
  let helper: Worker | 'none to be had' | undefined
  let underWay: Promise<void> | undefined
  let done = () => {}

  function start(): Worker {
    // Not the loaders and flags of the program: what it runs is above.
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
      // The thread must not keep a process alive, but for this.
      helper.ref()
      await underWay
      if (typeof helper === 'object') await helper.terminate()
    },
  }
}
