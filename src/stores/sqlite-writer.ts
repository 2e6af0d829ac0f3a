import { isBusy, storeErrorFrom } from './sqlite-errors.ts'
import type { SqliteFile } from './sqlite-file.ts'
import { busyWaitMs, tooBusy } from './sqlite-patience.ts'
import { PATIENCE_MS, PAUSE_MS, turnstile } from './sqlite-turnstile.ts'
import type { Transaction } from './sqlite-write.ts'
import type { StoreError } from './store-error.ts'

/** One write that waits for its transaction. */
type Waiting = {
  readonly apply: (transaction: Transaction) => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: StoreError) => void
  /** When another process was first seen in its way; monotonic ms. */
  busySince: number | undefined
}

/** Beyond it a turn's writes take more than one transaction, so that none stops the event loop for long. */
const MOST_PER_TRANSACTION = 1_000
/** How many expired rows a transaction drops for each of its writes: they go faster than they come. */
const PURGED_PER_WRITE = 2

export type SqliteWriter = {
  /** What `apply` gave, once it is committed. */
  readonly write: <T>(apply: (transaction: Transaction) => T) => Promise<T>
  /** Resolves when every write so far has ended, well or not. */
  readonly idle: () => Promise<void>
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction, and with it one wait for the disk.
 * None of their promises resolves before it is committed. A write that cannot be done fails alone; a commit that
 * fails fails all of them, and is rolled back.
 */
export function sqliteWriter(
  file: SqliteFile,
  now: () => number,
  busyTimeoutMs: number,
  afterThisTurn: (flush: () => void) => unknown = setImmediate,
): SqliteWriter {
  let queue: Waiting[] = []
  /** Whether a flush will come by itself: at the end of this turn, after a wait for others, after a pause for them. */
  let isScheduled = false
  const others = turnstile(file.path)
  let busyTries = 0
  let lastWrite: Promise<unknown> = Promise.resolve()

  function write<T>(apply: (transaction: Transaction) => T): Promise<T> {
    const written = new Promise<T>((resolve, reject) => {
      queue.push({ apply, resolve, reject, busySince: undefined })
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
    if (queue.length === 0) return
    try {
      file.use().begin.run()
    } catch (error) {
      if (isBusy(error)) {
        waitForOthers()
        return
      }
      file.reopenLater()
      fail(queue.splice(0), error)
      return
    }
    busyTries = 0
    commit(queue.splice(0, MOST_PER_TRANSACTION))
    if (others.wasAsked()) flushAfter(PAUSE_MS)
    else schedule()
  }

  function waitForOthers(): void {
    const nowMs = performance.now()
    const tooLate: Waiting[] = []
    queue = queue.filter(waiting => {
      waiting.busySince ??= nowMs
      if (nowMs - waiting.busySince < busyTimeoutMs) return true
      tooLate.push(waiting)
      return false
    })
    fail(tooLate, tooBusy(file.path, busyTimeoutMs))
    const [first] = queue
    if (first === undefined) return
    if (nowMs - (first.busySince ?? nowMs) >= PATIENCE_MS) others.ask()
    flushAfter(busyWaitMs(busyTries))
    busyTries += 1
  }

  function flushAfter(ms: number): void {
    isScheduled = true
    setTimeout(flush, ms)
  }

  function commit(batch: readonly Waiting[]): void {
    let outcomes: readonly Outcome[]
    try {
      const statements = file.use()
      file.checkStillThere()
      const last = Number(statements.lastOfSequence.get()?.['last'])
      const transaction: Transaction = { statements, nowAt: now(), last }
      outcomes = batch.map(waiting => attempt(waiting, transaction))
      statements.purge.run(transaction.nowAt, PURGED_PER_WRITE * batch.length)
      if (transaction.last !== last) statements.advanceSequence.run(transaction.last)
      statements.commit.run()
    } catch (error) {
      file.reopenLater()
      fail(batch, error)
      return
    }
    for (const [index, outcome] of outcomes.entries()) {
      const waiting = batch[index]
      if ('error' in outcome) waiting?.reject(storeErrorFrom(outcome.error, file.path))
      else waiting?.resolve(outcome.result as never)
    }
  }

  /** SQLite undoes a statement that fails and goes on, except where it had to undo the whole transaction. */
  function attempt(waiting: Waiting, transaction: Transaction): Outcome {
    try {
      return { result: waiting.apply(transaction) }
    } catch (error) {
      if (!file.inTransaction()) throw error
      return { error }
    }
  }

  function fail(batch: readonly Waiting[], error: unknown): void {
    for (const waiting of batch) waiting.reject(storeErrorFrom(error, file.path))
  }

  return {
    write,
    // They leave the queue in order, so the last is the last to end.
    idle: async () => {
      await lastWrite.catch(() => undefined)
      others.clear()
    },
  }
}

type Outcome = { readonly result: unknown } | { readonly error: unknown }
