import { writeVersion } from '../write-version.ts'
import type { DatabaseTransaction, RecordsWithin } from '../../public/store.ts'
import { rowsOf } from './postgres-client.ts'
import { statementOf } from './record-write.ts'
import type { RecordStatements } from './statements.ts'
import { valueOfStored } from './stored-text.ts'

type Parts = {
  readonly statements: RecordStatements
  /** The row's id. Rejects if a text cannot be stored. */
  readonly idOf: (key: string, ...texts: readonly string[]) => Promise<string>
  readonly nowAt: () => number | null
  /** Rejects if the first transaction's commit would be acknowledged before the disk has it. */
  readonly checkDurable: (transaction: DatabaseTransaction) => Promise<void>
}

/**
 * Records inside a transaction of the caller. Nothing is sent again here: after an error PostgreSQL accepts no
 * further statement in a transaction, and its owner repeats the whole transaction. A written row stays locked until
 * the transaction ends, so another process that writes the row waits and then sees how the transaction ended.
 */
export function recordsWithin(
  transaction: DatabaseTransaction,
  { statements, idOf, nowAt, checkDurable }: Parts,
): RecordsWithin {
  return {
    get: async key => {
      const id = await idOf(key)
      const [found] = await rowsOf<{ readonly value: string; readonly version: string }>(
        transaction,
        statements.get,
        [id, nowAt()],
      )
      return found && { value: valueOfStored(found.value), version: found.version }
    },
    set: async (key, value, options) => {
      const id = await idOf(key, value)
      await checkDurable(transaction)
      const version = writeVersion()
      const write = { ...options, id, key, value, version, nowAt: nowAt() }
      const rows = await rowsOf(transaction, ...statementOf(statements, write))
      return rows.length === 0 ? undefined : version
    },
    delete: async (key, { expected }) => {
      const id = await idOf(key)
      return (await rowsOf(transaction, statements.remove, [id, expected, nowAt()])).length > 0
    },
    fail: async why => {
      // Words cannot be cast to a number: the error aborts the transaction, and its message holds the reason.
      await transaction.query('SELECT CAST($1::text AS integer)', [`stillonce: ${why}`]).catch(() => {})
    },
  }
}
