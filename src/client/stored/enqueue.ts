import { isObject } from '../../guards/option-checks.ts'
import { configurationError } from '../../public/errors.ts'
import type { DatabaseTransaction, RecordsWithin } from '../../public/store.ts'
import { Part } from '../../runtime/part.ts'
import type { OperationContext } from '../operation-context.ts'
import type { Operation } from '../operation.ts'
import { insideOf } from '../operation-inside.ts'
import type { Snapshot } from '../snapshot.ts'

/** What performs, and the schema of records: who only has the store brings none of it. */
const recordPart = new Part(() => import('./enqueue-record.ts'))

/**
 * Writes an operation down in a transaction of the caller's, on the database of the client's store, to be sent after it has
 * committed: together with the caller's own rows, or not at all. It is an open operation with its request stored, under a key
 * that nobody has sent yet: a worker, or `client.resume({ scope: 'all', send: true })`, sends it, however old it is by then, and
 * `run` of the same input joins it. Gives what is stored of it.
 *
 * The same operation again, with the same payload, is the same one. With another payload it rejects with an OperationError of
 * code `payload-mismatch` (reason `changed`), and the transaction may go on without it. After a proven failure it is a new generation,
 * as with `run`. The definition needs `persist: 'request'`. Rejects with the driver's own error where the database fails: the
 * transaction is to be repeated as a whole then, or given up.
 *
 * @example
 * await pool.transaction(async transaction => {
 *   await transaction.query('INSERT INTO orders (id) VALUES ($1)', [order.id])
 *   await enqueue(transaction, charge, { order: order.id, amount: order.total })
 * })
 */
export async function enqueue<Input, Output>(
  transaction: DatabaseTransaction,
  operation: Operation<Input, Output>,
  input: Input,
): Promise<Snapshot<Output>> {
  const inside = isObject(operation) ? insideOf(operation) : undefined
  if (inside === undefined) throw configurationError('enqueue.operation', 'must be an operation of a client')
  const { context } = inside
  const records = recordsOf(context, transaction)
  // What the caller changes in its input later is another payload.
  const { operation: about, given } = inside.callOf(input)
  const { enqueueRecord } = await recordPart.load()
  return (await enqueueRecord(context, about, records, given)) as Snapshot<Output>
}

function recordsOf({ core, plan }: OperationContext, transaction: DatabaseTransaction): RecordsWithin {
  const path = `operation(${plan.name})`
  if (plan.persist !== 'request')
    throw configurationError(
      `${path}.persist`,
      "must be 'request': what is enqueued is sent by another call or process",
    )
  if (!isObject(transaction) || typeof transaction.query !== 'function')
    throw configurationError('enqueue.transaction', 'must be an object with `query(text, values)`')
  const records = core.engine.store.within?.(transaction)
  if (records === undefined)
    throw configurationError('store', 'must lie in the database of the transaction: postgresStore(pool)')
  return records
}
