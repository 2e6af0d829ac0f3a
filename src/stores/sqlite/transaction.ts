import type { SetOptions } from '../../public/store.ts'
import type { Statements } from './statements.ts'

/** What a transaction knows: its statements, its one reading of the clock, the last number that was given out. */
export type Transaction = {
  readonly statements: Statements
  readonly nowAt: number
  last: number
  /** Whether it has changed what somebody waits for. */
  hasWritten: boolean
}

/** Writes by compare-and-set: the new version, or undefined where another write came first. */
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

/** Removes by compare-and-set: whether it did. */
export function applyDelete(transaction: Transaction, key: string, expected: string): boolean {
  const removed = transaction.statements.remove.run(key, expected, transaction.nowAt).changes !== 0
  if (removed) {
    // The mark counts as a write: the disk must have it too.
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

/** An expired record is absent, though its row may still be there. */
function create({ statements, nowAt }: Transaction, key: string, row: Row): boolean {
  const { place, value, version, open, expires } = row
  return (
    statements.create.run(place, key, value, version, open, expires).changes !== 0 ||
    statements.replaceExpired.run(place, value, version, open, expires, key, nowAt).changes !== 0
  )
}

/** An open record keeps its place; one that was settled takes a new one when it opens again. */
function update({ statements, nowAt }: Transaction, key: string, expected: string, row: Row): boolean {
  const { place, value, version, open, expires } = row
  if (open === 0) return statements.settle.run(value, version, expires, key, expected, nowAt).changes !== 0
  return (
    statements.keepOpen.run(value, version, key, expected).changes !== 0 ||
    statements.openAgain.run(place, value, version, key, expected, nowAt).changes !== 0
  )
}

/** Open records never expire. SQLite has no infinity to compare with. */
function expiry({ open, expiresAt }: SetOptions): number | null {
  return open || expiresAt === undefined || expiresAt === Infinity ? null : expiresAt
}
