import { openDB } from 'idb'
import { mayBeDeadHandle, NothingWritten, errorOfIndexedDB } from './errors.ts'
import { keptPage } from './kept-page.ts'
import { abort, createLayout, LAYOUT_VERSION, type Database } from './layout.ts'
import { closedError, StoreError } from '../store-error.ts'

export type Connection = {
  /**
   * Does the work with the open database, within a time limit. A connection that fails like a dead one is dropped. A
   * read is then done once more with a new connection, and so is a write that failed before its commit. Nobody knows
   * the result of a commit that failed, so that write rejects. `signal` fires when the work has failed, its time is
   * up, or the browser may keep the page, and the work must abort its transaction then. What the page's leaving has
   * undone is done again when the page is shown.
   */
  readonly use: <T>(
    work: (db: Database, signal: AbortSignal) => Promise<T>,
    kind: 'read' | 'write',
  ) => Promise<T>
  readonly close: () => void
}

/** A transaction may always take this long, even if opening the database waits for nobody. */
const LEAST_TRANSACTION_MS = 1_000

/**
 * Opens the database at the first use, and again at the next use after it was lost. The browser closes connections
 * (low memory, "clear site data", a crash of its database process), and another tab that upgrades or deletes the
 * database requests that they close.
 */
export function indexedDBConnection(name: string, busyTimeoutMs: number): Connection {
  const transactionMs = Math.max(busyTimeoutMs, LEAST_TRANSACTION_MS)
  const page = keptPage()
  let opening: Promise<Database> | undefined
  let wasOpen = false
  let isClosed = false

  function open(): Promise<Database> {
    if (opening) return opening
    const begun = openDatabase(() => forget(begun))
    opening = begun
    begun.catch(() => forget(begun))
    return begun
  }

  /** Makes the next use open the database again. */
  function forget(lost: Promise<Database>): void {
    if (opening === lost) opening = undefined
  }

  function drop(lost: Promise<Database>): void {
    forget(lost)
    // The work in progress ends first.
    lost.then(db => db.close()).catch(() => {})
  }

  async function openDatabase(lose: () => void): Promise<Database> {
    let late = false
    try {
      const opened = openDB(name, LAYOUT_VERSION, {
        upgrade: (db, _old, _new, transaction) => {
          const end = page.onLeave(() => abort(transaction))
          transaction.done.finally(end).catch(() => {})
          createLayout(db)
        },
        // A tab that upgrades or deletes the database waits for this connection to close. Work in progress ends
        // first.
        blocking: (_current, _wanted, event) => {
          lose()
          ;(event.target as IDBDatabase).close()
        },
        terminated: lose,
      }) as Promise<Database>
      // Other tabs may keep an older or a dying database open for any length of time.
      opened.then(db => late && db.close()).catch(() => {})
      opened.then(() => (wasOpen = true)).catch(() => {})
      return await inTime(opened, busyTimeoutMs, () => {
        late = true
        return blocked(name, busyTimeoutMs)
      })
    } catch (error) {
      // A database that was open before holds records, so the runtime does not lack IndexedDB even if the global is gone.
      throw errorOfIndexedDB(error, name, wasOpen ? 'reopening' : 'opening')
    }
  }

  async function once<T>(
    begun: Promise<Database>,
    work: (db: Database, signal: AbortSignal) => Promise<T>,
    kind: 'read' | 'write',
    left: AbortSignal,
  ): Promise<T> {
    const db = await begun.catch((error: unknown) => {
      throw left.aborted ? new NothingWritten('The page was left.', { cause: error }) : error
    })
    const stop = new AbortController()
    const interrupted = new Promise<never>((_, reject) => {
      left.addEventListener('abort', () => {
        stop.abort()
        if (kind === 'read') return reject(new NothingWritten('The page was left.'))
        // A write that was undone has rejected before. Firefox does not report the end of a commit to a page that it
        // kept.
        const late = () => reject(stuck(name, LEAST_TRANSACTION_MS))
        void page.shown()?.then(() => setTimeout(late, LEAST_TRANSACTION_MS))
      })
    })
    try {
      if (left.aborted) throw new NothingWritten('The page was left.')
      const done = inTime(work(db, stop.signal), transactionMs, () => stuck(name, transactionMs))
      return await Promise.race([done, interrupted])
    } catch (error) {
      if (mayBeDeadHandle(error)) drop(begun)
      stop.abort()
      throw error
    }
  }

  async function use<T>(
    work: (db: Database, signal: AbortSignal) => Promise<T>,
    kind: 'read' | 'write',
  ): Promise<T> {
    for (let mayRepeat = true; ;) {
      const shown = page.shown()
      if (shown) await shown
      // What waited for the page, or failed meanwhile, does not open the database once more.
      if (isClosed) throw closedError(`IndexedDB store "${name}"`)
      const left = new AbortController()
      const end = page.onLeave(() => left.abort())
      try {
        return await once(open(), work, kind, left.signal)
      } catch (error) {
        const isUndone =
          error instanceof NothingWritten || (kind === 'read' && !(error instanceof StoreError))
        if (isUndone && left.signal.aborted) continue
        if (!mayRepeat || !isUndone || !mayBeDeadHandle(causeOf(error))) throw errorOfIndexedDB(error, name)
        mayRepeat = false
      } finally {
        end()
      }
    }
  }

  return {
    use,
    close: () => {
      isClosed = true
      page.end()
      opening?.then(db => db.close()).catch(() => {})
      opening = undefined
    },
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof NothingWritten ? error.cause : error
}

/**
 * Rejects if the work takes too long. The limit is split into two timers, one after the other: when a frozen page
 * wakes up, all its timers are due before the page receives the events that came while it was frozen.
 */
function inTime<T>(work: Promise<T>, limitMs: number, late: () => StoreError): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(() => {
      timer = setTimeout(() => reject(late()), limitMs / 2)
    }, limitMs / 2)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function blocked(name: string, afterMs: number): StoreError {
  return new StoreError(
    'failed',
    `The IndexedDB store "${name}" could not be opened within ${afterMs} ms: another tab keeps it open while it is ` +
      'upgraded or deleted. Nothing was read or written. Close the other tabs of this site.',
    { reason: 'busy' },
  )
}

function stuck(name: string, afterMs: number): StoreError {
  return new StoreError(
    'failed',
    `The IndexedDB store "${name}" did not answer within ${afterMs} ms. What was being written may be stored, or ` +
      'may not. The next use opens the database anew.',
    { reason: 'lost' },
  )
}
