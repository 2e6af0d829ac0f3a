import { acknowledger } from './acknowledge.ts'
import { checkpoints } from './checkpoints.ts'
import { commitTogether, type Committed, type Write } from './commit.ts'
import { isBusy, errorOfSqlite } from './errors.ts'
import type { SqliteFile } from './file.ts'
import { busyWaitMs, tooBusy } from './patience.ts'
import type { Transaction } from './transaction.ts'

/** A write in the queue. */
type Waiting = Write & {
  /** When another process was first found holding the lock, monotonic ms. */
  busySince: number | undefined
}

/**
 * Above these limits a turn's writes take more than one transaction, so that no transaction blocks the event loop for
 * long.
 */
const MOST_PER_TRANSACTION = 1_000
const LONGEST_TRANSACTION = 1_048_576

/** Pages that a write changes besides its text: rows of two indexes, usually on pages of their own. */
const PAGES_PER_WRITE = 2
const PAGE_BYTES = 4_096

export type SqliteWriter = {
  /**
   * Resolves with the result of `apply` once it is on the disk. `length` is the length of the text that `apply`
   * writes.
   */
  readonly write: <T>(apply: (transaction: Transaction) => T, length?: number) => Promise<T>
  /** Resolves when every write so far has ended, well or not, and no checkpoint is running any more. */
  readonly end: () => Promise<void>
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction, and with it one wait for the disk.
 * Their promises resolve after that wait. A write that cannot be applied fails alone. A transaction that fails is
 * undone, and all of its writes fail.
 */
export function sqliteWriter(
  file: SqliteFile,
  now: () => number,
  busyTimeoutMs: number,
  afterThisTurn: (flush: () => void) => unknown = setImmediate,
): SqliteWriter {
  const log = checkpoints(file)
  // Pages count toward the next checkpoint only once they are on the disk. Until then they must stay in the log.
  const acknowledge = acknowledger(file.path, ({ outcomes }) => log.grown(pagesOf(outcomes)))
  let queue: Waiting[] = []
  /** Whether a flush is already coming: at the end of this turn, or after a wait for another process. */
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

  /** Writes wait while the earlier ones may be missing on the disk. */
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
      // Our own checkpoint soon ends, and is not another process's fault.
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
    // Writes are answered in order, so the last one ends last.
    end: async () => {
      await lastWrite.catch(() => undefined)
      await log.end()
    },
  }
}

/** As many writes as fit in one transaction, and at least one, however long it is. */
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
