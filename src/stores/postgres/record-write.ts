import type { SetOptions } from '../../public/store.ts'
import { isLongKey } from './row-id.ts'
import type { RecordStatements } from './statements.ts'
import { storedText } from './stored-text.ts'

export type RecordWrite = SetOptions & {
  /** The id of the row. */
  readonly id: string
  readonly key: string
  readonly value: string
  /**
   * Made by this process for this write alone, and not by a counter of the database, so no version comes back after a
   * restore or a failover.
   */
  readonly version: string
  /** Null: use the database's clock. */
  readonly nowAt: number | null
}

/** The statement for a compare-and-set. The statement returns a row if it wrote. */
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
