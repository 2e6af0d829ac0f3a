import { acknowledger } from './acknowledge.ts'
import { checkpoints } from './checkpoints.ts'
import { commitTogether, type Committed, type Write } from './commit.ts'
import { isBusy, errorOfSqlite } from './errors.ts'
import type { SqliteFile } from './file.ts'
import { busyWaitMs, tooBusy } from './patience.ts'
import type { Transaction } from './transaction.ts'

/** A write in the queue. */
type Waiting = Write & {
  /** When another process was first seen in its way; monotonic ms. */
  busySince: number | undefined
}

/** Beyond it a turn's writes take more than one transaction, so that none stops the event loop for long. */
const MOST_PER_TRANSACTION = 1_000
const LONGEST_TRANSACTION = 1_048_576

/** What a write changes beside its text: rows of two indexes, for the most part on pages of their own. */
const PAGES_PER_WRITE = 2
const PAGE_BYTES = 4_096

export type SqliteWriter = {
  /** What `apply` gave, once it is on the disk. `length` is that of the text that it writes. */
  readonly write: <T>(apply: (transaction: Transaction) => T, length?: number) => Promise<T>
  /** Resolves when every write so far has ended, well or not, and nothing goes on behind them. */
  readonly end: () => Promise<void>
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction, and with it one wait for the disk.
 * None of their promises resolves before that has ended. A write that cannot be done fails alone; a transaction that
 * fails fails all of its writes, and is undone.
 */
export function sqliteWriter(
  file: SqliteFile,
  now: () => number,
  busyTimeoutMs: number,
  afterThisTurn: (flush: () => void) => unknown = setImmediate,
): SqliteWriter {
  const log = checkpoints(file)
  // What is not on the disk must not go on from the log to the database.
  const acknowledge = acknowledger(file.path, ({ outcomes }) => log.grown(pagesOf(outcomes)))
  let queue: Waiting[] = []
  /** Whether a flush comes by itself: at the end of this turn, or after a wait for others. */
  let isScheduled = false
  let busyTries = 0
  let lastWrite: Promise<unknown> = Promise.resolve()

  function write<T>(apply: (transaction: Transaction) => T, length = 0): Promise<T> {
    const written = new Promise<T>((resolve, reject) => {
      queue.push({ apply, length, resolve, reject, busySince: undefined })
    })
    lastWrite = written
    schedule()
    return written
  }

  function schedule(): void {
    if (isScheduled || queue.length === 0) return
    isScheduled = true
    afterThisTurn(flush)
  }

  function flush(): void {
    isScheduled = false
    const batch = firstOf(queue)
    let committed: Committed
    try {
      const trusted = file.use().durable.trust('write')
      if (trusted) {
        waitForTrust(trusted)
        return
      }
      committed = commitTogether(file, batch, now)
    } catch (error) {
      if (isBusy(error)) waitForOthers()
      else fail(queue.splice(0, batch.length), error)
      schedule()
      return
    }
    queue.splice(0, batch.length)
    busyTries = 0
    acknowledge(committed)
    schedule()
  }

  /** Nothing is put on top of what may not be on the disk. */
  function waitForTrust(trusted: Promise<void>): void {
    isScheduled = true
    trusted.then(flush, (error: unknown) => {
      isScheduled = false
      fail(queue.splice(0), error)
    })
  }

  function waitForOthers(): void {
    const nowMs = performance.now()
    const tooLate: Waiting[] = []
    queue = queue.filter(waiting => {
      waiting.busySince ??= nowMs
      // Our own checkpoint is soon over, and no other process is to blame.
      if (nowMs - waiting.busySince < busyTimeoutMs || log.isUnderWay()) return true
      tooLate.push(waiting)
      return false
    })
    fail(tooLate, tooBusy(file.path, busyTimeoutMs))
    if (queue.length === 0) return
    isScheduled = true
    setTimeout(flush, busyWaitMs(busyTries))
    busyTries += 1
  }

  function fail(writes: readonly Waiting[], error: unknown): void {
    for (const { reject } of writes) reject(errorOfSqlite(error, file.path))
  }

  return {
    write,
    // Requests are answered in order, so the last is the last to end.
    end: async () => {
      await lastWrite.catch(() => undefined)
      await log.end()
    },
  }
}

/** As many as one transaction takes; one at least, whatever its length. */
function firstOf(queue: readonly Waiting[]): Waiting[] {
  let length = 0
  const end = queue.findIndex((write, index) => {
    length += write.length
    return index > 0 && (index === MOST_PER_TRANSACTION || length > LONGEST_TRANSACTION)
  })
  return queue.slice(0, end === -1 ? queue.length : end)
}

function pagesOf(outcomes: Committed['outcomes']): number {
  let pages = 0
  for (const { write } of outcomes) pages += PAGES_PER_WRITE + write.length / PAGE_BYTES
  return pages
}
