import type { SetOptions } from '../../public/store.ts'
import { isLongKey } from './row-id.ts'
import type { RecordStatements } from './statements.ts'
import { storedText } from './stored-text.ts'

export type RecordWrite = SetOptions & {
  /** Where the row is found. */
  readonly id: string
  readonly key: string
  readonly value: string
  /** Nobody else makes it, and no place of the database does: none comes back after a restore or a failover. */
  readonly version: string
  /** Null: by the clock of the database. */
  readonly nowAt: number | null
}

/** A compare-and-set as the statement that does it: it gives a row where it was done. */
export function statementOf(
  statements: RecordStatements,
  { id, key, value, version, expected, open, expiresAt, nowAt }: RecordWrite,
): readonly [text: string, values: unknown[]] {
  // Open records never expire.
  const expiry = open || expiresAt === undefined || expiresAt === Infinity ? null : expiresAt
  const written = [storedText(value), version, open, expiry, nowAt]
  return expected === null
    ? [statements.create, [id, isLongKey(key) ? key : null, ...written]]
    : [statements.update, [id, expected, ...written]]
}
