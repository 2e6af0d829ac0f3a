import { isBusy, isFull } from './errors.ts'
import type { OpenFile, SqliteFile } from './file.ts'
import type { Transaction } from './transaction.ts'

/** One write of a transaction: what it does, and the promise it settles. */
export type Write = {
  readonly apply: (transaction: Transaction) => unknown
  /** Length of the text that `apply` writes. */
  readonly length: number
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** The result of a write, which counts once the transaction is on the disk. */
type Outcome = { readonly write: Write } & ({ readonly result: unknown } | { readonly error: unknown })

export type Committed = {
  readonly outcomes: readonly Outcome[]
  /** Whether the transaction changed anything that the disk must have. */
  readonly hasWritten: boolean
  /** The last sequence number that the transaction used. */
  readonly last: number
  /** The file that the transaction was committed to. */
  readonly open: OpenFile
}

/**
 * Each transaction deletes at most this many expired rows per write, so that rows are deleted faster than they are
 * added.
 */
const PURGED_PER_WRITE = 2

/**
 * Applies all the writes in one transaction. A write that cannot be applied fails alone. Throws, with nothing
 * changed, if the lock is not free or the transaction fails.
 */
export function commitTogether(file: SqliteFile, writes: readonly Write[], now: () => number): Committed {
  const open = file.use()
  try {
    open.statements.begin.run()
    open.checkStillThere()
    const transaction = begin(open, now())
    const first = transaction.last
    const outcomes = writes.map(write => attempt(open, write, transaction))
    open.statements.purge.run(transaction.nowAt, PURGED_PER_WRITE * writes.length)
    if (transaction.last !== first) open.statements.advanceSequence.run(transaction.last)
    open.statements.commit.run()
    return { outcomes, hasWritten: transaction.hasWritten, last: transaction.last, open }
  } catch (error) {
    // A busy lock means that nothing was begun, and a full disk can be undone. After any other error the connection
    // cannot be trusted.
    const isUndone = isFull(error) ? open.undo() : isBusy(error) && !open.isInTransaction()
    if (!isUndone) file.reopenLater()
    throw error
  }
}

function begin({ statements, lastOfSequence }: OpenFile, nowAt: number): Transaction {
  return { statements, nowAt, last: lastOfSequence(), hasWritten: false }
}

/** After a failed statement SQLite goes on with the transaction, unless it had to undo the whole of it. */
function attempt(open: OpenFile, write: Write, transaction: Transaction): Outcome {
  try {
    return { write, result: write.apply(transaction) }
  } catch (error) {
    if (!open.isInTransaction()) throw error
    return { write, error }
  }
}
