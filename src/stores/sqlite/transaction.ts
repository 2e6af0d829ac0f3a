import type { SetOptions } from '../../public/store.ts'
import type { Statements } from './statements.ts'

/** The statements of a transaction, its single reading of the clock, and the last sequence number used. */
export type Transaction = {
  readonly statements: Statements
  readonly nowAt: number
  last: number
  /** Whether the transaction has changed a record. Deleting expired rows does not count. */
  hasWritten: boolean
}

/** Writes by compare-and-set. Returns the new version, or undefined if another write came first. */
export function applySet(
  transaction: Transaction,
  key: string,
  value: string,
  options: SetOptions,
): string | undefined {
  const place = transaction.last + 1
  const next: Row = {
    place,
    version: String(place),
    value,
    open: options.open ? 1 : 0,
    expires: expiry(options),
  }
  const wrote =
    options.expected === null
      ? create(transaction, key, next)
      : update(transaction, key, options.expected, next)
  if (!wrote) return undefined
  transaction.last = place
  transaction.hasWritten = true
  return next.version
}

/** Removes by compare-and-set. Returns whether it removed the record. */
export function applyDelete(transaction: Transaction, key: string, expected: string): boolean {
  const removed = transaction.statements.remove.run(key, expected, transaction.nowAt).changes !== 0
  if (removed) {
    // A removal takes a number too, because the disk must have it like any write.
    transaction.last += 1
    transaction.hasWritten = true
  }
  return removed
}

type Row = {
  readonly place: number
  readonly version: string
  readonly value: string
  readonly open: 0 | 1
  readonly expires: number | null
}

/** An expired record counts as absent, though its row may still be there. */
function create({ statements, nowAt }: Transaction, key: string, row: Row): boolean {
  const { place, value, version, open, expires } = row
  return (
    statements.create.run(place, key, value, version, open, expires).changes !== 0 ||
    statements.replaceExpired.run(place, value, version, open, expires, key, nowAt).changes !== 0
  )
}

/** An open record keeps its place. A settled record that opens again takes a new place. */
function update({ statements, nowAt }: Transaction, key: string, expected: string, row: Row): boolean {
  const { place, value, version, open, expires } = row
  if (open === 0) return statements.settle.run(value, version, expires, key, expected, nowAt).changes !== 0
  return (
    statements.keepOpen.run(value, version, key, expected).changes !== 0 ||
    statements.openAgain.run(place, value, version, key, expected, nowAt).changes !== 0
  )
}

/** Open records never expire. SQLite has no infinity to compare with, so null means "never". */
function expiry({ open, expiresAt }: SetOptions): number | null {
  return open || expiresAt === undefined || expiresAt === Infinity ? null : expiresAt
}
