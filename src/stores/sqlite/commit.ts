import { isBusy, isFull } from './errors.ts'
import type { OpenFile, SqliteFile } from './file.ts'
import type { Transaction } from './transaction.ts'

/** One write of a transaction: what it does, and whom it answers. */
export type Write = {
  readonly apply: (transaction: Transaction) => unknown
  /** Length of the text that it writes. */
  readonly length: number
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** What became of a write: it counts once the transaction is on the disk. */
type Outcome = { readonly write: Write } & ({ readonly result: unknown } | { readonly error: unknown })

export type Committed = {
  readonly outcomes: readonly Outcome[]
  /** Whether the disk has to have anything. */
  readonly hasWritten: boolean
  /** The last number of the sequence that it gave out. */
  readonly last: number
  /** Where it was committed. */
  readonly open: OpenFile
}

/** How many expired rows a transaction drops for each of its writes: they go faster than they come. */
const PURGED_PER_WRITE = 2

/**
 * Does all the writes in one transaction. A write that cannot be done fails alone. Throws, with nothing done, where
 * the lock is not free or the transaction fails.
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
    // Nothing was begun where the lock is not free; all else leaves a connection that is not to be trusted.
    const isUndone = isFull(error) ? open.undo() : isBusy(error) && !open.isInTransaction()
    if (!isUndone) file.reopenLater()
    throw error
  }
}

function begin({ statements, lastOfSequence }: OpenFile, nowAt: number): Transaction {
  return { statements, nowAt, last: lastOfSequence(), hasWritten: false }
}

/** SQLite undoes a statement that fails and goes on, except where it had to undo the whole transaction. */
function attempt(open: OpenFile, write: Write, transaction: Transaction): Outcome {
  try {
    return { write, result: write.apply(transaction) }
  } catch (error) {
    if (!open.isInTransaction()) throw error
    return { write, error }
  }
}
